using System.Text.Json.Serialization;

namespace FlashCall.Contracts;

/// <summary>To the number pool: which caller ID shall ring this phone? Answered by <see cref="CallerIdLeased"/> or
/// <see cref="CallerIdUnavailable"/>; a repeat for the same attempt gets the same answer.</summary>
public sealed record LeaseCallerId
{
    /// <summary>The session that asks.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>The attempt the caller ID is for; one lease an attempt.</summary>
    public required Guid AttemptId { get; init; }

    /// <summary>The phone that will be rung. It is never given the same caller ID twice within the pool's rest period.</summary>
    public required PhoneNumber Callee { get; init; }

    /// <summary>When the lease ends by itself if nobody releases it (UTC).</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>From the number pool: a caller ID for the attempt.</summary>
public sealed record CallerIdLeased
{
    /// <summary>The session that asked.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>The attempt that asked.</summary>
    public required Guid AttemptId { get; init; }

    /// <summary>Names the lease when it is released; a release with another lease's id does nothing.</summary>
    public required Guid LeaseId { get; init; }

    /// <summary>The number to ring from: the secret.</summary>
    public required CallerId CallerId { get; init; }

    /// <summary>The trunk whose carrier may present this caller ID.</summary>
    public required string Trunk { get; init; }

    /// <summary>The leading part of the caller ID that may be told to the client: <c>+44207946</c>.</summary>
    public required string DisclosedPrefix { get; init; }

    /// <summary>How many numbers of the pool could have rung and match the disclosed prefix; the strength is log2 of it, in bits.</summary>
    public required long Candidates { get; init; }

    /// <summary>When the lease was made (UTC).</summary>
    public required DateTimeOffset LeasedAt { get; init; }

    /// <summary>When it ends by itself (UTC).</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>From the number pool: no caller ID for the attempt.</summary>
public sealed record CallerIdUnavailable
{
    /// <summary>The session that asked.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>The attempt that asked.</summary>
    public required Guid AttemptId { get; init; }

    /// <summary>Why.</summary>
    public required LeaseRefusal Reason { get; init; }

    /// <summary>A sentence for the operator that says what is missing, without personal data.</summary>
    public required string Detail { get; init; }
}

/// <summary>Why the pool gave no caller ID.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LeaseRefusal>))]
public enum LeaseRefusal
{
    /// <summary>The pool holds no number that may ring this destination.</summary>
    NoNumbers,

    /// <summary>Every number that may ring this destination rang this callee within the rest period.</summary>
    AllRestingForCallee,
}

/// <summary>To the number pool: the attempt is over. Not answered; a repeat, or a release after expiry, does nothing.</summary>
public sealed record ReleaseCallerId
{
    /// <summary>The session.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>The attempt.</summary>
    public required Guid AttemptId { get; init; }

    /// <summary>The lease to end.</summary>
    public required Guid LeaseId { get; init; }

    /// <summary>What became of the caller ID.</summary>
    public required LeaseOutcome Outcome { get; init; }
}

/// <summary>What became of a leased caller ID.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LeaseOutcome>))]
public enum LeaseOutcome
{
    /// <summary>The call never rang: the callee has not seen this caller ID.</summary>
    NotRung,

    /// <summary>The phone rang (or was answered): the callee's call log holds this caller ID.</summary>
    Rang,

    /// <summary>The phone rang and the caller ID was reported back correctly.</summary>
    Verified,

    /// <summary>Nobody knows whether it rang: the dialer's report never came.</summary>
    Unknown,
}
