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

    /// <summary>The floor: a caller ID that matches the disclosed prefix together with fewer others than this, itself included, is not
    /// leased. 1 (no floor) to 10,000,000.</summary>
    public long MinCandidates { get; init; } = 1;

    /// <summary>As many numbers as the session would like to match the disclosed prefix, so that all its reports are allowed: the pool
    /// discloses no longer prefix than leaves that many, if it has as many in the country. At least
    /// <see cref="MinCandidates"/>; 10,000 by default.</summary>
    public long WantedCandidates { get; init; } = 10_000;

    /// <summary>Who is behind the request, as an opaque key of at most 64 characters: the application with the device or the address of
    /// the end user. The pool limits how much one client takes. Null when nothing is known.</summary>
    public string? Client { get; init; }
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

    /// <summary>How many of the last digits a person may type instead of the whole number, 4 to 6: no other number that could have rung
    /// and matches the disclosed prefix ends in the same ones. Null if six would not tell it from another.</summary>
    public int? EnterDigits { get; init; }

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

    /// <summary>With <see cref="LeaseRefusal.BelowFloor"/>: how many numbers more the destination would need, 1 or more.</summary>
    public long? MissingNumbers { get; init; }

    /// <summary>With a limit: when the next request may be granted (UTC).</summary>
    public DateTimeOffset? RetryAt { get; init; }
}

/// <summary>Why the pool gave no caller ID.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LeaseRefusal>))]
public enum LeaseRefusal
{
    /// <summary>The pool holds no number that may ring this destination.</summary>
    NoNumbers,

    /// <summary>Every number that may ring this destination rang this callee within the rest period.</summary>
    AllRestingForCallee,

    /// <summary>There are numbers, but none on a trunk that takes calls to this destination at present.</summary>
    NoUsableTrunk,

    /// <summary>Every number that may ring this destination has made as many calls as it may in an hour, or rests.</summary>
    AllBusy,

    /// <summary>Too few numbers may ring this callee: the caller ID would be too easy to guess.</summary>
    BelowFloor,

    /// <summary>This callee was given too many caller IDs: somebody may be listing the pool by one phone, or ringing one person.</summary>
    CalleeLimit,

    /// <summary>This client was given too many caller IDs or reported too many wrong ones.</summary>
    ClientLimit,

    /// <summary>The pool as a whole gave too many caller IDs or saw too many wrong reports: somebody may be draining it or guessing across
    /// many callees.</summary>
    PoolLimit,
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

    /// <summary>The trunk that had the call last; null if it was on none, or nobody knows. The lease's own where it is not told.</summary>
    public string? Trunk { get; init; }

    /// <summary>The call was picked up, which costs.</summary>
    public bool Answered { get; init; }

    /// <summary>The network or the phone kept the call from ringing, in a way that can lie in the caller ID: rejected, or taken and not
    /// rung. Busy, switched off and not in service lie in the callee.</summary>
    public bool Blocked { get; init; }

    /// <summary>A report named a caller ID, right or wrong; one that said that there was none to see does not count.</summary>
    public bool Reported { get; init; }

    /// <summary>How many reports named another number, 0 to 10.</summary>
    public int WrongReports { get; init; }
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
