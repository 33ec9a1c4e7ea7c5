using FlashCall.Hosting;

namespace FlashCall.NumberPool.Leases;

/// <summary>Forgets the calls that no longer count towards a number's hourly cap.</summary>
internal sealed class OldUses(LeaseStore store, TimeProvider time) : ISweep
{
    /// <inheritdoc/>
    public int BatchSize => 5000;

    /// <inheritdoc/>
    public Task<int> SweepAsync(CancellationToken cancellationToken) =>
        store.DeleteOldUsesAsync(time.GetUtcNow(), BatchSize, cancellationToken);
}
