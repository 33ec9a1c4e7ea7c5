using System.Text.Json.Serialization;

namespace FlashCall.Contracts;

/// <summary>To the dialer: ring this phone from this caller ID, then stop. Followed by <see cref="FlashCallRinging"/> (if it rings) and
/// exactly one <see cref="FlashCallEnded"/>. A repeat for the same attempt never rings again.</summary>
public sealed record PlaceFlashCall
{
    /// <summary>The session.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>The attempt; one call an attempt.</summary>
    public required Guid AttemptId { get; init; }

    /// <summary>The phone to ring.</summary>
    public required PhoneNumber Callee { get; init; }

    /// <summary>The caller ID to present.</summary>
    public required CallerId CallerId { get; init; }

    /// <summary>The trunk that the caller ID was leased on. The call may go over another one whose carrier may present it too.</summary>
    public required string Trunk { get; init; }

    /// <summary>How long the phone rings, counted from the first 180. 1 to 30 seconds.</summary>
    public required TimeSpan RingTime { get; init; }

    /// <summary>How long to wait for the first 180, counted from the INVITE. 1 to 60 seconds.</summary>
    public required TimeSpan PostDialDelayCap { get; init; }

    /// <summary>No INVITE after this time (UTC): the person has stopped waiting.</summary>
    public required DateTimeOffset NotAfter { get; init; }
}

/// <summary>To the dialer: end the call of this attempt now, or do not place it at all.</summary>
public sealed record HangUp
{
    /// <summary>The session.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>The attempt whose call shall end.</summary>
    public required Guid AttemptId { get; init; }
}

/// <summary>From the dialer: the phone rings (the first 180 arrived).</summary>
public sealed record FlashCallRinging
{
    /// <summary>The session.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>The attempt.</summary>
    public required Guid AttemptId { get; init; }

    /// <summary>When the INVITE was first sent (UTC).</summary>
    public required DateTimeOffset InvitedAt { get; init; }

    /// <summary>When the first 180 arrived (UTC); the difference to <see cref="InvitedAt"/> is the post-dial delay.</summary>
    public required DateTimeOffset RangAt { get; init; }
}

/// <summary>From the dialer: the call is over.</summary>
public sealed record FlashCallEnded
{
    /// <summary>The session.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>The attempt.</summary>
    public required Guid AttemptId { get; init; }

    /// <summary>How the call went.</summary>
    public required CallDisposition Disposition { get; init; }

    /// <summary>The final SIP status, where there was one (RFC 3261 §21).</summary>
    public int? SipStatus { get; init; }

    /// <summary>When the INVITE was first sent; null if none was.</summary>
    public DateTimeOffset? InvitedAt { get; init; }

    /// <summary>When the first 180 arrived; null if the phone never rang.</summary>
    public DateTimeOffset? RangAt { get; init; }

    /// <summary>When the call was over (UTC).</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>Somebody or something picked up: the call is billed.</summary>
    public required bool Answered { get; init; }

    /// <summary>The trunk that had the call last; null if it was on none.</summary>
    public string? Trunk { get; init; }

    /// <summary>What the call cost at the trunk's price, in <see cref="Currency"/>; null where it was not answered or has no price.</summary>
    public decimal? Cost { get; init; }

    /// <summary>The currency of <see cref="Cost"/>, ISO 4217; null where there is none.</summary>
    public string? Currency { get; init; }
}

/// <summary>How a flash call went. Every course of a call ends in exactly one of these.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CallDisposition>))]
public enum CallDisposition
{
    /// <summary>It rang and we ended it: a missed call, the wanted end.</summary>
    Rang,

    /// <summary>It was picked up, by a person, a voicemail, or in the moment of our CANCEL; billed.</summary>
    Answered,

    /// <summary>486 or 600.</summary>
    Busy,

    /// <summary>403, 603, 607 or 608.</summary>
    Rejected,

    /// <summary>404, 484 or 604: nobody has this number.</summary>
    InvalidNumber,

    /// <summary>480, 408 or 410: switched off or out of coverage.</summary>
    Unreachable,

    /// <summary>The network answered (100, 183) but no 180 came within the post-dial delay cap.</summary>
    NotRinging,

    /// <summary>The trunk did not answer at all.</summary>
    Silent,

    /// <summary>Asked to hang up before it rang.</summary>
    Cancelled,

    /// <summary>The trunk failed or refused: 5xx, an unexpected status, or no transport.</summary>
    TrunkFailed,

    /// <summary>No trunk had room within the wait allowed.</summary>
    Congested,

    /// <summary>The dialer stopped while the call was under way; whether it rang is unknown unless <see cref="FlashCallEnded.RangAt"/> says so.</summary>
    Interrupted,
}
