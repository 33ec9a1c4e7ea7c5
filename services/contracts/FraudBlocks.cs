using System.Text.Json.Serialization;

namespace FlashCall.Contracts;

/// <summary>Published by the fraud service when requests of a prefix, network, address or device are blocked for a while (delivered at
/// least once, by the same message id). A trunk is reported only: nothing is blocked.</summary>
public sealed record FraudBlockRaised
{
    /// <summary>Names the block; <see cref="FraudBlockLifted"/> has the same.</summary>
    public required Guid BlockId { get; init; }

    /// <summary>What is blocked.</summary>
    public required FraudBlockKind Kind { get; init; }

    /// <summary>Which one: a prefix, a network or a trunk as it is; of an address or a device the beginning.</summary>
    public required string Subject { get; init; }

    /// <summary>The code of the risk factor that raised it, or <c>by_hand</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>When it was raised (UTC).</summary>
    public required DateTimeOffset RaisedAt { get; init; }

    /// <summary>When it lifts by itself (UTC).</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>1 the first time; each time that it is raised again while the last one is remembered 1 more, and twice as long.</summary>
    public required int Level { get; init; }

    /// <summary>The policy that raised it; null for an operator.</summary>
    public string? PolicyVersion { get; init; }

    /// <summary>The application of the operator who raised it; null for the engine.</summary>
    public string? RaisedBy { get; init; }
}

/// <summary>Published by the fraud service when a block is over, by itself or by hand (delivered at least once, by the same message
/// id).</summary>
public sealed record FraudBlockLifted
{
    /// <summary>Names the block.</summary>
    public required Guid BlockId { get; init; }

    /// <summary>What was blocked.</summary>
    public required FraudBlockKind Kind { get; init; }

    /// <summary>Which one, as <see cref="FraudBlockRaised.Subject"/>.</summary>
    public required string Subject { get; init; }

    /// <summary>Why it was blocked.</summary>
    public required string Reason { get; init; }

    /// <summary>When it was over (UTC).</summary>
    public required DateTimeOffset LiftedAt { get; init; }

    /// <summary>The application of the operator who lifted it; null where its time was over.</summary>
    public string? LiftedBy { get; init; }
}

/// <summary>What a block is of.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FraudBlockKind>))]
public enum FraudBlockKind
{
    /// <summary>Numbers that begin with the same 4 to 7 digits.</summary>
    Prefix,

    /// <summary>An IPv4 /24 or an IPv6 /48.</summary>
    Network,

    /// <summary>An IPv4 address or an IPv6 /64.</summary>
    Address,

    /// <summary>A device of an application.</summary>
    Device,

    /// <summary>A trunk of the dialer.</summary>
    Trunk,
}
