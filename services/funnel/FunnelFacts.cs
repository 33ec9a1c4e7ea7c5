namespace FlashCall.Funnel;

/// <summary>What the funnel knows of a session: the sums are sums of these. Times are in whole microseconds, as they are stored, so that
/// it makes no difference which of a session's events were folded together.</summary>
internal sealed record FunnelFacts
{
    /// <summary>The session.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>The application.</summary>
    public required string ApplicationId { get; init; }

    /// <summary>The purpose as the API spells it.</summary>
    public required string Purpose { get; init; }

    /// <summary>Where the call goes, see <see cref="FunnelEvent.Country"/>.</summary>
    public required string Country { get; init; }

    /// <summary>How the number begins, see <see cref="FunnelEvent.Prefix"/>.</summary>
    public required string Prefix { get; init; }

    /// <summary>The trunk that had the last call, or the one that a caller ID was leased on; empty as long as there is none.</summary>
    public string Trunk { get; init; } = "";

    /// <summary>Let through to its first attempt.</summary>
    public bool Allowed { get; init; }

    /// <summary>A caller ID was leased.</summary>
    public bool Leased { get; init; }

    /// <summary>An INVITE went out.</summary>
    public bool Dialled { get; init; }

    /// <summary>The phone rang, or was picked up.</summary>
    public bool Rang { get; init; }

    /// <summary>A call was picked up.</summary>
    public bool Answered { get; init; }

    /// <summary>A caller ID was reported, right or wrong.</summary>
    public bool Reported { get; init; }

    /// <summary>The number is verified.</summary>
    public bool Verified { get; init; }

    /// <summary>How it ended, as the API spells it; null while it lives.</summary>
    public string? Outcome { get; init; }

    /// <summary>Why it ended so; null where there is nothing to say.</summary>
    public string? Reason { get; init; }

    /// <summary>When it ended (UTC).</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>From the request to the first ring, milliseconds.</summary>
    public int? RingMs { get; init; }

    /// <summary>From the request to the proof, milliseconds.</summary>
    public int? VerifyMs { get; init; }

    /// <summary>Calls that were picked up.</summary>
    public int BilledCalls { get; init; }

    /// <summary>Those of them without a price, or with one in another currency than the first.</summary>
    public int UnpricedCalls { get; init; }

    /// <summary>What the others cost, in millionths of <see cref="Currency"/>.</summary>
    public long CostMicros { get; init; }

    /// <summary>ISO 4217; empty where nothing has a price.</summary>
    public string Currency { get; init; } = "";
}
