using FlashCall.Contracts;

namespace FlashCall.Dialer.Calls;

/// <summary>
/// Decides what follows from what happens to a flash call (RFC 3261 §9, §13, §15). Pure: no clock, no socket, no store. The INVITE's
/// client transaction, below it, retransmits and acknowledges refusals; above it, the shell does what is returned, in order.
/// Late and repeated inputs are normal and change nothing.
/// </summary>
internal static class CallDecider
{
    private const int Ringing = 180;
    private const int RequestTerminated = 487;

    /// <summary>The next state and what to do.</summary>
    public static (CallState Next, IReadOnlyList<CallAction> Actions) Decide(CallInput input, CallState state, CallLimits limits) => (input, state) switch
    {
        (CallInput.Success success, _) => Answered(success, state),
        (_, CallState.Over) => (state, []),

        (CallInput.Start start, CallState.Recorded) => start.At > limits.NotAfter
            // The session withdrew this call by giving it a time. Nothing is wrong with the trunk, and its figures must not say so;
            // without InvitedAt the report says that no INVITE went out.
            ? End(CallDisposition.Cancelled, start.At, state)
            : (new CallState.Inviting(start.At, Wanted: null), [new CallAction.SendInvite()]),
        (CallInput.Start, _) => (state, []),

        (CallInput.HangUp hangUp, CallState.Recorded) => End(Undone(hangUp.Reason), hangUp.At, state),
        (CallInput.HangUp hangUp, CallState.Inviting { Wanted: null } inviting) => (inviting with { Wanted = hangUp.Reason }, []),
        // The person has reported, or left: what ends before ringing was cancelled, even if the cap had passed first.
        (CallInput.HangUp { Reason: CancelReason.HangUp }, CallState.Inviting { Wanted: CancelReason.PostDialDelayOver } inviting) =>
            (inviting with { Wanted = CancelReason.HangUp }, []),
        (CallInput.HangUp hangUp, CallState.Proceeding proceeding) => Cancel(proceeding.InvitedAt, null, hangUp.Reason, hangUp.At),
        (CallInput.HangUp hangUp, CallState.Ringing ringing) => Cancel(ringing.InvitedAt, ringing.RangAt, hangUp.Reason, hangUp.At),
        (CallInput.HangUp, _) => (state, []),

        (CallInput.Provisional provisional, _) => Progress(provisional, state),
        (CallInput.Refusal refusal, _) => End(OfRefusal(refusal.Status, state), refusal.At, state, refusal.Status),

        (CallInput.NoAnswer silence, CallState.Cancelling cancelling) => End(OfCancelled(cancelling), silence.At, state),
        (CallInput.NoAnswer silence, CallState.Inviting { Wanted: { } wanted }) => End(Undone(wanted, CallDisposition.Silent), silence.At, state),
        (CallInput.NoAnswer silence, _) => End(CallDisposition.Silent, silence.At, state),
        (CallInput.NoTransport failure, CallState.Cancelling cancelling) => End(OfCancelled(cancelling), failure.At, state),
        (CallInput.NoTransport failure, _) => End(CallDisposition.TrunkFailed, failure.At, state),

        (CallInput.DeadlinePassed deadline, _) => deadline.At < Deadline(state, limits) ? (state, []) : Expire(deadline.At, state),
        (CallInput.Abandon abandon, _) => End(CallDisposition.Interrupted, abandon.At, state),
        _ => throw new ArgumentOutOfRangeException(nameof(input), input.GetType().Name, "An input that no course of a call has."),
    };

