using FlashCall.Handset.Phones;
using FlashCall.Sip;

namespace FlashCall.Handset.Calls;

/// <summary>
/// One call at one phone, from the INVITE to its end (RFC 3261 §13.3, §15). A small state machine: each step happens under the lock, in
/// the state it belongs to, or not at all.
/// </summary>
internal sealed class PhoneCall : ISipClient
{
    private readonly SipStack _stack;
    private readonly SipTimings _timings;
    private readonly SipServerTransaction _invite;
    private readonly string _phone;
    private readonly PhoneBehaviour _behaviour;
    private readonly CallLog _log;
    private readonly TimeProvider _time;
    private readonly Action<PhoneCall> _onOver;
    private readonly SipTimer _next;
    private readonly SipTimer _limit;
    private readonly SipTimer _okAgain;
    private readonly Lock _lock = new();
    private Stage _stage = Stage.Invited;
    private LoggedCall _entry;
    private SipResponse? _ok;
    private TimeSpan _okInterval;
    private TimeSpan _okWaited;
    private bool _acknowledged;

    /// <summary>A call that has just come in.</summary>
    /// <param name="stack">For answers and timers.</param>
    /// <param name="timings">For repeats of the 2xx, which are not the stack's.</param>
    /// <param name="invite">The INVITE.</param>
    /// <param name="phone">Who is called.</param>
    /// <param name="behaviour">What happens.</param>
    /// <param name="entry">The call's entry in the log.</param>
    /// <param name="log">The log.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onOver">Called once, when nothing more belongs to the call.</param>
    public PhoneCall(
        SipStack stack, SipTimings timings, SipServerTransaction invite, string phone, PhoneBehaviour behaviour, LoggedCall entry,
        CallLog log, TimeProvider time, Action<PhoneCall> onOver)
    {
        _stack = stack;
        _timings = timings;
        _invite = invite;
        _phone = phone;
        _behaviour = behaviour;
        _entry = entry;
        _log = log;
        _time = time;
        _onOver = onOver;
        _okInterval = timings.T1;
        _next = new SipTimer(Proceed);
        _limit = new SipTimer(ReachLimit);
        _okAgain = new SipTimer(RepeatOk);
    }

    private enum Stage
    {
        Invited,
        Ringing,
        Announcing,
        Answered,
        Over,
    }

    /// <summary>What names the call in later requests: Call-ID and our tag.</summary>
    public (string CallId, string Tag) Key => (_invite.Request.CallId, _invite.LocalTag);

    /// <summary>Lets the behaviour begin.</summary>
    /// <param name="limit">When our side ends the call at the latest, counted from now.</param>
    public void Begin(TimeSpan limit)
    {
        if (_behaviour.Behaviour == Behaviour.Silent)
        {
            lock (_lock)
            {
                _invite.Ignore();
                End(CallState.Silent);
            }
            return;
        }
        _stack.Timers.Start(_limit, limit + _behaviour.PostDialDelay);
        if (_behaviour.PostDialDelay == TimeSpan.Zero)
            Proceed();
        else
            _stack.Timers.Start(_next, _behaviour.PostDialDelay);
    }

    /// <summary>The caller has given up.</summary>
    public void Cancel()
    {
        lock (_lock)
        {
            // Too late if a final response is out: that one stands (RFC 3261 §9.2).
            if (_stage is Stage.Invited or Stage.Ringing or Stage.Announcing && _invite.Respond(487))
                End(Unanswered);
        }
    }

    /// <summary>The caller has acknowledged the 2xx.</summary>
    public void Acknowledge()
    {
        lock (_lock)
        {
            _acknowledged = true;
            _stack.Timers.Stop(_okAgain);
        }
    }

    /// <summary>The caller hangs up.</summary>
    public void HangUp()
    {
        lock (_lock)
        {
            if (_stage == Stage.Answered)
                End(CallState.Answered);
            else if (_stage != Stage.Over && _invite.Respond(487))
                // A BYE before the answer ends an early dialog (RFC 3261 §15.1.2).
                End(Unanswered);
        }
    }

    /// <inheritdoc/>
    public void OnResponse(SipClientTransaction transaction, SipResponse response)
    {
        // The BYE is all that we send, and the call is over for us with it.
    }

    /// <inheritdoc/>
    public void OnFailure(SipClientTransaction transaction, SipClientFailure failure)
    {
        // As above.
    }

