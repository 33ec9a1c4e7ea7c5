namespace FlashCall.EventLog;

/// <summary>Which events are wanted. What is null does not matter; an empty list fits nothing.</summary>
public sealed record EventFilter
{
    /// <summary>Every event.</summary>
    public static EventFilter All { get; } = new();

    /// <summary>Stored then or later (UTC).</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Stored before (UTC).</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Names of events, such as <c>call_rang</c>.</summary>
    public IReadOnlyCollection<string>? Types { get; init; }

    /// <summary>Applications that asked for the session.</summary>
    public IReadOnlyCollection<string>? Applications { get; init; }

    /// <summary>What the session was for, as the API spells it, such as <c>login</c>.</summary>
    public IReadOnlyCollection<string>? Purposes { get; init; }

    /// <summary>Countries of the numbers to verify: ISO 3166-1 alpha-2 in capitals, the calling code (<c>+979</c>) where no country has it,
    /// <c>ZZ</c> for numbers that were erased, whichever country they were of.</summary>
    public IReadOnlyCollection<string>? Countries { get; init; }

    /// <summary>Sessions.</summary>
    public IReadOnlyCollection<Guid>? Streams { get; init; }

    /// <summary>Whether anything is asked of the session that an event belongs to.</summary>
    internal bool AsksOfSession => Applications is not null || Purposes is not null || Countries is not null;
}
