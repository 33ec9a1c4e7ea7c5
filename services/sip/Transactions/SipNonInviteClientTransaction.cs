namespace FlashCall.Sip;

/// <summary>A request of ours other than INVITE (RFC 3261 §17.1.2).</summary>
internal sealed class SipNonInviteClientTransaction : SipClientTransaction
{
    private State _state = State.Trying;

    public SipNonInviteClientTransaction(SipStack stack, SipRequest request, SipHop hop, ISipClient client)
        : base(stack, request, hop, client)
    {
    }

    private enum State
    {
        Trying,
        Proceeding,
        Completed,
        Terminated,
    }

    private protected override bool IsUnanswered => _state is State.Trying or State.Proceeding;

    internal override void Receive(SipResponse response)
    {
        lock (Gate)
        {
            if (_state is State.Completed or State.Terminated)
                return;
            if (response.IsProvisional)
            {
                _state = State.Proceeding;
            }
            else
            {
                _state = State.Completed;
                Stack.Timers.Stop(Retransmission);
                Stack.Timers.Start(Ending, UnlessReliable(Timings.T4));
            }
        }
        Client.OnResponse(this, response);
        if (!response.IsProvisional)
            ReleaseRequest();
    }

    // Timer E.
    private protected override void Retransmit()
    {
        lock (Gate)
        {
            if (_state is not (State.Trying or State.Proceeding))
                return;
            Stack.Retransmit(Hop, Bytes.Span);
            var doubled = 2 * Interval;
            Interval = _state == State.Proceeding || doubled > Timings.T2 ? Timings.T2 : doubled;
            Stack.Timers.Start(Retransmission, Interval);
        }
    }

    // Timer F while waiting, timer K afterwards.
    private protected override void End()
    {
        State before;
        lock (Gate)
        {
            before = _state;
            Terminate();
        }
        if (before is State.Trying or State.Proceeding)
            Client.OnFailure(this, SipClientFailure.Timeout);
    }

    private protected override void EnterTerminated() => _state = State.Terminated;
}
