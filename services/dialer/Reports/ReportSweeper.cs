using FlashCall.Dialer.Attempts;
using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Dialer.Reports;

/// <summary>Sends the reports that stand in rows and that nobody has sent in time: the broker was away, or the process that recorded
/// them is gone. Any replica's sweeper takes any row.</summary>
internal sealed partial class ReportSweeper(
    AttemptStore attempts, ReportSender sender, OutageLog outages, TimeProvider time, ILogger<ReportSweeper> logger) : BackgroundService
{
    private const int BatchSize = 100;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    // Within the time for which the rows taken are this sweeper's.
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(2.5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await SweepAsync(stoppingToken) == BatchSize)
                {
                }
            }
            // The next period tries again, and /health/ready shows that the database or the broker is away.
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException && !stoppingToken.IsCancellationRequested)
            {
                if (!outages.Waits(exception, "Overdue reports of calls"))
                    LogFailed(exception);
            }
        }
    }

    /// <returns>How many were sent.</returns>
    private async Task<int> SweepAsync(CancellationToken stoppingToken)
    {
        var due = await attempts.TakeUnreportedAsync(BatchSize, stoppingToken);
        if (due.Count == 0)
            return 0;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        timeout.CancelAfter(SendTimeout);
        var results = await Task.WhenAll(due.Select(attempt => SendAsync(attempt, timeout.Token, stoppingToken)));
        var sent = results.OfType<Attempt>().ToArray();
        if (sent.Length == 0)
            return 0;
        await attempts.RecordReportedAsync(
            [.. sent.Where(attempt => attempt.Ended is null).Select(attempt => attempt.AttemptId)],
            [.. sent.Where(attempt => attempt.Ended is not null).Select(attempt => attempt.AttemptId)],
            stoppingToken);
        LogSent(sent.Length);
        return sent.Length;
    }

    private async Task<Attempt?> SendAsync(Attempt attempt, CancellationToken cancellationToken, CancellationToken stoppingToken)
    {
        try
        {
            await sender.SendAsync(attempt, cancellationToken);
            return attempt;
        }
        // Whatever the broker's trouble is, the row is due again in a moment.
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogNotSent(exception, attempt.AttemptId);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Sent the overdue reports of {Count} attempts")]
    private partial void LogSent(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Could not send the overdue report of attempt {AttemptId}")]
    private partial void LogNotSent(Exception exception, Guid attemptId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot look for overdue reports")]
    private partial void LogFailed(Exception exception);
}
