using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.NumberPool.Wear;

/// <summary>Forgets the days of peers that numbers are not measured by any more.</summary>
internal sealed class OldPeers(NpgsqlDataSource data, NumberPoolSettings settings, TimeProvider time) : ISweep
{
    /// <summary>Kept for those who look at the figures, even where numbers are measured by fewer days.</summary>
    private const int LeastDays = 30;

    /// <inheritdoc/>
    public int BatchSize => 1000;

    /// <inheritdoc/>
    public Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var days = Math.Max(LeastDays, settings.Wear.PeerDays);
        var before = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(1 - days);
        return WearStore.ForgetDaysAsync(data, before, BatchSize, cancellationToken);
    }
}
