namespace FlashCall.Sip;

/// <summary>
/// An INVITE of ours (RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2), together with its CANCEL (RFC 3261 §9.1). Responses
/// other than 2xx are acknowledged here; the ACK for a 2xx belongs to the dialog, see <see cref="SipDialog"/>.
/// </summary>
public sealed class SipInviteClientTransaction : SipClientTransaction
{
    // Timer D: at least 32 s over an unreliable transport, whatever T1 is.
    private static readonly TimeSpan AtLeastForTimerD = TimeSpan.FromSeconds(32);

    private State _state = State.Calling;
    private bool _cancelWanted;
    private bool _cancelSent;
    private bool _cancelRepeated;
    private bool _completed;

    internal SipInviteClientTransaction(SipStack stack, SipRequest request, SipHop hop, ISipClient client)
        : base(stack, request, hop, client)
    {
    }

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
        Client.OnResponse(this, response);
        if (!response.IsProvisional && !response.IsSuccess)
            ReleaseRequest();
    }

    private void Proceed()
    {
        if (_state == State.Calling)
        {
            _state = State.Proceeding;
            Stack.Timers.Stop(Retransmission);
            Stack.Timers.Stop(Ending);
        }
        if (_cancelWanted)
            SendCancel();
    }

    private void Accept()
    {
        if (_state == State.Accepted)
            return;
        _state = State.Accepted;
        Stack.Timers.Stop(Retransmission);
        // Timer M (RFC 6026 §8.4).
        Stack.Timers.Start(Ending, Timings.Timeout);
    }

    /// <summary>True if the response is the first final one; repeats are acknowledged again and go no further.</summary>
    private bool TryComplete(SipResponse response)
    {
        if (_state is State.Calling or State.Proceeding)
        {
            _state = State.Completed;
            Stack.Timers.Stop(Retransmission);
            _completed = true;
            Stack.Transmit(Hop, SipWriter.Write(SipRequests.AckOf(Request, response)));
            Stack.Timers.Start(Ending, UnlessReliable(Timings.Timeout > AtLeastForTimerD ? Timings.Timeout : AtLeastForTimerD));
            return true;
        }
        // Also once a 2xx of another fork has come after it.
        if (_completed)
            Stack.Retransmit(Hop, SipWriter.Write(SipRequests.AckOf(Request, response)));
        return false;
    }

    private void SendCancel()
    {
        if (_cancelSent)
            return;
        _cancelSent = true;
        BeginCancel();
        Stack.Timers.Start(Ending, Timings.Timeout);
    }

    private void BeginCancel() =>
        Stack.Begin(new SipNonInviteClientTransaction(Stack, SipRequests.CancelOf(Request), Hop, new CancelOutcome(this)));

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
            Stack.Retransmit(Hop, Bytes.Span);
            Interval *= 2;
            Stack.Timers.Start(Retransmission, Interval);
        }
    }

    // Timer B while calling, the wait after a CANCEL while proceeding, timers D and M afterwards.
    private protected override void End()
    {
        State before;
        lock (Gate)
        {
            before = _state;
            // A provisional response stopped timer B in the moment it ran.
            if (before == State.Proceeding && !_cancelSent)
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
