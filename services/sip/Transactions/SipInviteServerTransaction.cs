namespace FlashCall.Sip;

/// <summary>A peer's INVITE (RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1).</summary>
internal sealed class SipInviteServerTransaction : SipServerTransaction
{
    private readonly SipTimer _retransmission;
    private readonly SipTimer _end;
    private State _state = State.Proceeding;
    private TimeSpan _interval;
    private byte[]? _last;

    public SipInviteServerTransaction(SipStack stack, SipRequest request, SipHop source)
        : base(stack, request, source)
    {
        _interval = Timings.T1;
        _retransmission = new SipTimer(Retransmit);
        _end = new SipTimer(End);
    }

    private enum State
    {
        Proceeding,
        Ignored,
        Accepted,
        Completed,
        Confirmed,
        Terminated,
    }

    /// <summary>Whether a CANCEL still changes anything.</summary>
    public bool IsProceeding
    {
        get
        {
            lock (Gate)
                return _state == State.Proceeding;
        }
    }

    public override bool Respond(SipResponse response)
    {
        lock (Gate)
        {
            if (_state == State.Accepted && response.IsSuccess)
            {
                Stack.Retransmit(ResponseHop, response.ToBytes());
                return true;
            }
            if (_state != State.Proceeding)
                return false;
            _last = response.ToBytes();
            Transmit(_last);
            if (response.IsSuccess)
            {
                _state = State.Accepted;
                // Timer L.
                Stack.Timers.Start(_end, Timings.Timeout);
            }
            else if (!response.IsProvisional)
            {
                _state = State.Completed;
                // Timers G and H.
                if (!Source.Transport.IsReliable)
                    Stack.Timers.Start(_retransmission, _interval);
                Stack.Timers.Start(_end, Timings.Timeout);
            }
            return true;
        }
    }

    /// <summary>Sends a 100 if nothing was sent yet.</summary>
    public void RespondTrying()
    {
        lock (Gate)
        {
            if (_last is null)
                Respond(100);
        }
    }

    public override bool Ignore()
    {
        lock (Gate)
        {
            if (_state != State.Proceeding || _last is not null)
                return false;
            _state = State.Ignored;
            Stack.Timers.Start(_end, Timings.Timeout);
            return true;
        }
    }

    internal override void ReceiveAgain()
    {
        lock (Gate)
        {
            if (_state is State.Proceeding or State.Completed && _last is not null)
                Stack.Retransmit(ResponseHop, _last);
        }
    }

    /// <summary>Takes an ACK with our branch.</summary>
    /// <returns>True if it belongs to a response other than 2xx, and is dealt with.</returns>
    internal bool ReceiveAck()
    {
        lock (Gate)
        {
            if (_state == State.Accepted)
                return false;
            if (_state == State.Completed)
            {
                _state = State.Confirmed;
                Stack.Timers.Stop(_retransmission);
                // Timer I.
                Stack.Timers.Start(_end, Source.Transport.IsReliable ? TimeSpan.Zero : Timings.T4);
            }
            return true;
        }
    }

    // Timer G.
    private void Retransmit()
    {
        lock (Gate)
        {
            if (_state != State.Completed)
                return;
            Stack.Retransmit(ResponseHop, _last);
            _interval = 2 * _interval > Timings.T2 ? Timings.T2 : 2 * _interval;
            Stack.Timers.Start(_retransmission, _interval);
        }
    }

    // Timers H, I and L.
    private void End()
    {
        State before;
        lock (Gate)
        {
            before = _state;
            _state = State.Terminated;
            Stack.Timers.Stop(_retransmission);
            Stack.Forget(this);
        }
        if (before == State.Completed)
            Stack.Server.OnUnacknowledged(this);
    }
}
