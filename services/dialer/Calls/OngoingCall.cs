using System.Diagnostics;
using System.Net.Sockets;
using FlashCall.Contracts;
using FlashCall.Dialer.Reports;
using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;
using FlashCall.Sip;

namespace FlashCall.Dialer.Calls;

/// <summary>One call of this process: feeds <see cref="CallDecider"/> with what the network and the clock bring, one input at a time, and
/// does what it decides.</summary>
internal sealed partial class OngoingCall : ISipClient
{
    private readonly PlaceFlashCall _command;
    private readonly SipEndpoint _sip;
    private readonly DialerSettings _settings;
    private readonly TrunkDirectory _trunks;
    private readonly CallReports _reports;
    private readonly DialerMetrics _metrics;
    private readonly ILogger<OngoingCall> _logger;
    private readonly CallClock _clock;
    private readonly Lock _gate = new();
    private readonly SipTimer _deadline;
    private readonly Dictionary<string, SipDialog> _dialogs = new(StringComparer.Ordinal);
    private CallState _state = new CallState.Recorded();
    private CallLimits? _limits;
    private CancelReason? _hangUpBeforeStart;
    private Activity? _span;
    private Trunk? _trunk;
    private SipHop _hop;
    private SipInviteClientTransaction? _invite;

    public OngoingCall(
        PlaceFlashCall command,
        SipEndpoint sip,
        DialerSettings settings,
        TrunkDirectory trunks,
        CallReports reports,
        DialerMetrics metrics,
        TimeProvider time,
        ILogger<OngoingCall> logger)
    {
        _command = command;
        _sip = sip;
        _settings = settings;
        _trunks = trunks;
        _reports = reports;
        _metrics = metrics;
        _logger = logger;
        _clock = new CallClock(time);
        _deadline = new SipTimer(() => Take(at => new CallInput.DeadlinePassed(at)));
    }

    /// <summary>The attempt.</summary>
    public Guid AttemptId => _command.AttemptId;

    /// <summary>Dials. To be called once, and only when the attempt is recorded as ours.</summary>
    /// <param name="notAfter">No INVITE after this time.</param>
    /// <param name="cancellationToken">Gives up while the trunk's address is being looked up.</param>
    public async Task StartAsync(DateTimeOffset notAfter, CancellationToken cancellationToken)
    {
        var hop = await FindHopAsync(cancellationToken);
        lock (_gate)
        {
            _limits = new CallLimits(_command.RingTime, _command.PostDialDelayCap, notAfter, CancelTimeout: 64 * _settings.SipT1);
            StartSpan();
            _metrics.Begin(_trunk?.Name ?? "unknown");
            if (hop is { } found)
                _hop = found;
            Take(at =>
                hop is null ? new CallInput.NoTransport(at)
                : _hangUpBeforeStart is { } reason ? new CallInput.HangUp(at, reason)
                : new CallInput.Start(at));
        }
    }

    /// <summary>Ends the call: now, or as soon as SIP allows, or before it starts.</summary>
    public void HangUp(CancelReason reason)
    {
        lock (_gate)
        {
            if (_limits is null)
                _hangUpBeforeStart ??= reason;
            else
                Take(at => new CallInput.HangUp(at, reason));
        }
    }

