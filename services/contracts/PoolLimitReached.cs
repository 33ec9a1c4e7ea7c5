using System.Text.Json.Serialization;

namespace FlashCall.Contracts;

/// <summary>From the number pool, published: a limit refuses leases, which may be an attack. Each replica tells it at most once a minute
/// for each kind, and never whom it refused.</summary>
public sealed record PoolLimitReached
{
    /// <summary>Which limit.</summary>
    public required LimitKind Kind { get; init; }

    /// <summary>When it refused (UTC).</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When the one that was refused may be granted (UTC).</summary>
    public required DateTimeOffset RetryAt { get; init; }
}

/// <summary>What the pool limits.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LimitKind>))]
public enum LimitKind
{
    /// <summary>The caller IDs that one phone is rung from.</summary>
    Callee,

    /// <summary>The caller IDs that one client is given, wrong reports included.</summary>
    Client,

    /// <summary>The caller IDs that are given in all, wrong reports included.</summary>
    Pool,
}
