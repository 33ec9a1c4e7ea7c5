using FlashCall.Dialer.Trunks;

namespace FlashCall.Dialer.Routing;

/// <summary>What a trunk may carry, over all replicas.</summary>
/// <param name="CallsPerSecond">How fast its bucket fills, in calls per second; null where calls per second are not limited.</param>
/// <param name="Burst">What its bucket holds, at least 1: so many calls may go out at once after a pause. In any stretch of time the calls
/// are at most this many and <paramref name="CallsPerSecond"/> times its length.</param>
/// <param name="Channels">How many calls it carries at once; null where they are not limited.</param>
internal sealed record TrunkLimit(double? CallsPerSecond, int Burst, int? Channels)
{
    /// <summary>No limits.</summary>
    public static TrunkLimit None { get; } = new(CallsPerSecond: null, Burst: 1, Channels: null);

    /// <summary>The limits that a trunk has.</summary>
    public static TrunkLimit Of(Trunk trunk) => new(trunk.CallsPerSecond, trunk.Burst ?? 1, trunk.Channels);

    /// <summary>Whether there is anything to count over all replicas.</summary>
    public bool IsLimited => CallsPerSecond is not null || Channels is not null;
}
