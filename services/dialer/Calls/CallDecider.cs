using FlashCall.Contracts;
using Step = (FlashCall.Dialer.Calls.CallState Next, System.Collections.Generic.IReadOnlyList<FlashCall.Dialer.Calls.CallAction> Actions);

namespace FlashCall.Dialer.Calls;

/// <summary>
/// Decides what follows from what happens to a flash call (RFC 3261 §9, §13, §15). Pure: no clock, no socket, no store. The INVITE's
/// client transaction, below it, retransmits and acknowledges refusals; above it, the shell does what is returned, in order.
/// Late and repeated inputs are normal and change nothing.
/// <para>A call may try several trunks, one after the other, but only while it is certain that the phone has not rung and cannot ring
/// any more: the trunk before has refused finally, or could not be reached at all.</para>
/// </summary>
internal static class CallDecider
{
    private const int Ringing = 180;
    private const int RequestTerminated = 487;

    // The actions of nearly every call, which say nothing of it.
    private static readonly IReadOnlyList<CallAction> SeekTrunk = [new CallAction.SeekTrunk()];
    private static readonly IReadOnlyList<CallAction> SendInvite = [new CallAction.SendInvite(Again: null)];
    private static readonly IReadOnlyList<CallAction> SendCancel = [new CallAction.SendCancel()];

    /// <summary>The next state and what to do.</summary>
    public static Step Decide(CallInput input, CallState state, CallLimits limits) => (input, state) switch
    {
        (CallInput.Success success, _) => Answered(success, state),
        (_, CallState.Over) => (state, []),

        (CallInput.Start start, CallState.Recorded) => start.At > limits.NotAfter
            // The session withdrew this call by giving it a time. Nothing is wrong with the trunk, and its figures must not say so;
            // without InvitedAt the report says that no INVITE went out.
            ? End(CallDisposition.Cancelled, start.At, state)
            : (new CallState.Seeking(InvitedAt: null, Last: null), SeekTrunk),
        (CallInput.Start, _) => (state, []),

        (CallInput.TrunkFound found, CallState.Seeking seeking) => Found(found, seeking, limits),
        (CallInput.NoTrunk none, CallState.Seeking seeking) =>
            EndSeeking(seeking, none.Congested ? CallDisposition.Congested : CallDisposition.TrunkFailed, none.At),
        // The search went on for a moment longer than the call.
        (CallInput.TrunkFound or CallInput.NoTrunk, _) => (state, []),

        (CallInput.HangUp hangUp, _) => HangUp(hangUp, state),
        (CallInput.Provisional provisional, _) => Progress(provisional, state),
        (CallInput.Refusal refusal, _) => Refused(refusal, state, limits),
        (CallInput.NoTransport failure, CallState.Inviting inviting) => Unreached(failure, inviting, limits),
        (CallInput.ConnectionLost or CallInput.NoTransport, _) => Lost(input.At, state),

        (CallInput.NoAnswer silence, CallState.Cancelling cancelling) => EndCancelled(cancelling, silence.At, limits, status: null),
        (CallInput.NoAnswer silence, CallState.Inviting { Wanted: { } wanted }) =>
            End(Undone(wanted, CallDisposition.Silent), silence.At, state),
        // Whether the phone rings unheard of is not known, so no other trunk may ring it.
        (CallInput.NoAnswer silence, _) => End(CallDisposition.Silent, silence.At, state),

        (CallInput.DeadlinePassed deadline, _) => deadline.At < Deadline(state, limits) ? (state, []) : Expire(deadline.At, state, limits),
        (CallInput.Abandon abandon, _) => End(CallDisposition.Interrupted, abandon.At, state),
        _ => throw new ArgumentOutOfRangeException(nameof(input), input.GetType().Name, "An input that no course of a call has."),
    };

