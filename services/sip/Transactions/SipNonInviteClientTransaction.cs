namespace FlashCall.Sip;

/// <summary>A request of ours other than INVITE (RFC 3261 §17.1.2).</summary>
internal sealed class SipNonInviteClientTransaction : SipClientTransaction
{
    private readonly SipTimer _retransmission;
    private readonly SipTimer _end;
    private State _state = State.Trying;
    private TimeSpan _interval;

    public SipNonInviteClientTransaction(SipStack stack, SipRequest request, SipHop hop, ISipClient client)
        : base(stack, request, hop, client)
    {
        _interval = Timings.T1;
        _retransmission = new SipTimer(Retransmit);
        _end = new SipTimer(End);
    }

    private enum State
    {
        Trying,
        Proceeding,
        Completed,
        Terminated,
    }

    internal override void Begin()
    {
        lock (Gate)
        {
            if (!Stack.Transmit(Hop, Bytes.Span))
            {
                // Told from a timer's thread, so that the caller hears of it after the call that sent the request.
                Stack.Timers.Start(new SipTimer(() => Fail(SipClientFailure.Transport)), TimeSpan.Zero);
                return;
            }
            Stack.Timers.Start(_end, Timings.Timeout);
            if (!Hop.Transport.IsReliable)
                Stack.Timers.Start(_retransmission, _interval);
        }
    }

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
                Stack.Timers.Stop(_retransmission);
                Stack.Timers.Start(_end, UnlessReliable(Timings.T4));
            }
        }
        Client.OnResponse(this, response);
    }

    // Timer E.
    private void Retransmit()
    {
        lock (Gate)
        {
            if (_state is not (State.Trying or State.Proceeding))
                return;
            Stack.Retransmit(Hop, Bytes.Span);
            var doubled = 2 * _interval;
            _interval = _state == State.Proceeding || doubled > Timings.T2 ? Timings.T2 : doubled;
            Stack.Timers.Start(_retransmission, _interval);
        }
    }

    // Timer F while waiting, timer K afterwards.
    private void End()
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

    private void Fail(SipClientFailure failure)
    {
        lock (Gate)
            Terminate();
        Client.OnFailure(this, failure);
    }

    private void Terminate()
    {
        _state = State.Terminated;
        Stack.Timers.Stop(_retransmission);
        Stack.Forget(this);
    }
}
