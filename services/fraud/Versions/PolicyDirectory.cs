using FlashCall.Fraud.Policies;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace FlashCall.Fraud.Versions;

/// <summary>
/// This replica's view of the active policy. Every second it asks the database whether another one was activated; while the database is
/// away, and where it does not understand the active one, the last stays.
/// </summary>
/// <param name="store">The policies.</param>
/// <param name="settings">What the settings say.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Says what changed.</param>
internal sealed partial class PolicyDirectory(
    PolicyStore store, PolicyDocument settings, TimeProvider time, ILogger<PolicyDirectory> logger) : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>How long a start waits for the first policy; then it goes on, and the service is ready later.</summary>
    private static readonly TimeSpan ForTheFirst = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Policy? _current;
    private long _activation = -1;
    private bool _isFailing;

    /// <summary>The active policy, once there is one: a service that has just started waits for its database.</summary>
    public async ValueTask<Policy> CurrentAsync(CancellationToken cancellationToken)
    {
        if (_current is { } current)
            return current;
        await _loaded.Task.WaitAsync(cancellationToken);
        return _current!;
    }

    /// <summary>Looks now, for a change that this replica has just made. A failure is no matter: the next look comes in a second.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            if (_current is null && !await store.OfferAsync(settings, time.GetUtcNow(), cancellationToken))
                LogSettingsUnused();
            var newest = await store.NewestActivationAsync(cancellationToken);
            if (newest != _activation && await store.FindActiveAsync(cancellationToken) is { } active)
                Take(active, newest);
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
        Task.FromResult(_current is { } current
            ? HealthCheckResult.Healthy($"Policy {current.Version}.")
            : HealthCheckResult.Unhealthy("No policy has been read yet. See FLASHCALL_POSTGRES, and the log for one that is not understood."));

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

    private void Take(StoredPolicy active, long activation)
    {
        _activation = activation;
        try
        {
            _current = active.ToPolicy();
        }
        catch (FormatException exception)
        {
            LogNotUnderstood(exception, active.Number);
            return;
        }
        LogTaken(_current.Version, active.ActivatedBy ?? "the settings");
        _loaded.TrySetResult();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Policy {Version} decides now; it was activated by {By}")]
    private partial void LogTaken(string version, string by);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "The policy that an operator activated decides; what the settings say under Fraud is not used. Activate a version of the "
            + "settings over POST /v1/fraud/policies/{{number}}/activate to go back")]
    private partial void LogSettingsUnused();

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Policy {Number} was activated, and this release does not understand it: the one before goes on to decide here. Bring all "
            + "replicas to the same release, or activate another policy")]
    private partial void LogNotUnderstood(Exception exception, int number);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot read the policies from the database; the one known goes on to decide")]
    private partial void LogAway(Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "The policies can be read from the database again")]
    private partial void LogBack();
}