    private CallState Unanswered => _stage switch
    {
        Stage.Ringing => CallState.Missed,
        Stage.Announcing => CallState.Announcement,
        _ => CallState.Abandoned,
    };

    // The post-dial delay is over, or it has rung for long enough.
    private void Proceed()
    {
        lock (_lock)
        {
            switch (_stage, _behaviour.Behaviour)
            {
                case (Stage.Invited, Behaviour.Ring):
                    Ring();
                    break;
                case (Stage.Invited, Behaviour.Answer):
                    Ring();
                    _stack.Timers.Start(_next, _behaviour.AnswerAfter);
                    break;
                case (Stage.Ringing, Behaviour.Answer):
                    Answer();
                    break;
                case (Stage.Invited, Behaviour.Announcement):
                    _stage = Stage.Announcing;
                    Note(_entry with { State = CallState.Announcement });
                    _invite.Respond(WithMedia(183));
                    break;
                case (Stage.Invited, Behaviour.Busy):
                    Refuse(486, CallState.Busy);
                    break;
                case (Stage.Invited, Behaviour.Reject):
                    Refuse(603, CallState.Rejected);
                    break;
                case (Stage.Invited, Behaviour.Unreachable):
                    Refuse(480, CallState.Unreachable);
                    break;
                case (Stage.Invited, Behaviour.Unassigned):
                    Refuse(404, CallState.Unassigned);
                    break;
                default:
                    // The call has ended in the moment the timer ran.
                    break;
            }
        }
    }

    private void Ring()
    {
        _stage = Stage.Ringing;
        // Noted before the response leaves: who asks the log when the caller's side says ringing finds the call.
        Note(_entry with { State = CallState.Ringing, RangAt = _time.GetUtcNow() });
        _invite.Respond(WithContact(180));
    }

    private void Answer()
    {
        _stage = Stage.Answered;
        _ok = WithMedia(200);
        Note(_entry with { State = CallState.Answered, AnsweredAt = _time.GetUtcNow() });
        _invite.Respond(_ok);
        _stack.Timers.Start(_okAgain, _okInterval);
    }

    private void Refuse(int status, CallState state)
    {
        _invite.Respond(status);
        End(state);
    }

    // RFC 3261 §13.3.1.4: at T1, doubling up to T2, until the ACK or 64·T1, and then the call is ended.
    private void RepeatOk()
    {
        lock (_lock)
        {
            if (_stage != Stage.Answered || _acknowledged)
                return;
            _okWaited += _okInterval;
            if (_okWaited >= _timings.Timeout)
            {
                SendBye();
                return;
            }
            _invite.Respond(_ok!);
            _okInterval = 2 * _okInterval > _timings.T2 ? _timings.T2 : 2 * _okInterval;
            _stack.Timers.Start(_okAgain, _okInterval);
        }
    }

    private void ReachLimit()
    {
        lock (_lock)
        {
            if (_stage == Stage.Answered)
                SendBye();
            else if (_stage != Stage.Over && _invite.Respond(480))
                End(Unanswered);
        }
    }

    private void SendBye()
    {
        var dialog = SipDialog.OfCalled(_invite.Request, _invite.LocalTag);
        _stack.Send(dialog.CreateRequest(SipMethod.Bye), _invite.Source with { Remote = dialog.NextHop(_invite.Source.Remote) }, this);
        End(CallState.Answered);
    }

    private void End(CallState state)
    {
        _stage = Stage.Over;
        _stack.Timers.Stop(_next);
        _stack.Timers.Stop(_limit);
        _stack.Timers.Stop(_okAgain);
        Note(_entry with { State = state, EndedAt = _time.GetUtcNow() });
        _onOver(this);
    }

    private void Note(LoggedCall entry)
    {
        _log.Update(_phone, _entry, entry);
        _entry = entry;
    }

    private SipResponse WithContact(int status)
    {
        var response = _invite.CreateResponse(status);
        response.Headers.Add(SipHeaderName.Contact, new SipAddress(SipUri.Create(_phone, _invite.Source.LocalAddress)).Text);
        response.Headers.Add(SipHeaderName.Allow, Carrier.Allowed);
        return response;
    }

    private SipResponse WithMedia(int status)
    {
        var response = WithContact(status);
        response.SetBody(SessionDescription.MediaType, SessionDescription.Inactive(_invite.Source.LocalAddress.Address));
        return response;
    }
}
