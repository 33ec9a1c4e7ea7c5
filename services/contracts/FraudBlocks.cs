using System.Text.Json.Serialization;

namespace FlashCall.Contracts;

/// <summary>Published by the fraud service: an anomaly raised a block, which lifts itself (delivered at least once).</summary>
public sealed record FraudBlockRaised
{
    /// <summary>What is blocked.</summary>
    public required FraudBlockKind Kind { get; init; }

    /// <summary>Which one: a prefix, a network or a trunk as it is; an address or a device masked.</summary>
    public required string Subject { get; init; }

    /// <summary>The code of the risk factor that raised it.</summary>
    public required string Reason { get; init; }

    /// <summary>When it was raised (UTC).</summary>
    public required DateTimeOffset RaisedAt { get; init; }

    /// <summary>When it lifts itself (UTC).</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>1 the first time; one more, and twice as long, each time that it is raised again within the policy's memory.</summary>
    public required int Level { get; init; }

    /// <summary>The version of the policy that decided.</summary>
    public required string PolicyVersion { get; init; }
}

/// <summary>Published by the fraud service: a block does not stand any longer (delivered at least once).</summary>
public sealed record FraudBlockLifted
{
    /// <summary>What was blocked.</summary>
    public required FraudBlockKind Kind { get; init; }

    /// <summary>Which one, as in <see cref="FraudBlockRaised"/>.</summary>
    public required string Subject { get; init; }

    /// <summary>When it was raised (UTC).</summary>
    public required DateTimeOffset RaisedAt { get; init; }

    /// <summary>When it was lifted (UTC).</summary>
    public required DateTimeOffset LiftedAt { get; init; }

    /// <summary>An operator lifted it; false if its time was over.</summary>
    public required bool ByHand { get; init; }
}

/// <summary>What an anomaly may block.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FraudBlockKind>))]
public enum FraudBlockKind
{
    /// <summary>Numbers that begin alike.</summary>
    Prefix,

    /// <summary>An IPv4 /24 or an IPv6 /48.</summary>
    Network,

    /// <summary>An IPv4 address or an IPv6 /64.</summary>
    Address,

    /// <summary>A device.</summary>
    Device,

    /// <summary>A trunk: an alarm for the operator, which stops no request.</summary>
    Trunk,
}
