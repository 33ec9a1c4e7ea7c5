using System.Collections.Concurrent;
using FlashCall.Dialer.Attempts;
using FlashCall.Dialer.Trunks;
using Npgsql;

namespace FlashCall.Dialer.Routing;

/// <summary>
/// Calls per second and channels of trunks, exact over all replicas: PostgreSQL decides. However many calls wait here for a trunk, one
/// claim is under way for all of them, so that replicas and not calls compete for the trunk's row. A trunk without limits never touches
/// the database.
/// </summary>
internal sealed partial class TrunkLimits : IHostedService, IDisposable
{
    private readonly ConcurrentDictionary<string, TrunkLimiter> _limiters = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly LimitStore _store;
    private readonly ILogger<TrunkLimits> _logger;
    private readonly Func<string, TrunkLimiter> _create;

    public TrunkLimits(LimitStore store, RoutingMetrics metrics, TimeProvider time, ILogger<TrunkLimits> logger)
    {
        _store = store;
        _logger = logger;
        _create = trunk => new TrunkLimiter(trunk, store, time, logger, _stopping.Token);
        metrics.Observe(this);
    }

    /// <summary>Takes room on a trunk. Calls get it in the order in which they come.</summary>
    /// <param name="trunk">The trunk.</param>
    /// <param name="wait">How long to wait for it; zero takes what is there at once. A claim that is under way then is waited for, so
    /// that a no is always the database's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The room; null if there was none.</returns>
    /// <exception cref="ReplicaNotAliveException">The others take this replica for dead and would not count its calls; try
    /// later.</exception>
    /// <exception cref="NpgsqlException">The database cannot be asked. The limits are kept rather than the call placed.</exception>
    /// <exception cref="OperationCanceledException">Given up, or the process stops.</exception>
    public ValueTask<TrunkSlot?> TakeAsync(Trunk trunk, TimeSpan wait, CancellationToken cancellationToken) =>
        _limiters.GetOrAdd(trunk.Name, _create).TakeAsync(trunk, wait, cancellationToken);

    /// <summary>What this replica has of each trunk that it has used: calls under way, calls that wait, calls placed a second over the
    /// last ten.</summary>
    public IEnumerable<(string Trunk, int InUse, int Waiting, double CallsPerSecond)> Use()
    {
        foreach (var (trunk, limiter) in _limiters)
        {
            var (inUse, waiting, perSecond) = limiter.Use;
            yield return (trunk, inUse, waiting, perSecond);
        }
    }

    /// <summary>What this replica has of one trunk.</summary>
    public (int InUse, int Waiting, double CallsPerSecond) UseOf(string trunk) =>
        _limiters.TryGetValue(trunk, out var limiter) ? limiter.Use : default;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        try
        {
            await Task.WhenAll(_limiters.Values.Select(limiter => limiter.Stopped)).WaitAsync(cancellationToken);
            await _store.ClearAsync(cancellationToken);
        }
        // A replica that does not live is not counted, whatever stands there.
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            LogNotCleared(exception);
        }
    }

    public void Dispose() => _stopping.Dispose();

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Could not take back the channels of this replica before stopping; they come free when it counts as dead")]
    private partial void LogNotCleared(Exception exception);
}
