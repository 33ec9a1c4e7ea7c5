using FlashCall.Dialer.Calls;
using FlashCall.Dialer.Signalling;
using FlashCall.Sip;

namespace FlashCall.Load.Engine;

/// <summary>One flash call through the dialer's own decider, INVITE and SIP stack; what it would report goes to
/// <see cref="CallTally"/> instead of database and bus.</summary>
internal sealed class DialledCall : ISipClient
{
    private readonly SipStack _stack;
    private readonly CallTally _tally;
    private readonly CallPlan _plan;
    private readonly CallClock _clock;
    private readonly CallLimits _limits;
    private readonly SipTimer _deadline;
    private readonly Lock _gate = new();
    private CallState _state = new CallState.Recorded();
    private SipInviteClientTransaction? _invite;
    private SipDialog? _dialog;

    public DialledCall(SipStack stack, CallPlan plan, CallTally tally)
    {
        _stack = stack;
        _plan = plan;
        _tally = tally;
        _clock = new CallClock(TimeProvider.System);
        _limits = new CallLimits(plan.RingTime, TimeSpan.FromSeconds(12), DateTimeOffset.MaxValue, TimeSpan.FromSeconds(32));
        _deadline = new SipTimer(() => Take(new CallInput.DeadlinePassed(_clock.Now)));
    }

    public void Start() => Take(new CallInput.Start(_clock.Now));

    void ISipClient.OnResponse(SipClientTransaction transaction, SipResponse response)
    {
        lock (_gate)
        {
            if (response.IsSuccess)
            {
                _dialog = SipDialog.OfCaller(transaction.Request, response);
                Take(new CallInput.Success(_clock.Now, response.Status, _dialog.RemoteTag));
            }
            else if (response.IsProvisional)
            {
                Take(new CallInput.Provisional(_clock.Now, response.Status));
            }
            else
            {
                Take(new CallInput.Refusal(_clock.Now, response.Status));
            }
        }
    }

    void ISipClient.OnFailure(SipClientTransaction transaction, SipClientFailure failure) => Take(
        failure == SipClientFailure.Transport ? new CallInput.NoTransport(_clock.Now) : new CallInput.NoAnswer(_clock.Now));

    private void Take(CallInput input)
    {
        lock (_gate)
        {
            (_state, var actions) = CallDecider.Decide(input, _state, _limits);
            foreach (var action in actions)
                Do(action);
            if (CallDecider.Deadline(_state, _limits) is { } deadline)
                _stack.Timers.Start(_deadline, TimeSpan.FromTicks(Math.Max(0, (deadline - _clock.Now).Ticks)));
            else
                _stack.Timers.Stop(_deadline);
        }
    }

    private void Do(CallAction action)
    {
        switch (action)
        {
            case CallAction.SendInvite:
                var invite = InviteRequest.Create(_plan.Callee, _plan.CallerId, _plan.Trunk, _plan.Hop.LocalAddress);
                _invite = _stack.Invite(invite, _plan.Hop, this);
                break;
            case CallAction.SendCancel:
                _invite!.Cancel();
                break;
            case CallAction.SendAck:
                _stack.SendAck(_dialog!.CreateAck(), _plan.Hop);
                break;
            case CallAction.SendBye:
                _stack.Send(_dialog!.CreateRequest(SipMethod.Bye), _plan.Hop, Bye.Ignored);
                break;
            case CallAction.ReportRinging:
                _tally.CountRinging();
                break;
            case CallAction.ReportEnd ended:
                _tally.CountEnd(ended.End.Disposition);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(action));
        }
    }

    /// <summary>A call that is answered counts as failed already; what becomes of its BYE changes nothing.</summary>
    private sealed class Bye : ISipClient
    {
        public static readonly Bye Ignored = new();

        public void OnResponse(SipClientTransaction transaction, SipResponse response)
        {
        }

        public void OnFailure(SipClientTransaction transaction, SipClientFailure failure)
        {
        }
    }
}
