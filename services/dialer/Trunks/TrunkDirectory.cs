using System.Collections.Frozen;
using FlashCall.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace FlashCall.Dialer.Trunks;

/// <summary>All trunks that calls may go over, at one moment.</summary>
/// <param name="Version">The version of the newest change that it has; 0 before anything was read.</param>
/// <param name="Trunks">The trunks by name, those that drain too.</param>
internal sealed record TrunkSnapshot(long Version, FrozenDictionary<string, Trunk> Trunks)
{
    /// <summary>Before anything was read.</summary>
    public static readonly TrunkSnapshot Empty = new(0, FrozenDictionary<string, Trunk>.Empty);
}

/// <summary>
/// This replica's view of the trunks. Every second it asks the database for the version of the newest change, and reads all trunks anew
/// when that is another one; while the database is away the last view stays.
/// </summary>
internal sealed partial class TrunkDirectory(
    TrunkStore store, SettingsTrunks settings, TimeProvider time, ILogger<TrunkDirectory> logger) : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>How long a start waits for the first view; then it goes on, and the service is ready later.</summary>
    private static readonly TimeSpan ForTheFirst = TimeSpan.FromSeconds(5);

    private readonly List<Action<TrunkSnapshot>> _followers = [];
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FrozenSet<string> _unusable = FrozenSet<string>.Empty;
    private volatile TrunkSnapshot _current = TrunkSnapshot.Empty;
    private bool _isFailing;

    /// <summary>The newest view.</summary>
    public TrunkSnapshot Current => _current;

    /// <summary>The newest view, once there is one: a service that has just started waits for its database.</summary>
    public async ValueTask<TrunkSnapshot> CurrentAsync(CancellationToken cancellationToken)
    {
        await _loaded.Task.WaitAsync(cancellationToken);
        return _current;
    }

    /// <summary>Hands the newest view to a follower, at once if there is one, and each later one: one at a time and in order.</summary>
    /// <param name="follower">Returns soon and does not throw.</param>
    public void Follow(Action<TrunkSnapshot> follower)
    {
        lock (_followers)
        {
            _followers.Add(follower);
            if (_current.Version > 0)
                follower(_current);
        }
    }

    /// <summary>Looks now, for a change that this replica has just made. A failure is no matter: the next look comes in a second.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            if (!_loaded.Task.IsCompleted)
                await settings.ApplyAsync(cancellationToken);
            if (!_loaded.Task.IsCompleted || await store.NewestVersionAsync(cancellationToken) != _current.Version)
                Take(await store.ReadAllAsync(cancellationToken));
            if (_isFailing)
                LogBack();
            _isFailing = false;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            if (!_isFailing)
                LogAway(exception);
            _isFailing = true;
        }
        finally
        {
            _reading.Release();
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ForTheFirst);
        try
        {
            await RefreshAsync(timeout.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            _isFailing = true;
            LogAway(exception);
        }
        await base.StartAsync(cancellationToken);
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_loaded.Task.IsCompleted
            ? HealthCheckResult.Healthy($"{_current.Trunks.Count} trunks, version {_current.Version}.")
            : HealthCheckResult.Unhealthy("The trunks have not been read yet. See FLASHCALL_POSTGRES."));

    public override void Dispose()
    {
        base.Dispose();
        _reading.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await RefreshAsync(stoppingToken);
    }

    private void Take(IReadOnlyList<StoredTrunk> stored)
    {
        var trunks = new Dictionary<string, Trunk>(StringComparer.Ordinal);
        var unusable = new HashSet<string>(StringComparer.Ordinal);
        foreach (var one in stored.Where(one => !one.IsRemoved))
        {
            if (Usable(one) is { } trunk)
                trunks.Add(trunk.Name, trunk);
            else
                unusable.Add(one.Name);
        }
        _unusable = unusable.ToFrozenSet(StringComparer.Ordinal);
        var snapshot = new TrunkSnapshot(
            stored.Select(one => one.Version).DefaultIfEmpty().Max(), trunks.ToFrozenDictionary(StringComparer.Ordinal));
        LogTaken(snapshot.Trunks.Count, snapshot.Version);
        lock (_followers)
        {
            _current = snapshot;
            foreach (var follower in _followers)
                follower(snapshot);
        }
        _loaded.TrySetResult();
    }

    private Trunk? Usable(StoredTrunk stored)
    {
        try
        {
            var trunk = stored.ToTrunk();
            if (trunk is null && !_unusable.Contains(stored.Name))
                LogSecretsUnreadable(stored.Name, SettingName.Of(DialerSettings.SecretsKeyPath));
            return trunk;
        }
        catch (FormatException exception)
        {
            if (!_unusable.Contains(stored.Name))
                LogNotUnderstood(exception, stored.Name);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} trunks, version {Version}")]
    private partial void LogTaken(int count, long version);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot read the trunks from the database; calls go on over those known")]
    private partial void LogAway(Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "The trunks can be read from the database again")]
    private partial void LogBack();

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Trunk {Trunk} takes no calls here: its secrets were encrypted under another key than {Setting}. Set the key that all "
            + "replicas have, or put the trunk again with its secrets")]
    private partial void LogSecretsUnreadable(string trunk, string setting);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Trunk {Trunk} takes no calls here: this release does not understand it. Bring all replicas to the same release, or put "
            + "the trunk again")]
    private partial void LogNotUnderstood(Exception exception, string trunk);
}