    /// <summary>Reports the call as interrupted if it has not ended.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            if (_limits is not null)
                Take(at => new CallInput.Abandon(at));
        }
    }

    void ISipClient.OnResponse(SipClientTransaction transaction, SipResponse response)
    {
        lock (_gate)
        {
            Note($"{response.Status}");
            if (response.IsSuccess)
            {
                var dialog = SipDialog.OfCaller(transaction.Request, response);
                if (_dialogs.TryAdd(dialog.RemoteTag, dialog) && _state is CallState.Over { EndedDialogs.Count: 0 })
                    LogAnsweredAfterEnd(AttemptId, _trunk?.Name);
                Take(at => new CallInput.Success(at, response.Status, dialog.RemoteTag));
            }
            else if (response.IsProvisional)
            {
                Take(at => new CallInput.Provisional(at, response.Status));
            }
            else
            {
                // The transaction has acknowledged it.
                Note("ACK");
                Take(at => new CallInput.Refusal(at, response.Status));
            }
        }
    }

    void ISipClient.OnFailure(SipClientTransaction transaction, SipClientFailure failure) => Take(at => failure switch
    {
        SipClientFailure.Timeout or SipClientFailure.CancelTimeout => new CallInput.NoAnswer(at),
        SipClientFailure.Transport => new CallInput.NoTransport(at),
        _ => throw new ArgumentOutOfRangeException(nameof(failure)),
    });

    private async ValueTask<SipHop?> FindHopAsync(CancellationToken cancellationToken)
    {
        if (!(await _trunks.CurrentAsync(cancellationToken)).Trunks.TryGetValue(_command.Trunk, out _trunk))
        {
            LogUnknownTrunk(AttemptId, _command.Trunk);
            return null;
        }
        try
        {
            return await _sip.HopToAsync(_trunk, cancellationToken);
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException)
        {
            LogNoWay(exception, AttemptId, _trunk.Name, string.Join(", ", _trunk.Addresses));
            return null;
        }
    }

    /// <summary>Takes one input, and does what follows from it.</summary>
    private void Take(Func<DateTimeOffset, CallInput> input)
    {
        lock (_gate)
        {
            var limits = _limits ?? throw new InvalidOperationException("A call takes inputs once it is started.");
            (_state, var actions) = CallDecider.Decide(input(_clock.Now), _state, limits);
            foreach (var action in actions)
                Do(action);
            if (CallDecider.Deadline(_state, limits) is { } deadline)
                _sip.Stack.Timers.Start(_deadline, TimeSpan.FromTicks(Math.Max(0, (deadline - _clock.Now).Ticks)));
            else
                _sip.Stack.Timers.Stop(_deadline);
        }
    }

    private void Do(CallAction action)
    {
        switch (action)
        {
            case CallAction.SendInvite:
                Note("INVITE");
                var invite = InviteRequest.Create(_command.Callee, _command.CallerId, _trunk!, _hop.LocalAddress);
                _invite = _sip.Stack.Invite(invite, _hop, this);
                break;
            case CallAction.SendCancel:
                Note("CANCEL");
                _invite!.Cancel();
                break;
            case CallAction.SendAck ack:
                Note("ACK");
                _sip.Stack.SendAck(_dialogs[ack.ToTag].CreateAck(), _sip.HopTo(_dialogs[ack.ToTag], _hop));
                break;
            case CallAction.SendBye bye:
                Note("BYE");
                SendBye(_dialogs[bye.ToTag]);
                break;
            case CallAction.ReportRinging ringing:
                ReportRinging(ringing);
                break;
            case CallAction.ReportEnd ended:
                ReportEnd(ended.End);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(action));
        }
    }

    private void SendBye(SipDialog dialog)
    {
        _sip.Open(dialog);
        _sip.Stack.Send(dialog.CreateRequest(SipMethod.Bye), _sip.HopTo(dialog, _hop), new Bye(this, dialog));
    }

    private void ReportRinging(CallAction.ReportRinging ringing)
    {
        var postDialDelay = ringing.RangAt - ringing.InvitedAt;
        _metrics.Rings(_trunk!.Name, postDialDelay);
        _span?.SetTag("flashcall.post_dial_delay_ms", postDialDelay.TotalMilliseconds);
        _reports.Add(new Report.Ringing(
            new FlashCallRinging
            {
                VerificationId = _command.VerificationId,
                AttemptId = AttemptId,
                InvitedAt = ringing.InvitedAt,
                RangAt = ringing.RangAt,
            },
            _span));
    }

    private void ReportEnd(CallEnd end)
    {
        _metrics.End(_trunk?.Name ?? "unknown", end);
        _span?.SetTag("flashcall.disposition", end.Disposition.ToString());
        if (end.SipStatus is { } status)
            _span?.SetTag("sip.status", status);
        if (end.RangAt is { } rangAt)
            _span?.SetTag("flashcall.ring_ms", (end.EndedAt - rangAt).TotalMilliseconds);
        if (end.Disposition is CallDisposition.TrunkFailed or CallDisposition.Silent or CallDisposition.Interrupted)
            _span?.SetStatus(ActivityStatusCode.Error, end.Disposition.ToString());
        LogEnded(AttemptId, end.Disposition, end.SipStatus);
        _reports.Add(new Report.Ended(
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
            },
            _span));
    }

    private void StartSpan()
    {
        var parent = Activity.Current;
        _span = Telemetry.Source.StartActivity("INVITE", ActivityKind.Client);
        // The span is the call's, which outlives the handling of the command.
        Activity.Current = parent;
        _span?.SetTag("flashcall.trunk", _trunk?.Name ?? "unknown");
        _span?.SetTag("flashcall.verification_id", _command.VerificationId);
        _span?.SetTag("flashcall.attempt_id", AttemptId);
        _span?.SetTag("network.transport", "udp");
    }

    private void Note(string step)
    {
        if (_span is { IsStopped: false })
            _span.AddEvent(new ActivityEvent(step, _clock.Now));
    }

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Attempt {AttemptId} names the trunk {Trunk}, which is not there. Put it at /v1/trunks/{Trunk}, "
            + "or take it out of the number pool's ranges")]
    private partial void LogUnknownTrunk(Guid attemptId, string trunk);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Attempt {AttemptId} cannot reach trunk {Trunk} at {Addresses}. See its addresses and FLASHCALL_DIALER__SIPLISTEN")]
    private partial void LogNoWay(Exception exception, Guid attemptId, string trunk, string addresses);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Attempt {AttemptId} was picked up on trunk {Trunk} after its end was reported; it is hung up, and will be charged")]
    private partial void LogAnsweredAfterEnd(Guid attemptId, string? trunk);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Attempt {AttemptId} ended {Disposition} (SIP status {Status})")]
    private partial void LogEnded(Guid attemptId, CallDisposition disposition, int? status);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The BYE of attempt {AttemptId} got no answer from trunk {Trunk}; the call may be charged for longer than it lasted")]
    private partial void LogByeUnanswered(Guid attemptId, string? trunk);

    /// <summary>What becomes of a BYE.</summary>
    private sealed class Bye(OngoingCall call, SipDialog dialog) : ISipClient
    {
        public void OnResponse(SipClientTransaction transaction, SipResponse response)
        {
            if (!response.IsProvisional)
                call._sip.Close(dialog);
        }

        public void OnFailure(SipClientTransaction transaction, SipClientFailure failure)
        {
            call._sip.Close(dialog);
            call.LogByeUnanswered(call.AttemptId, call._trunk?.Name);
        }
    }
}

/// <summary>Makes calls.</summary>
internal sealed class CallFactory(
    SipEndpoint sip,
    DialerSettings settings,
    TrunkDirectory trunks,
    CallReports reports,
    DialerMetrics metrics,
    TimeProvider time,
    ILogger<OngoingCall> logger)
{
    /// <summary>A call that is not started.</summary>
    public OngoingCall Create(PlaceFlashCall command) => new(command, sip, settings, trunks, reports, metrics, time, logger);
}
