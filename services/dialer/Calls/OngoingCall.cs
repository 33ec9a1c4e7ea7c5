using System.Net.Sockets;
using FlashCall.Contracts;
using FlashCall.Dialer.Reports;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Signalling;
using FlashCall.Sip;

namespace FlashCall.Dialer.Calls;

/// <summary>One call of this process: feeds <see cref="CallDecider"/> with what the network and the clock bring, one input at a time, and
/// does what it decides. It is its own timer, for the deadline, and its own lock: thousands are under way at once.</summary>
internal sealed class OngoingCall : SipTimed, ISipClient
{
    private static readonly CallState Recorded = new CallState.Recorded();

    private readonly PlaceFlashCall _command;
    private readonly CallSurroundings _around;
    private readonly CallClock _clock;
    // Of which a flash call has none as a rule.
    private CallAnswers? _answers;
    private CallState _state = Recorded;
    private DateTimeOffset? _due;
    private CallLimits? _limits;
    private CancelReason? _hangUpBeforeStart;
    private CallSpan? _span;
    private TrunkRoute? _route;
    private CancellationTokenSource? _search;
    private CallOnTrunk? _leg;
    private string? _trunk;
    private string _recordedTrunk;
    private SipInviteClientTransaction? _invite;

    public OngoingCall(PlaceFlashCall command, CallSurroundings around)
    {
        _command = command;
        _around = around;
        _recordedTrunk = command.Trunk;
        _clock = new CallClock(around.Time);
    }

    /// <summary>The attempt.</summary>
    public Guid AttemptId => _command.AttemptId;

    /// <summary>Dials. To be called once, and only when the attempt is recorded as ours.</summary>
    /// <param name="notAfter">No INVITE after this time.</param>
    public void Start(DateTimeOffset notAfter)
    {
        lock (this)
        {
            _limits = new CallLimits(_command.PostDialDelayCap, notAfter, CancelTimeout: 64 * _around.Sip.T1);
            _span = CallSpan.Begin(_command, _clock);
            Take(_hangUpBeforeStart is { } reason ? new CallInput.HangUp(_clock.Now, reason) : new CallInput.Start(_clock.Now));
        }
    }

    /// <summary>Ends the call: now, or as soon as SIP allows, or before it starts.</summary>
    public void HangUp(CancelReason reason)
    {
        lock (this)
        {
            if (_limits is null)
                _hangUpBeforeStart ??= reason;
            else
                Take(new CallInput.HangUp(_clock.Now, reason));
        }
    }

    /// <summary>Reports the call as interrupted if it has not ended.</summary>
    public void Abandon()
    {
        lock (this)
        {
            if (_limits is not null)
                Take(new CallInput.Abandon(_clock.Now));
        }
    }

    // What is of use of a refusal is read from it at once.
    bool ISipClient.KeepsResponses => false;

    // One that is over waits for half a minute more, in case somebody answers after all, and needs hardly anything of itself.
    SipAfterRefusal? ISipClient.AfterRefusal
    {
        get
        {
            lock (this)
            {
                return _state is CallState.Over { EndedDialogs.Count: 0 } && _trunk is { } trunk
                    ? SipAfterRefusal.To(_around.EndedOn(trunk), AttemptId)
                    : null;
            }
        }
    }

    void ISipClient.OnResponse(SipClientTransaction transaction, SipResponse response)
    {
        lock (this)
        {
            _span?.Note(response.Status);
            if (response.IsSuccess)
                TakeSuccess(transaction, response);
            else if (transaction == _invite && _leg is { } leg)
                TakeResponse(leg, response);
        }
    }

    void ISipClient.OnFailure(SipClientTransaction transaction, SipClientFailure failure)
    {
        lock (this)
        {
            if (transaction != _invite || _leg is not { } leg)
                return;
            _span?.Note($"{failure}");
            // A trunk that has told of its silence or its absence; one that answered and then did not end the call, has not.
            var again = failure is SipClientFailure.Transport ? leg.AfterFailure() : null;
            if (again is null && failure is not SipClientFailure.CancelTimeout)
                leg.Turn.Report(new TrunkOutcome.Failed());
            Take(failure switch
            {
                SipClientFailure.Timeout or SipClientFailure.CancelTimeout => new CallInput.NoAnswer(_clock.Now),
                SipClientFailure.Transport => new CallInput.NoTransport(_clock.Now, again),
                SipClientFailure.ConnectionLost => new CallInput.ConnectionLost(_clock.Now),
                _ => throw new ArgumentOutOfRangeException(nameof(failure)),
            });
        }
    }