    /// <summary>When the call has to be looked at again if nothing else happens before; null if nothing depends on the clock.</summary>
    public static DateTimeOffset? Deadline(CallState state, CallLimits limits) => state switch
    {
        CallState.Inviting { Wanted: null } inviting => inviting.InvitedAt + limits.PostDialDelayCap,
        CallState.Proceeding proceeding => proceeding.InvitedAt + limits.PostDialDelayCap,
        CallState.Ringing ringing => ringing.RangAt + limits.RingTime,
        CallState.Cancelling cancelling => cancelling.CancelledAt + limits.CancelTimeout,
        // Without any response there is nothing to cancel: the transaction's Timer B ends it.
        CallState.Recorded or CallState.Inviting or CallState.Over => null,
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    private static (CallState, IReadOnlyList<CallAction>) Progress(CallInput.Provisional provisional, CallState state)
    {
        var rings = provisional.Status == Ringing;
        var at = provisional.At;
        return state switch
        {
            CallState.Inviting { Wanted: null } inviting when !rings => (new CallState.Proceeding(inviting.InvitedAt), []),
            CallState.Inviting { Wanted: null } inviting => Rings(inviting.InvitedAt, at),
            CallState.Inviting { Wanted: { } reason } inviting when !rings => Cancel(inviting.InvitedAt, null, reason, at),
            CallState.Inviting { Wanted: { } reason } inviting =>
                After(new CallAction.ReportRinging(inviting.InvitedAt, at), Cancel(inviting.InvitedAt, at, reason, at)),
            CallState.Proceeding proceeding when rings => Rings(proceeding.InvitedAt, at),
            // It crossed our CANCEL: the phone rang, if only for a moment, and its call log holds the caller ID.
            CallState.Cancelling { RangAt: null } cancelling when rings =>
                (cancelling with { RangAt = at }, [new CallAction.ReportRinging(cancelling.InvitedAt, at)]),
            _ => (state, []),
        };
    }

    private static (CallState, IReadOnlyList<CallAction>) Answered(CallInput.Success success, CallState state)
    {
        if (state is CallState.Over over)
        {
            return over.EndedDialogs.Contains(success.ToTag, StringComparer.Ordinal)
                ? (over, [new CallAction.SendAck(success.ToTag)])
                : (new CallState.Over([.. over.EndedDialogs, success.ToTag]), [new CallAction.SendAck(success.ToTag), new CallAction.SendBye(success.ToTag)]);
        }
        var (_, reported) = End(CallDisposition.Answered, success.At, state, success.Status);
        return (new CallState.Over([success.ToTag]), [new CallAction.SendAck(success.ToTag), new CallAction.SendBye(success.ToTag), .. reported]);
    }

    private static (CallState, IReadOnlyList<CallAction>) Expire(DateTimeOffset at, CallState state) => state switch
    {
        CallState.Inviting { Wanted: null } inviting => (inviting with { Wanted = CancelReason.PostDialDelayOver }, []),
        CallState.Proceeding proceeding => Cancel(proceeding.InvitedAt, null, CancelReason.PostDialDelayOver, at),
        CallState.Ringing ringing => Cancel(ringing.InvitedAt, ringing.RangAt, CancelReason.RingTimeOver, at),
        CallState.Cancelling cancelling => End(OfCancelled(cancelling), at, state),
        _ => (state, []),
    };

    private static (CallState, IReadOnlyList<CallAction>) Rings(DateTimeOffset invitedAt, DateTimeOffset at) =>
        (new CallState.Ringing(invitedAt, at), [new CallAction.ReportRinging(invitedAt, at)]);

    private static (CallState, IReadOnlyList<CallAction>) Cancel(DateTimeOffset invitedAt, DateTimeOffset? rangAt, CancelReason reason, DateTimeOffset at) =>
        (new CallState.Cancelling(invitedAt, rangAt, reason, at), [new CallAction.SendCancel()]);

    private static (CallState, IReadOnlyList<CallAction>) After(CallAction first, (CallState Next, IReadOnlyList<CallAction> Actions) step) =>
        (step.Next, [first, .. step.Actions]);

    private static (CallState, IReadOnlyList<CallAction>) End(CallDisposition disposition, DateTimeOffset at, CallState state, int? status = null)
    {
        var (invitedAt, rangAt) = Times(state);
        var end = new CallEnd { Disposition = disposition, SipStatus = status, InvitedAt = invitedAt, RangAt = rangAt, EndedAt = at };
        return (new CallState.Over([]), [new CallAction.ReportEnd(end)]);
    }

    private static (DateTimeOffset? InvitedAt, DateTimeOffset? RangAt) Times(CallState state) => state switch
    {
        CallState.Inviting inviting => (inviting.InvitedAt, null),
        CallState.Proceeding proceeding => (proceeding.InvitedAt, null),
        CallState.Ringing ringing => (ringing.InvitedAt, ringing.RangAt),
        CallState.Cancelling cancelling => (cancelling.InvitedAt, cancelling.RangAt),
        CallState.Recorded or CallState.Over => (null, null),
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    /// <summary>A final refusal, read by its status, unless it is how the network carried out our CANCEL.</summary>
    private static CallDisposition OfRefusal(int status, CallState state)
    {
        var byStatus = Dispositions.OfStatus(status);
        return state switch
        {
            CallState.Cancelling cancelling when status == RequestTerminated => OfCancelled(cancelling),
            // Not every network answers a CANCEL with 487. The phone rang and we ended it, unless the callee was quicker.
            CallState.Cancelling { RangAt: not null } when byStatus is not (CallDisposition.Busy or CallDisposition.Rejected) => CallDisposition.Rang,
            _ => byStatus,
        };
    }

    private static CallDisposition OfCancelled(CallState.Cancelling cancelling) =>
        cancelling.RangAt is not null ? CallDisposition.Rang : Undone(cancelling.Reason);

    /// <summary>A call that we ended before it rang.</summary>
    private static CallDisposition Undone(CancelReason reason, CallDisposition pastCap = CallDisposition.NotRinging) => reason switch
    {
        CancelReason.HangUp => CallDisposition.Cancelled,
        CancelReason.Shutdown => CallDisposition.Interrupted,
        CancelReason.PostDialDelayOver => pastCap,
        // Ring time runs from the first 180: a call that never rang cannot have used it up.
        CancelReason.RingTimeOver => throw new ArgumentOutOfRangeException(nameof(reason)),
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
