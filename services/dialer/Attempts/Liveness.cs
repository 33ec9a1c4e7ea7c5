using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Dialer.Attempts;

/// <summary>
/// Gives this replica's sign of life, and ends the attempts of replicas that give none any more as interrupted. They are never dialled
/// again: whether their phones rang is unknown, and ringing twice is worse than not at all.
/// </summary>
internal sealed partial class Liveness(
    AttemptStore attempts, DialerSettings settings, OutageLog outages, TimeProvider time, ILogger<Liveness> logger) : BackgroundService
{
    private DateTimeOffset _steadySince;
    private DateTimeOffset _lastBeat;

    /// <summary>Stops giving signs of life and tells the other replicas so.</summary>
    public async Task RetireAsync(CancellationToken cancellationToken)
    {
        await StopAsync(cancellationToken);
        await attempts.RetireAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await BeatAlwaysAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The normal end; it comes before the host stops, which would take it for a failure.
        }
    }

    private async Task BeatAlwaysAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.AliveFor / 5, time);
        do
        {
            try
            {
                await BeatAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException && !stoppingToken.IsCancellationRequested)
            {
                if (!outages.Waits(exception, "The sign of life (no calls are placed until it is back)"))
                    LogFailed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task BeatAsync(CancellationToken stoppingToken)
    {
        await attempts.BeatAsync(settings.AliveFor, stoppingToken);
        // When the database was away, or the machine stood still, nobody could give a sign of life: the others get the time for one
        // before they count as dead.
        var now = time.GetUtcNow();
        if (now - _lastBeat > settings.AliveFor)
            _steadySince = now;
        _lastBeat = now;
        if (now - _steadySince < settings.AliveFor)
            return;
        foreach (var orphan in await attempts.InterruptOrphansAsync(now, stoppingToken))
            LogInterrupted(orphan.AttemptId, orphan.Owner, orphan.RangAt is not null);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Attempt {AttemptId} is interrupted: its replica {Owner} is gone (rang: {Rang})")]
    private partial void LogInterrupted(Guid attemptId, string? owner, bool rang);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot give a sign of life to the database; no calls are placed until it is back")]
    private partial void LogFailed(Exception exception);
}
