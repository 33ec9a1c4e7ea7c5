namespace FlashCall.Sip;

/// <summary>A request of ours other than INVITE (RFC 3261 §17.1.2).</summary>
internal sealed class SipNonInviteClientTransaction : SipClientTransaction
{
    private State _state = State.Trying;

    public SipNonInviteClientTransaction(SipStack stack, SipClientKey key, byte[] bytes, SipHop hop, ISipClient client)
        : base(stack, key, bytes, hop, client)
    {
    }

    private enum State
    {
        Trying,
        Proceeding,
        Terminated,
    }

    private protected override bool IsUnanswered => _state != State.Terminated;

    internal override void Receive(SipResponse response)
    {
        lock (Gate)
        {
            if (_state == State.Terminated)
                return;
            // Nothing is kept for timer K: in its time repeats of the response would be taken and dropped (RFC 3261 §17.1.2.2), and that
            // is what becomes of responses to no transaction too (§18.1.2).
            if (response.IsProvisional)
                _state = State.Proceeding;
            else
                Terminate();
        }
        Client.OnResponse(this, response);
    }

    // Timer E.
    private protected override void Retransmit()
    {
        lock (Gate)
        {
            if (_state == State.Terminated)
                return;
            Stack.Retransmit(Hop, Bytes);
            var doubled = 2 * Interval;
            Interval = _state == State.Proceeding || doubled > Timings.T2 ? Timings.T2 : doubled;
            AwaitRepeat();
        }
    }

    // Timer F.
    private protected override void End()
    {
        lock (Gate)
        {
            // The response came in the moment it ran.
            if (_state == State.Terminated)
                return;
            Terminate();
        }
        Client.OnFailure(this, SipClientFailure.Timeout);
    }

    private protected override void EnterTerminated() => _state = State.Terminated;
}
