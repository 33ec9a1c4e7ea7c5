using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Dialer.Attempts;

/// <summary>Removes old attempts, so that the table does not grow for ever.</summary>
internal sealed partial class AttemptRetention(
    AttemptStore attempts, DialerSettings settings, OutageLog outages, TimeProvider time, ILogger<AttemptRetention> logger)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var removed = await attempts.ForgetAsync(settings.KeepAttemptsFor, stoppingToken);
                LogForgotten(removed);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException && !stoppingToken.IsCancellationRequested)
            {
                if (!outages.Waits(exception, "Old attempts"))
                    LogFailed(exception);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Removed {Count} old attempts")]
    private partial void LogForgotten(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot remove old attempts; the next hour tries again")]
    private partial void LogFailed(Exception exception);
}
