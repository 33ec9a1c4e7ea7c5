namespace FlashCall.Chaos.Ledger;

/// <summary>All that is known of a run from those who took part in it.</summary>
internal sealed record Entries
{
    /// <summary>What each client was told.</summary>
    public IReadOnlyList<ToldClient> Clients { get; init; } = [];

    /// <summary>The sessions' streams.</summary>
    public IReadOnlyList<SessionStream> Streams { get; init; } = [];

    /// <summary>What the number pool answered attempts.</summary>
    public IReadOnlyList<PoolLease> Leases { get; init; } = [];

    /// <summary>What the dialer recorded.</summary>
    public IReadOnlyList<DialledAttempt> Attempts { get; init; } = [];

    /// <summary>What the phones saw.</summary>
    public IReadOnlyList<PhoneCall> Calls { get; init; } = [];

    /// <summary>What the webhook receiver was told, repeats included.</summary>
    public IReadOnlyList<ToldWebhook> Webhooks { get; init; } = [];

    /// <summary>What lies in <c>_error</c> and <c>_skipped</c> queues.</summary>
    public IReadOnlyList<DeadLetter> DeadLetters { get; init; } = [];

    /// <summary>Work that was still to be done when all should have been quiet: a sentence each.</summary>
    public IReadOnlyList<string> Unfinished { get; init; } = [];

    /// <summary>Where services wrote numbers: a sentence each.</summary>
    public IReadOnlyList<string> Shown { get; init; } = [];

    /// <summary>When nobody could have moved a session on, by our doing: the database was away, or all replicas of verification
    /// were.</summary>
    public IReadOnlyList<Outage> Outages { get; init; } = [];

    /// <summary>How long after its deadline a session may end, outages not counted.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many have to be verified of the sessions whose client and phone wanted it, 0 to 1. Where nearly all end in errors,
    /// all that follows the ring was never put to the test.</summary>
    public double LeastShare { get; init; } = 0.5;
}

/// <summary>A time without a part that nothing can do without.</summary>
internal sealed record Outage(DateTimeOffset From, DateTimeOffset To);

/// <summary>What a client did and was told.</summary>
internal sealed record ToldClient
{
    /// <summary>Its reference, which its start carried, and its idempotency key.</summary>
    public required string Reference { get; init; }

    /// <summary>The session, once the start was acknowledged; null if it never was.</summary>
    public Guid? VerificationId { get; init; }

    /// <summary>Whether its session is verified as long as the platform does its part: the client reports what the phone shows, and the
    /// phone rings.</summary>
    public bool IsWilling { get; init; }

    /// <summary>The reports that were answered, in order.</summary>
    public IReadOnlyList<ToldReport> Reports { get; init; } = [];

    /// <summary>Whether its cancellation was acknowledged.</summary>
    public bool Cancelled { get; init; }

    /// <summary>The status it was told when all was quiet; null if the platform did not answer.</summary>
    public string? LastStatus { get; init; }
}

/// <summary>An answered report.</summary>
/// <param name="Right">Whether it named the number that the phone showed.</param>
/// <param name="Answer"><c>match</c>, <c>no_match</c>, or the code of the refusal.</param>
internal sealed record ToldReport(bool Right, string Answer);

/// <summary>A session as its stream tells it.</summary>
internal sealed record SessionStream
{
    public required Guid Id { get; init; }

    /// <summary>The reference of the client that started it.</summary>
    public required string Reference { get; init; }

    /// <summary>The number to verify, E.164.</summary>
    public required string Callee { get; init; }

    /// <summary>Its deadline (UTC).</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The status in the table that sessions are listed by.</summary>
    public string? RowStatus { get; init; }

    /// <summary>What happened, in order.</summary>
    public IReadOnlyList<StreamEvent> Events { get; init; } = [];

    /// <summary>The events that end a session, by the status that clients see.</summary>
    public static readonly IReadOnlyDictionary<string, string> Ends = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["verification_succeeded"] = "verified",
        ["verification_denied"] = "denied",
        ["verification_failed"] = "failed",
        ["verification_expired"] = "expired",
        ["verification_cancelled"] = "cancelled",
        ["verification_superseded"] = "superseded",
        ["verification_errored"] = "error",
    };

    /// <summary>The events that end it; one, if all is well.</summary>
    public IEnumerable<StreamEvent> EndEvents => Events.Where(happened => Ends.ContainsKey(happened.Type));

    /// <summary>How it ended, as clients see it; null if it has not.</summary>
    public string? Status => EndEvents.Select(end => Ends[end.Type]).FirstOrDefault();

    /// <summary>How it ended and why, for people.</summary>
    public string Ending => EndEvents.FirstOrDefault() switch
    {
        null => "not at all",
        { Reason: { } reason } end => $"{Ends[end.Type]} ({reason})",
        var end => Ends[end.Type],
    };
}

/// <summary>An event of a stream, with the fields that the ledger looks at.</summary>
internal sealed record StreamEvent
{
    /// <summary>Its name in the store.</summary>
    public required string Type { get; init; }

    /// <summary>When it was stored (UTC).</summary>
    public required DateTimeOffset At { get; init; }

    public Guid? AttemptId { get; init; }

    public Guid? LeaseId { get; init; }

    /// <summary>E.164.</summary>
    public string? CallerId { get; init; }

    /// <summary>Of a report.</summary>
    public bool? Matched { get; init; }

    /// <summary>Why, where an event says so.</summary>
    public string? Reason { get; init; }
}

/// <summary>A lease as the number pool has it.</summary>
internal sealed record PoolLease
{
    public required Guid AttemptId { get; init; }

    public required Guid LeaseId { get; init; }

    /// <summary>E.164.</summary>
    public required string Callee { get; init; }

    /// <summary>E.164.</summary>
    public required string CallerId { get; init; }

    public required DateTimeOffset AnsweredAt { get; init; }

    /// <summary>What became of it; null while it runs.</summary>
    public string? Outcome { get; init; }
}

/// <summary>An attempt as the dialer has it.</summary>
internal sealed record DialledAttempt
{
    public required Guid AttemptId { get; init; }

    public required Guid VerificationId { get; init; }

    public DateTimeOffset? RangAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public string? Disposition { get; init; }

    /// <summary>Whether all that happened was reported.</summary>
    public required bool Reported { get; init; }

    /// <summary>Whether a replica ever took it to dial; false for one that was hung up before.</summary>
    public required bool Taken { get; init; }
}

/// <summary>An entry of a phone's call log.</summary>
/// <param name="Callee">The phone, E.164.</param>
/// <param name="CallerId">Who called, E.164; null if withheld.</param>
/// <param name="SipCallId">The Call-ID.</param>
/// <param name="InvitedAt">When the INVITE came.</param>
/// <param name="RangAt">When it rang; null if it did not.</param>
/// <param name="EndedAt">When it was over; null while it goes on.</param>
internal sealed record PhoneCall(
    string Callee, string? CallerId, string SipCallId, DateTimeOffset InvitedAt, DateTimeOffset? RangAt, DateTimeOffset? EndedAt);

/// <summary>A webhook as it came in.</summary>
internal sealed record ToldWebhook(Guid VerificationId, string Status);

/// <summary>A message that a service gave up on.</summary>
/// <param name="Queue">Where it lies.</param>
/// <param name="Message">Its type and id.</param>
/// <param name="Reason">Why, as its headers say.</param>
internal sealed record DeadLetter(string Queue, string Message, string Reason);
