using FlashCall.Dialer.Trunks;
using Npgsql;

namespace FlashCall.Dialer.Routing;

/// <summary>How a trunk is at this moment, for those who look after it. What says "here" is of this replica alone.</summary>
internal sealed record TrunkStatus
{
    /// <summary>The trunk's name.</summary>
    public required string Name { get; init; }

    /// <summary>How many calls its breaker lets through here.</summary>
    public required Admission Admission { get; init; }

    /// <summary>Why it is, or was last and is not known to be back, held out here; null while it is not.</summary>
    public OutReason? OutReason { get; init; }

    /// <summary>Until when it is held out here (UTC); past once a call may find out. Null while it is not held out.</summary>
    public DateTimeOffset? OutUntil { get; init; }

    /// <summary>What OPTIONS says of each address, in their order; empty where none is asked.</summary>
    public required IReadOnlyList<AddressHealth> Addresses { get; init; }

    /// <summary>Calls under way here.</summary>
    public required int CallsHere { get; init; }

    /// <summary>Calls that wait for room here.</summary>
    public required int WaitingHere { get; init; }

    /// <summary>Calls a second placed here, over the last ten seconds.</summary>
    public required double CallsPerSecondHere { get; init; }

    /// <summary>Channels in use over all replicas, as last written, which is 0.1 s old at most; null where they are not limited.</summary>
    public int? ChannelsInUse { get; init; }

    /// <summary>Calls that may go out at once over all replicas, 0 to the burst; null where calls per second are not limited.</summary>
    public double? Tokens { get; init; }
}

/// <summary>Finds out how trunks are.</summary>
internal sealed class TrunkStatuses(TrunkConditions conditions, TrunkHealth health, TrunkLimits limits, LimitStore store)
{
    /// <summary>How a trunk is.</summary>
    /// <exception cref="NpgsqlException">The database cannot be asked.</exception>
    public async Task<TrunkStatus> OfAsync(Trunk trunk, CancellationToken cancellationToken)
    {
        var (tokens, channels) = await store.ReadAsync(trunk.Name, TrunkLimit.Of(trunk), cancellationToken);
        var (inUse, waiting, perSecond) = limits.UseOf(trunk.Name);
        var breaker = conditions.BreakerOf(trunk.Name);
        return new TrunkStatus
        {
            Name = trunk.Name,
            Admission = conditions.Of(trunk.Name).Admission,
            OutReason = (breaker as BreakerState.Open)?.Reason ?? (breaker as BreakerState.Trying)?.Reason,
            OutUntil = (breaker as BreakerState.Open)?.Until,
            Addresses = health.Of(trunk.Name),
            CallsHere = inUse,
            WaitingHere = waiting,
            CallsPerSecondHere = perSecond,
            ChannelsInUse = channels,
            Tokens = tokens,
        };
    }
}