    /// <summary>When the call has to be looked at again if nothing else happens before; null if nothing depends on the clock.</summary>
    public static DateTimeOffset? Deadline(CallState state, CallLimits limits) => state switch
    {
        CallState.Seeking seeking => LastInvite(seeking.InvitedAt, limits),
        CallState.Inviting { Wanted: null } inviting => CapOf(inviting.On, limits),
        CallState.Proceeding proceeding => CapOf(proceeding.On, limits),
        CallState.Ringing ringing => ringing.RangAt + ringing.On.RingTime,
        CallState.Cancelling cancelling => cancelling.CancelledAt + limits.CancelTimeout,
        // Without any response there is nothing to cancel: the transaction's Timer B ends it.
        CallState.Recorded or CallState.Inviting or CallState.Over => null,
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    private static Step Found(CallInput.TrunkFound found, CallState.Seeking seeking, CallLimits limits)
    {
        if (found.At > LastInvite(seeking.InvitedAt, limits))
            return EndSeeking(seeking, CallDisposition.Cancelled, found.At);
        var leg = new CallLeg(seeking.InvitedAt ?? found.At, found.At, found.RingTime, found.PostDialDelayCap);
        return (new CallState.Inviting(leg, Wanted: null), SendInvite);
    }

    private static Step HangUp(CallInput.HangUp hangUp, CallState state) => state switch
    {
        CallState.Recorded or CallState.Seeking => End(Undone(hangUp.Reason), hangUp.At, state),
        // The person has reported, or left: what ends before ringing was cancelled, even if the cap had passed first, and no other trunk
        // is tried.
        CallState.Inviting { Wanted: null or CancelReason.PostDialDelayOver } inviting => (inviting with { Wanted = hangUp.Reason }, []),
        CallState.Cancelling { Reason: CancelReason.PostDialDelayOver } cancelling => (cancelling with { Reason = hangUp.Reason }, []),
        CallState.Proceeding proceeding => Cancel(proceeding.On, null, hangUp.Reason, hangUp.At),
        CallState.Ringing ringing => Cancel(ringing.On, ringing.RangAt, hangUp.Reason, hangUp.At),
        CallState.Inviting or CallState.Cancelling or CallState.Over => (state, []),
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    private static Step Progress(CallInput.Provisional provisional, CallState state)
    {
        var rings = provisional.Status == Ringing;
        var at = provisional.At;
        return state switch
        {
            CallState.Inviting { Wanted: null } inviting when !rings => (new CallState.Proceeding(inviting.On), []),
            CallState.Inviting { Wanted: null } inviting => Rings(inviting.On, at),
            CallState.Inviting { Wanted: { } reason } inviting when !rings => Cancel(inviting.On, null, reason, at),
            CallState.Inviting { Wanted: { } reason } inviting =>
                After(new CallAction.ReportRinging(inviting.On.InvitedAt, at), Cancel(inviting.On, at, reason, at)),
            CallState.Proceeding proceeding when rings => Rings(proceeding.On, at),
            // It crossed our CANCEL: the phone rang, if only for a moment, and its call log holds the caller ID.
            CallState.Cancelling { RangAt: null } cancelling when rings =>
                (cancelling with { RangAt = at }, [new CallAction.ReportRinging(cancelling.On.InvitedAt, at)]),
            _ => (state, []),
        };
    }

    private static Step Answered(CallInput.Success success, CallState state)
    {
        var (ack, bye) = (new CallAction.SendAck(success.Dialog), new CallAction.SendBye(success.Dialog));
        if (state is CallState.Over over)
        {
            return over.EndedDialogs.Contains(success.Dialog, StringComparer.Ordinal)
                ? (over, [ack])
                : (new CallState.Over([.. over.EndedDialogs, success.Dialog]), [ack, bye]);
        }
        var (_, reported) = End(CallDisposition.Answered, success.At, state, success.Status);
        // A phone behind an INVITE that had been refused was picked up after all: the one that is out now must not ring it again.
        var another = success.Late && state is { Leg: not null } and not CallState.Cancelling;
        CallAction[] cancelled = another ? [new CallAction.SendCancel()] : [];
        return (new CallState.Over([success.Dialog]), [ack, bye, .. cancelled, .. reported]);
    }

    /// <summary>A final response to the INVITE other than 2xx.</summary>
    private static Step Refused(CallInput.Refusal refusal, CallState state, CallLimits limits)
    {
        var byStatus = Dispositions.OfStatus(refusal.Status);
        return state switch
        {
            CallState.Cancelling cancelling => EndCancelled(cancelling, refusal.At, limits, refusal.Status),
            CallState.Inviting { Wanted: CancelReason.HangUp or CancelReason.Shutdown } inviting => End(
                byStatus == CallDisposition.TrunkFailed ? Undone(inviting.Wanted.Value) : byStatus, refusal.At, state, refusal.Status),
            CallState.Inviting inviting => Retry(inviting, refusal.Again, new(byStatus, refusal.Status), refusal.At, limits),
            CallState.Proceeding proceeding => Retry(proceeding.On, refusal.Again, new(byStatus, refusal.Status), refusal.At, limits),
            _ => End(byStatus, refusal.At, state, refusal.Status),
        };
    }

    private static Step Unreached(CallInput.NoTransport failure, CallState.Inviting inviting, CallLimits limits) =>
        inviting.Wanted is CancelReason.HangUp or CancelReason.Shutdown
            ? End(Undone(inviting.Wanted.Value), failure.At, inviting)
            : Retry(inviting, failure.Again, new(CallDisposition.TrunkFailed, null), failure.At, limits);

    /// <summary>The trunk has, or may have, taken the call, and may yet ring the phone: no other one may.</summary>
    private static Step Lost(DateTimeOffset at, CallState state) => state switch
    {
        CallState.Cancelling cancelling => End(OfCancelled(cancelling), at, state),
        CallState.Inviting { Wanted: CancelReason.HangUp or CancelReason.Shutdown } inviting =>
            End(Undone(inviting.Wanted.Value), at, state),
        _ => End(CallDisposition.TrunkFailed, at, state),
    };

    // A trunk that was silent for longer than its cap is asked no second time; another one may be.
    private static Step Retry(
        CallState.Inviting inviting, InviteAgain? again, LegFailure failure, DateTimeOffset at, CallLimits limits) =>
        Retry(inviting.On, inviting.Wanted is null ? again : null, failure, at, limits);

    /// <summary>The phone has not rung and will not: asks the same trunk in another way, or another trunk, or ends the call.</summary>
    private static Step Retry(CallLeg leg, InviteAgain? again, LegFailure failure, DateTimeOffset at, CallLimits limits)
    {
        var inTime = at <= LastInvite(leg.InvitedAt, limits);
        if (again is not null && inTime)
            return (new CallState.Inviting(leg, Wanted: null), [new CallAction.SendInvite(again)]);
        var next = new CallState.Seeking(leg.InvitedAt, failure);
        return inTime && failure.Disposition is CallDisposition.TrunkFailed or CallDisposition.NotRinging
            ? (next, SeekTrunk)
            : EndSeeking(next, failure.Disposition, at);
    }

    /// <summary>The end of an INVITE that was cancelled: of the call, unless only this trunk was too slow.</summary>
    private static Step EndCancelled(CallState.Cancelling cancelling, DateTimeOffset at, CallLimits limits, int? status)
    {
        var disposition = status is { } refusal ? OfRefusal(refusal, cancelling) : OfCancelled(cancelling);
        return cancelling is { Reason: CancelReason.PostDialDelayOver, RangAt: null } && status is not null
            ? Retry(cancelling.On, again: null, new(disposition, status), at, limits)
            : End(disposition, at, cancelling, status);
    }

    private static Step EndSeeking(CallState.Seeking seeking, CallDisposition otherwise, DateTimeOffset at) =>
        End(seeking.Last?.Disposition ?? otherwise, at, seeking, seeking.Last?.Status);

    private static Step Expire(DateTimeOffset at, CallState state, CallLimits limits) => state switch
    {
        CallState.Seeking seeking => EndSeeking(seeking, CallDisposition.Congested, at),
        CallState.Inviting { Wanted: null } inviting => (inviting with { Wanted = CancelReason.PostDialDelayOver }, []),
        CallState.Proceeding proceeding => Cancel(proceeding.On, null, CancelReason.PostDialDelayOver, at),
        CallState.Ringing ringing => Cancel(ringing.On, ringing.RangAt, CancelReason.RingTimeOver, at),
        CallState.Cancelling cancelling => EndCancelled(cancelling, at, limits, status: null),
        _ => (state, []),
    };

    private static Step Rings(CallLeg leg, DateTimeOffset at) =>
        (new CallState.Ringing(leg, at), [new CallAction.ReportRinging(leg.InvitedAt, at)]);

    private static Step Cancel(CallLeg leg, DateTimeOffset? rangAt, CancelReason reason, DateTimeOffset at) =>
        (new CallState.Cancelling(leg, rangAt, reason, at), SendCancel);

    private static Step After(CallAction first, Step step) =>
        (step.Next, [first, .. step.Actions]);

    private static Step End(CallDisposition disposition, DateTimeOffset at, CallState state, int? status = null)
    {
        var (invitedAt, rangAt) = Times(state);
        var end = new CallEnd { Disposition = disposition, SipStatus = status, InvitedAt = invitedAt, RangAt = rangAt, EndedAt = at };
        return (new CallState.Over([]), [new CallAction.ReportEnd(end)]);
    }

    private static (DateTimeOffset? InvitedAt, DateTimeOffset? RangAt) Times(CallState state) => state switch
    {
        CallState.Seeking seeking => (seeking.InvitedAt, null),
        CallState.Ringing ringing => (ringing.On.InvitedAt, ringing.RangAt),
        CallState.Cancelling cancelling => (cancelling.On.InvitedAt, cancelling.RangAt),
        _ => (state.Leg?.InvitedAt, null),
    };

    /// <summary>When the wait for the first 180 on a trunk is over: for the trunk's own cap, or for the call's.</summary>
    private static DateTimeOffset CapOf(CallLeg leg, CallLimits limits) =>
        Earlier(leg.Since + leg.PostDialDelayCap, leg.InvitedAt + limits.PostDialDelayCap);

    /// <summary>The last moment for an INVITE.</summary>
    private static DateTimeOffset LastInvite(DateTimeOffset? invitedAt, CallLimits limits) =>
        invitedAt is { } first ? Earlier(limits.NotAfter, first + limits.PostDialDelayCap) : limits.NotAfter;

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    /// <summary>A final refusal after our CANCEL. Not every network carries that out with 487, and a proxy reports the worst of its forks:
    /// a phone that rang until we ended it has rung. What never rang is read by the status, unless that is how the network carried out the
    /// CANCEL.</summary>
    private static CallDisposition OfRefusal(int status, CallState.Cancelling cancelling) =>
        status == RequestTerminated || cancelling.RangAt is not null ? OfCancelled(cancelling) : Dispositions.OfStatus(status);

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
