using FlashCall.Hosting;

namespace FlashCall.Fraud.Assessments;

/// <summary>Forgets the requests that no window of the policy reaches any longer.</summary>
internal sealed class OldRequests(RequestStore store, Policy policy, TimeProvider time) : ISweep
{
    /// <summary>A session may ask again for as long as it lives, which is minutes.</summary>
    private static readonly TimeSpan ShortestMemory = TimeSpan.FromHours(1);

    private readonly TimeSpan _memory = policy.Limits.Select(limit => limit.Window).Append(ShortestMemory).Max();

    /// <inheritdoc/>
    public int BatchSize => 1000;

    /// <inheritdoc/>
    public Task<int> SweepAsync(CancellationToken cancellationToken) =>
        store.DeleteOldAsync(time.GetUtcNow() - _memory, BatchSize, cancellationToken);
}
