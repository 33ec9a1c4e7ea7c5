using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace FlashCall.Hosting;

/// <summary>
/// This replica's view of something that the database keeps and people change. Every second it asks for the version of the newest change,
/// and reads anew when that is another one; while the database is away the last view stays.
/// </summary>
/// <typeparam name="TView">The view: never changed, replaced by the next.</typeparam>
/// <param name="things">What it has, in the plural, for the log and the health: <c>trunks</c>.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Says when the database goes away and comes back.</param>
public abstract partial class VersionedDirectory<TView>(string things, TimeProvider time, ILogger logger)
    : BackgroundService, IHealthCheck
    where TView : class
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>How long a start waits for the first view; then it goes on, and the service is ready later.</summary>
    private static readonly TimeSpan ForTheFirst = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = logger;
    private readonly List<Action<TView>> _followers = [];
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TView? _newest;
    private long? _version;
    private bool _isFailing;

    /// <summary>The newest view; null before the first.</summary>
    protected TView? Newest => _newest;

    /// <summary>The newest view, once there is one: a service that has just started waits for its database.</summary>
    public async ValueTask<TView> CurrentAsync(CancellationToken cancellationToken)
    {
        if (_newest is { } newest)
            return newest;
        await _loaded.Task.WaitAsync(cancellationToken);
        return _newest!;
    }

    /// <summary>Hands the newest view to a follower, at once if there is one, and each later one: one at a time and in order.</summary>
    /// <param name="follower">Returns soon and does not throw.</param>
    public void Follow(Action<TView> follower)
    {
        lock (_followers)
        {
            _followers.Add(follower);
            if (_newest is { } newest)
                follower(newest);
        }
    }

    /// <summary>Looks now, for a change that this replica has just made. A failure is no matter: the next look comes in a second.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            if (_newest is null)
                await BeforeFirstAsync(cancellationToken);
            // Asked before the reading: what changes between the two is read once more, and not missed.
            var version = await NewestVersionAsync(cancellationToken);
            if (version != _version)
            {
                Take(await ReadAsync(cancellationToken));
                _version = version;
            }
            if (_isFailing)
                LogBack(things);
            _isFailing = false;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            if (!_isFailing)
                LogAway(exception, things);
            _isFailing = true;
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <inheritdoc/>
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
            LogAway(exception, things);
        }
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Unhealthy before the first view, healthy from then on: what is known goes on to count.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_newest is { } newest
            ? HealthCheckResult.Healthy(Describe(newest))
            : HealthCheckResult.Unhealthy(
                $"The {things} have not been read yet. See FLASHCALL_POSTGRES, and the log for what is not understood."));

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _reading.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Brings in what the settings say, before the first view is read; again with the next look where there is none yet.</summary>
    protected virtual Task BeforeFirstAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The version of the newest change. Another one than before says that there is something new.</summary>
    protected abstract Task<long> NewestVersionAsync(CancellationToken cancellationToken);

    /// <summary>Reads all of it.</summary>
    /// <returns>Null where this release does not understand it, so that the view before stays.</returns>
    protected abstract Task<TView?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>What <c>/health/ready</c> says of a view.</summary>
    protected abstract string Describe(TView view);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await RefreshAsync(stoppingToken);
    }

    private void Take(TView? view)
    {
        if (view is null)
            return;
        lock (_followers)
        {
            _newest = view;
            foreach (var follower in _followers)
                follower(view);
        }
        _loaded.TrySetResult();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot read the {Things} from the database; what is known of them goes on to count")]
    private partial void LogAway(Exception exception, string things);

    [LoggerMessage(Level = LogLevel.Information, Message = "The {Things} can be read from the database again")]
    private partial void LogBack(string things);
}

/// <summary>Runs the directories of a service.</summary>
public static class Directories
{
    /// <summary>Adds a directory, which reads at the start and from then on, and its health.</summary>
    /// <param name="builder">The service.</param>
    /// <param name="check">The name of its health check.</param>
    public static void AddDirectory<TDirectory>(this WebApplicationBuilder builder, string check)
        where TDirectory : class, IHostedService, IHealthCheck
    {
        builder.Services.AddSingleton<TDirectory>();
        builder.Services.AddHostedService(services => services.GetRequiredService<TDirectory>());
        builder.Services.AddHealthChecks().AddCheck<TDirectory>(check, tags: ["ready"]);
    }
}