    private void TakeSuccess(SipClientTransaction transaction, SipResponse response)
    {
        var dialog = (_answers ??= new CallAnswers(_around, AttemptId)).Add(transaction, response, out var isNew);
        if (isNew && _state is CallState.Over { EndedDialogs.Count: 0 })
            _around.Log.AnsweredAfterEnd(AttemptId, _trunk);
        _leg?.Turn.Report(new TrunkOutcome.Ok());
        Take(new CallInput.Success(_clock.Now, response.Status, dialog, Late: transaction != _invite));
    }

    private void TakeResponse(CallOnTrunk leg, SipResponse response)
    {
        if (response.IsProvisional)
        {
            if (TrunkOutcome.OfStatus(response.Status, retryAfter: null) is { } shown)
                leg.Turn.Report(shown);
            Take(new CallInput.Provisional(_clock.Now, response.Status));
            return;
        }
        // The transaction has acknowledged it.
        _span?.Note("ACK");
        if (leg.RedirectOf(response) is { } target)
        {
            _ = FollowAsync(leg, target, response.Status);
            return;
        }
        var again = leg.AfterRefusal(_invite!, response);
        if (again is null && TrunkOutcome.OfStatus(response.Status, response.RetryAfter) is { } outcome)
            leg.Turn.Report(outcome);
        Take(new CallInput.Refusal(_clock.Now, response.Status, again));
    }

    /// <summary>Takes one input, and does what follows from it. With the lock held, so that inputs come in the order of their
    /// times.</summary>
    private void Take(CallInput input)
    {
        var limits = _limits ?? throw new InvalidOperationException("A call takes inputs once it is started.");
        (_state, var actions) = CallDecider.Decide(input, _state, limits);
        // Without an enumerator, which would be one more object for each input.
        for (var i = 0; i < actions.Count; i++)
            Do(actions[i]);
        if (_state.Leg is null)
            LeaveTrunk();
        KeepDeadline(CallDecider.Deadline(_state, limits));
    }

    private void KeepDeadline(DateTimeOffset? deadline)
    {
        // A 100 moves nothing.
        if (deadline is not null && deadline == _due)
            return;
        _due = deadline;
        if (deadline is { } due)
            _around.Sip.Stack.Timers.Start(this, TimeSpan.FromTicks(Math.Max(0, (due - _clock.Now).Ticks)));
        else
            _around.Sip.Stack.Timers.Stop(this);
    }

    /// <summary>The deadline has passed.</summary>
    protected override void Run()
    {
        lock (this)
        {
            // The timer has run; what is still to come starts it anew.
            _due = null;
            Take(new CallInput.DeadlinePassed(_clock.Now));
        }
    }

