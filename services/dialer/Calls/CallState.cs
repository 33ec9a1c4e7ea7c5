using FlashCall.Contracts;

namespace FlashCall.Dialer.Calls;

/// <summary>Where one flash call stands. Times are UTC.</summary>
internal abstract record CallState
{
    private CallState()
    {
    }

    /// <summary>The trunk that the call is on; null while it is on none. What the trunk gave for it is held exactly as long.</summary>
    public virtual CallLeg? Leg => null;

    /// <summary>The attempt is recorded, nothing was sent yet.</summary>
    internal sealed record Recorded : CallState;

    /// <summary>A trunk is being looked for: the first one, or another after one that failed.</summary>
    /// <param name="InvitedAt">When the call's first INVITE was sent; null while none was.</param>
    /// <param name="Last">How the trunk before failed; null while there was none.</param>
    internal sealed record Seeking(DateTimeOffset? InvitedAt, LegFailure? Last) : CallState;

    /// <summary>The INVITE is out, nothing came back. A CANCEL must not be sent yet (RFC 3261 §9.1).</summary>
    /// <param name="On">The trunk it is on.</param>
    /// <param name="Wanted">Why the call shall be cancelled as soon as a provisional response allows it; null while it shall go on.</param>
    internal sealed record Inviting(CallLeg On, CancelReason? Wanted) : CallState
    {
        /// <inheritdoc/>
        public override CallLeg Leg => On;
    }

    /// <summary>A provisional response came, but none that means ringing.</summary>
    /// <param name="On">The trunk it is on.</param>
    internal sealed record Proceeding(CallLeg On) : CallState
    {
        /// <inheritdoc/>
        public override CallLeg Leg => On;
    }

    /// <summary>The phone rings.</summary>
    /// <param name="On">The trunk it is on.</param>
    /// <param name="RangAt">When the first 180 came.</param>
    internal sealed record Ringing(CallLeg On, DateTimeOffset RangAt) : CallState
    {
        /// <inheritdoc/>
        public override CallLeg Leg => On;
    }

    /// <summary>The CANCEL is out, the INVITE's final response is awaited.</summary>
    /// <param name="On">The trunk it is on.</param>
    /// <param name="RangAt">When the first 180 came, if one did; it may cross the CANCEL.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="CancelledAt">When the CANCEL was first sent.</param>
    internal sealed record Cancelling(CallLeg On, DateTimeOffset? RangAt, CancelReason Reason, DateTimeOffset CancelledAt) : CallState
    {
        /// <inheritdoc/>
        public override CallLeg Leg => On;
    }

    /// <summary>The end is reported. Answers that still come are acknowledged and hung up.</summary>
    /// <param name="EndedDialogs">The ids of the dialogs that got their BYE.</param>
    internal sealed record Over(IReadOnlyList<string> EndedDialogs) : CallState;
}

/// <summary>A call's time on one trunk: its INVITE, and those that repeat it with credentials, to another address or redirected.</summary>
/// <param name="InvitedAt">When the call's first INVITE was sent, on this trunk or one before (UTC).</param>
/// <param name="Since">When this trunk's first INVITE was sent (UTC).</param>
/// <param name="RingTime">From the first 180 to the CANCEL on this trunk.</param>
/// <param name="PostDialDelayCap">From <paramref name="Since"/> to the first 180 at most.</param>
internal sealed record CallLeg(DateTimeOffset InvitedAt, DateTimeOffset Since, TimeSpan RingTime, TimeSpan PostDialDelayCap);

/// <summary>How a trunk failed a call whose phone had not rung.</summary>
/// <param name="Disposition">What the call ends with if no other trunk takes it.</param>
/// <param name="Status">The INVITE's final SIP status, where there was one.</param>
internal sealed record LegFailure(CallDisposition Disposition, int? Status);

/// <summary>Why a call is cancelled.</summary>
internal enum CancelReason
{
    /// <summary>It rang for as long as it should.</summary>
    RingTimeOver,

    /// <summary>It did not ring within the post-dial delay cap.</summary>
    PostDialDelayOver,

    /// <summary><see cref="Contracts.HangUp"/> asked for it.</summary>
    HangUp,

    /// <summary>This process stops.</summary>
    Shutdown,
}
