namespace FlashCall.Dialer.Calls;

/// <summary>Where one flash call stands. Times are UTC.</summary>
internal abstract record CallState
{
    private CallState()
    {
    }

    /// <summary>The attempt is recorded, nothing was sent yet.</summary>
    internal sealed record Recorded : CallState;

    /// <summary>The INVITE is out, nothing came back. A CANCEL must not be sent yet (RFC 3261 §9.1).</summary>
    /// <param name="InvitedAt">When the INVITE was first sent.</param>
    /// <param name="Wanted">Why the call shall be cancelled as soon as a provisional response allows it; null while it shall go on.</param>
    internal sealed record Inviting(DateTimeOffset InvitedAt, CancelReason? Wanted) : CallState;

    /// <summary>A provisional response came, but none that means ringing.</summary>
    /// <param name="InvitedAt">When the INVITE was first sent.</param>
    internal sealed record Proceeding(DateTimeOffset InvitedAt) : CallState;

    /// <summary>The phone rings.</summary>
    /// <param name="InvitedAt">When the INVITE was first sent.</param>
    /// <param name="RangAt">When the first 180 came.</param>
    internal sealed record Ringing(DateTimeOffset InvitedAt, DateTimeOffset RangAt) : CallState;

    /// <summary>The CANCEL is out, the INVITE's final response is awaited.</summary>
    /// <param name="InvitedAt">When the INVITE was first sent.</param>
    /// <param name="RangAt">When the first 180 came, if one did; it may cross the CANCEL.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="CancelledAt">When the CANCEL was first sent.</param>
    internal sealed record Cancelling(DateTimeOffset InvitedAt, DateTimeOffset? RangAt, CancelReason Reason, DateTimeOffset CancelledAt) : CallState;

    /// <summary>The end is reported. Answers that still come are acknowledged and hung up.</summary>
    /// <param name="EndedDialogs">The To tags of the dialogs that got their BYE.</param>
    internal sealed record Over(IReadOnlyList<string> EndedDialogs) : CallState;
}

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