    private void Do(CallAction action)
    {
        switch (action)
        {
            case CallAction.SeekTrunk:
                if (_leg is { } failed && _state is CallState.Seeking { Last: { } failure })
                    _around.Metrics.Fail(failed.Trunk, _command.Callee, failure);
                LeaveTrunk();
                _ = SeekAsync();
                break;
            case CallAction.SendInvite send:
                SendInvite(_leg!, send.Again);
                break;
            case CallAction.SendCancel:
                _span?.Note("CANCEL");
                _invite!.Cancel();
                break;
            case CallAction.SendAck ack:
                _span?.Note("ACK");
                _answers!.Acknowledge(ack.Dialog);
                break;
            case CallAction.SendBye bye:
                _span?.Note("BYE");
                _answers!.HangUp(bye.Dialog, _trunk);
                break;
            case CallAction.ReportRinging ringing:
                ReportRinging(ringing);
                break;
            case CallAction.ReportEnd over:
                ReportEnd(over.End);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(action));
        }
    }

    /// <summary>Looks for a trunk, and for its addresses.</summary>
    private async Task SeekAsync()
    {
        using var over = new CancellationTokenSource();
        _search = over;
        try
        {
            var route = _route ??= _around.Router.Plan(
                await _around.Trunks(over.Token), _command.Callee, _command.CallerId, _command.Trunk);
            while (await route.NextAsync(over.Token) is var step)
            {
                if (step is RouteStep.None { Why: var why })
                {
                    _around.Log.NoTrunk(AttemptId, why, _command.Trunk);
                    lock (this)
                        Take(new CallInput.NoTrunk(_clock.Now, Congested: why is NoTrunk.Congested));
                    return;
                }
                if (await PrepareAsync(((RouteStep.Go)step).Leg, over.Token) is { } leg)
                {
                    Enter(leg);
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The call ended while it was looked for.
        }
        // Whatever goes wrong here, the call ends, and is reported.
        catch (Exception exception)
        {
            _around.Log.SearchFailed(exception, AttemptId);
            lock (this)
                Take(new CallInput.NoTrunk(_clock.Now, Congested: false));
        }
        finally
        {
            lock (this)
                _search = _search == over ? null : _search;
        }
    }

    /// <summary>Makes ready to dial on a trunk.</summary>
    /// <returns>Null if it has no address that we can reach.</returns>
    private async ValueTask<CallOnTrunk?> PrepareAsync(TrunkLeg turn, CancellationToken cancellationToken)
    {
        try
        {
            var hops = await _around.Sip.HopsToAsync(turn.Trunk, cancellationToken);
            if (turn.Trunk.Name != _recordedTrunk)
            {
                await _around.Attempts.RecordTrunkAsync(AttemptId, turn.Trunk.Name, cancellationToken);
                _recordedTrunk = turn.Trunk.Name;
            }
            return new CallOnTrunk(turn, hops, _around.Digests.Of(turn.Trunk));
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException)
        {
            _around.Log.NoWay(exception, AttemptId, turn.Trunk.Name, string.Join(", ", turn.Trunk.Addresses));
            turn.Report(new TrunkOutcome.Failed());
            turn.GiveBack();
            return null;
        }
        catch
        {
            turn.GiveBack();
            throw;
        }
    }

    private void Enter(CallOnTrunk leg)
    {
        lock (this)
        {
            if (_state is not CallState.Seeking)
            {
                leg.Leave();
                return;
            }
            _leg = leg;
            _trunk = leg.Trunk.Name;
            _span?.Enter(leg);
            Take(new CallInput.TrunkFound(
                _clock.Now, leg.Trunk.RingTime ?? _command.RingTime, leg.Trunk.PostDialDelayCap ?? _command.PostDialDelayCap));
        }
    }

    private void LeaveTrunk()
    {
        if (_state is CallState.Over)
            _search?.Cancel();
        _leg?.Leave();
        _leg = null;
    }

    /// <summary>Goes where a 3xx points to, if there is a way.</summary>
    private async Task FollowAsync(CallOnTrunk leg, SipUri target, int status)
    {
        InviteAgain? again = null;
        try
        {
            leg.Redirect(await _around.Sip.HopToAsync(target, leg.Hop, CancellationToken.None), target);
            again = InviteAgain.WhereRedirected;
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException)
        {
            _around.Log.NoWay(exception, AttemptId, leg.Trunk.Name, target.Host);
        }
        lock (this)
            Take(new CallInput.Refusal(_clock.Now, status, again));
    }

    private void SendInvite(CallOnTrunk leg, InviteAgain? again)
    {
        var stack = _around.Sip.Stack;
        _span?.Note("INVITE", leg.Trunk.Name);
        if (again is { } way)
            _invite = stack.Invite(leg.Next(_invite!.Request, way), leg.Hop, this);
        else if (leg.Authorized(_command) is { } invite)
            _invite = stack.Invite(invite, leg.Hop, this);
        else
            _invite = InviteRequest.Send(stack, this, _command.Callee, _command.CallerId, leg.Trunk, leg.Hop);
        if (again is null)
            _around.Metrics.Begin(leg.Trunk, _command.Callee);
        leg.IsDialled = true;
    }

    private void ReportRinging(CallAction.ReportRinging ringing)
    {
        _around.Metrics.Rings(_leg!.Trunk, _command.Callee, ringing.RangAt - _state.Leg!.Since);
        _span?.Ring(ringing);
        _around.Report(new Report.Ringing(
            new FlashCallRinging
            {
                VerificationId = _command.VerificationId,
                AttemptId = AttemptId,
                InvitedAt = ringing.InvitedAt,
                RangAt = ringing.RangAt,
            },
            _span?.Activity));
    }

    private void ReportEnd(CallEnd end)
    {
        var price = end.Answered ? _leg?.Trunk.DestinationOf(_command.Callee)?.Price : null;
        _around.Metrics.End(_leg is { IsDialled: true } ? _leg.Trunk : null, _command.Callee, end);
        _span?.End(end);
        _around.Log.Ended(AttemptId, end.Disposition, end.SipStatus);
        _around.Report(new Report.Ended(
            new FlashCallEnded
            {
                VerificationId = _command.VerificationId,
                AttemptId = AttemptId,
                Disposition = end.Disposition,
                SipStatus = end.SipStatus,
                InvitedAt = end.InvitedAt,
                RangAt = end.RangAt,
                EndedAt = end.EndedAt,
                Answered = end.Answered,
                Trunk = _trunk,
                Cost = price,
                Currency = price is null ? null : _leg?.Trunk.Currency,
            },
            _span?.Activity));
    }
}
