namespace FlashCall.Sip;

/// <summary>
/// An INVITE of ours (RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2), together with its CANCEL (RFC 3261 §9.1). Responses
/// other than 2xx are acknowledged here; the ACK for a 2xx belongs to the dialog, see <see cref="SipDialog"/>.
/// </summary>
public sealed class SipInviteClientTransaction : SipClientTransaction
{
    private State _state = State.Calling;
    private bool _cancelWanted;
    private bool _cancelSent;
    private bool _cancelRepeated;
    private bool _completed;

    internal SipInviteClientTransaction(SipStack stack, SipClientKey key, byte[] bytes, SipHop hop, ISipClient client)
        : base(stack, key, bytes, hop, client)
    {
    }

    /// <summary>One that was refused and is needed again, since a 2xx has come after all.</summary>
    internal static SipInviteClientTransaction Refused(SipStack stack, in SipRefusedInvite invite, byte[] way, SipResponse response) =>
        new(stack, new SipClientKey(invite.Branch, SipMethod.Invite), invite.Bytes(way, response), invite.Hop, invite.After.Client)
        {
            _state = State.Completed,
            _completed = true,
        };

    private enum State
    {
        Calling,
        Proceeding,
        Accepted,
        Completed,
        Terminated,
    }

    /// <summary>
    /// Gives the call up. The CANCEL goes out at once if a provisional response has come, else when the first one comes; nothing happens
    /// once there is a final response. The final response, normally 487, comes as any other; if none comes within 64·T1,
    /// <see cref="SipClientFailure.CancelTimeout"/>. A 2xx that crosses the CANCEL comes too, and then the call has to be acknowledged
    /// and ended with BYE.
    /// </summary>
    public void Cancel()
    {
        lock (Gate)
        {
            _cancelWanted = true;
            if (_state == State.Proceeding)
                SendCancel();
        }
    }

    // Once a phone may ring it is not for the transport to say that the call has failed: the peer sends its final response over another
    // connection (RFC 3261 §18.2.2), and our CANCEL opens one.
    private protected override bool IsUnanswered => _state == State.Calling;

    internal override void Receive(SipResponse response)
    {
        lock (Gate)
        {
            if (_state == State.Terminated)
                return;
            if (response.IsProvisional)
            {
                if (_state is not (State.Calling or State.Proceeding))
                    return;
                Proceed();
            }
            else if (response.IsSuccess)
            {
                // Also after another final response: with forks a phone may be picked up while the others are being cancelled, and a call
                // that nobody acknowledges and ends stays open and is charged.
                Accept();
            }
            else if (!TryComplete(response))
            {
                return;
            }
        }
        try
        {
            Client.OnResponse(this, response);
        }
        finally
        {
            if (!response.IsProvisional && !response.IsSuccess)
                LeaveToRepeats();
        }
    }

    /// <summary>What is left of a refused INVITE waits out timer D elsewhere. Over a reliable transport that is zero.</summary>
    private void LeaveToRepeats()
    {
        // Not under the lock: it is the client's code.
        var after = Client.AfterRefusal ?? SipAfterRefusal.To(Client);
        lock (Gate)
        {
            // A 2xx has come in the meantime.
            if (_state != State.Completed)
                return;
            if (!Hop.Transport.IsReliable)
                Stack.Clients.Keep(new SipRefusedInvite(Key.Branch, Hop, after), SipRequests.WayOf(Bytes));
            Terminate();
        }
    }

    private void Proceed()
    {
        if (_state == State.Calling)
        {
            _state = State.Proceeding;
            Await(end: null, repeat: null);
        }
        if (_cancelWanted)
            SendCancel();
    }

    private void Accept()
    {
        if (_state == State.Accepted)
            return;
        _state = State.Accepted;
        // Timer M (RFC 6026 §8.4).
        Await(end: Timings.Timeout, repeat: null);
    }

    /// <summary>True if the response is the first final one; repeats are acknowledged again and go no further.</summary>
    private bool TryComplete(SipResponse response)
    {
        if (_state is State.Calling or State.Proceeding)
        {
            _state = State.Completed;
            _completed = true;
            Stack.Post(Hop, SipRequests.AckOf(Bytes, response));
            return true;
        }
        // Also once a 2xx of another fork has come after it.
        if (_completed)
            Stack.Retransmit(Hop, SipRequests.AckOf(Bytes, response));
        return false;
    }

    private void SendCancel()
    {
        if (_cancelSent)
            return;
        _cancelSent = true;
        BeginCancel();
        Await(end: Timings.Timeout, repeat: null);
    }

    private void BeginCancel() => Stack.Clients.Begin(new SipNonInviteClientTransaction(
        Stack, Key with { Method = SipMethod.Cancel }, SipRequests.CancelOf(Bytes), Hop, new CancelOutcome(this)));

    /// <summary>The connection that the CANCEL went over has ended under it: it goes once more, over another one, lest the phone rings
    /// on.</summary>
    private void CancelAgain()
    {
        lock (Gate)
        {
            if (_state != State.Proceeding || _cancelRepeated)
                return;
            _cancelRepeated = true;
            BeginCancel();
        }
    }

    // Timer A.
    private protected override void Retransmit()
    {
        lock (Gate)
        {
            if (_state != State.Calling)
                return;
            Stack.Retransmit(Hop, Bytes);
            Interval *= 2;
            AwaitRepeat();
        }
    }

    // Timer B while calling, the wait after a CANCEL while proceeding, timer M afterwards.
    private protected override void End()
    {
        State before;
        lock (Gate)
        {
            before = _state;
            if (!IsEndDue || before is State.Completed or State.Terminated)
                return;
            Terminate();
        }
        if (before == State.Calling)
            Client.OnFailure(this, SipClientFailure.Timeout);
        else if (before == State.Proceeding)
            Client.OnFailure(this, SipClientFailure.CancelTimeout);
    }

    private protected override void EnterTerminated() => _state = State.Terminated;

    /// <summary>What becomes of the CANCEL itself is told by the INVITE.</summary>
    private sealed class CancelOutcome(SipInviteClientTransaction invite) : ISipClient
    {
        public bool KeepsResponses => false;

        public void OnResponse(SipClientTransaction transaction, SipResponse response)
        {
        }

        public void OnFailure(SipClientTransaction transaction, SipClientFailure failure)
        {
            if (failure is SipClientFailure.ConnectionLost)
                invite.CancelAgain();
        }
    }
}
