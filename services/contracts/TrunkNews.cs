namespace FlashCall.Contracts;

/// <summary>From each replica of the dialer to the number pool: the trunks as that replica sees them, whole, at each change and at least
/// every 30 seconds. The pool leases no number of a trunk that no replica can use.</summary>
public sealed record TrunkNews
{
    /// <summary>Names the replica as long as it runs.</summary>
    public required Guid Replica { get; init; }

    /// <summary>When it looked (UTC). Of two news of one replica the later counts.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Every trunk there is.</summary>
    public required IReadOnlyList<TrunkCondition> Trunks { get; init; }
}

/// <summary>One trunk as a replica of the dialer sees it.</summary>
public sealed record TrunkCondition
{
    /// <summary>The trunk's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it takes calls: active, and neither silent to probes nor cut off for failing.</summary>
    public required bool Usable { get; init; }

    /// <summary>The prefixes of the numbers it takes, each a plus sign and digits; none at all means everywhere.</summary>
    public required IReadOnlyList<string> Destinations { get; init; }
}
