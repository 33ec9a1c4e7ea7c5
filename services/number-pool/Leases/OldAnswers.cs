using FlashCall.Hosting;

namespace FlashCall.NumberPool.Leases;

/// <summary>Forgets the callees whose caller IDs have rested, and answers that nobody can ask for again.</summary>
internal sealed class OldAnswers(LeaseStore store, TimeProvider time) : ISweep
{
    /// <inheritdoc/>
    public int BatchSize => 1000;

    /// <inheritdoc/>
    public Task<int> SweepAsync(CancellationToken cancellationToken) =>
        store.DeleteOldAsync(time.GetUtcNow(), BatchSize, cancellationToken);
}
