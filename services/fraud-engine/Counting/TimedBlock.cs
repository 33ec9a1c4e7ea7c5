namespace FlashCall.Fraud.Counting;

/// <summary>A block that an anomaly raised, which lifts itself.</summary>
/// <param name="Subject">Who or what is blocked: a prefix, a network, an address, a device; a trunk is reported only.</param>
/// <param name="Reason">The code of the factor that raised it.</param>
/// <param name="RaisedAt">When (UTC).</param>
/// <param name="Until">When it lifts, or was lifted by hand.</param>
/// <param name="Level">1 the first time, one more each time that it is raised again within the policy's memory.</param>
internal sealed record TimedBlock(Subject Subject, string Reason, DateTimeOffset RaisedAt, DateTimeOffset Until, int Level)
{
    /// <summary>Whether it stands at a moment.</summary>
    public bool StandsAt(DateTimeOffset at) => at < Until;
}

/// <summary>A list that operators keep.</summary>
internal enum ListKind
{
    /// <summary>Never rung.</summary>
    Block = 1,

    /// <summary>Known to be good: only what holds for everybody counts against it.</summary>
    Safe = 2,
}

/// <summary>One entry of a list.</summary>
/// <param name="List">Which list.</param>
/// <param name="Subject">A number, prefix, address, network or device.</param>
/// <param name="ExpiresAt">Until when it holds; null for good.</param>
internal sealed record ListEntry(ListKind List, Subject Subject, DateTimeOffset? ExpiresAt)
{
    /// <summary>Whether it holds at a moment.</summary>
    public bool HoldsAt(DateTimeOffset at) => ExpiresAt is not { } end || at < end;
}
