using System.Threading.Channels;
using FlashCall.Contracts;
using FlashCall.Dialer.Attempts;
using FlashCall.Dialer.Calls;
using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Dialer.Reports;

/// <summary>
/// Carries the reports of this process's calls: each is first written into its attempt's row, then sent, then marked as sent. What waits
/// is written and sent together, so that many calls cost few commits. A report that cannot be sent is left to the sweeper.
/// </summary>
internal sealed partial class CallReports(
    AttemptStore attempts,
    CallsInProgress calls,
    ReportSender sender,
    OutageLog outages,
    TimeProvider time,
    ILogger<CallReports> logger) : BackgroundService
{
    private const int BatchSize = 256;
    private const int MarkBatchSize = 10_000;
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    // Well within the time after which the sweeper takes a report for unsent, and long enough to mark hundreds in one commit.
    private static readonly TimeSpan MarkEvery = TimeSpan.FromMilliseconds(500);
    private static readonly UnboundedChannelOptions OneToOne = new() { SingleReader = true, SingleWriter = true };

    private readonly Channel<Report> _toRecord = Channel.CreateUnbounded<Report>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Channel<Report> _toSend = Channel.CreateUnbounded<Report>(OneToOne);
    private readonly Channel<Report> _toMark = Channel.CreateUnbounded<Report>(OneToOne);
    private readonly CancellationTokenSource _completing = new();

    /// <summary>Takes a report; the reports of one call keep their order.</summary>
    public void Add(Report report)
    {
        if (!_toRecord.Writer.TryWrite(report))
            LogTooLate(report.AttemptId);
    }

    /// <summary>Takes no more reports and returns when all taken are recorded and have been sent or given up.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        _toRecord.Writer.TryComplete();
        await _completing.CancelAsync();
        if (ExecuteTask is { } execution)
            await execution.WaitAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(RecordAllAsync(stoppingToken), SendAllAsync(stoppingToken), MarkAllAsync(stoppingToken));

    public override void Dispose()
    {
        _completing.Dispose();
        base.Dispose();
    }

    private async Task RecordAllAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _toRecord.Reader.WaitToReadAsync(stoppingToken))
            {
                var batch = ReadBatch(_toRecord.Reader);
                foreach (var report in await RecordAsync(batch, stoppingToken))
                    await _toSend.Writer.WriteAsync(report, stoppingToken);
            }
        }
        finally
        {
            _toSend.Writer.TryComplete();
        }
    }

    /// <returns>The reports to send.</returns>
    private async Task<IReadOnlyList<Report>> RecordAsync(IReadOnlyList<Report> batch, CancellationToken stoppingToken)
    {
        var ends = batch.OfType<Report.Ended>().Select(report => report.Message).ToArray();
        var ended = ends.Select(end => end.AttemptId).ToHashSet();
        // The end of a call says when it rang.
        var rings = batch.OfType<Report.Ringing>().Select(report => report.Message)
            .Where(ring => !ended.Contains(ring.AttemptId)).ToArray();

        IReadOnlySet<Guid> written = new HashSet<Guid>();
        await UntilRecordedAsync(async () =>
        {
            if (rings.Length > 0)
                await attempts.RecordRingingAsync(rings, stoppingToken);
            if (ends.Length > 0)
                written = await attempts.RecordEndsAsync(ends, stoppingToken);
        }, stoppingToken);

        var send = new List<Report>(batch.Count);
        foreach (var report in batch)
        {
            if (report is not Report.Ended end)
            {
                send.Add(report);
                continue;
            }
            calls.Remove(end.AttemptId);
            if (written.Contains(end.AttemptId))
            {
                send.Add(report);
            }
            else
            {
                LogEndedElsewhere(end.AttemptId, end.Message.Disposition);
                Finish(end);
            }
        }
        return send;
    }

    /// <summary>The database may be away for a while; what happened is kept until it is back.</summary>
    private async Task UntilRecordedAsync(Func<Task> record, CancellationToken stoppingToken)
    {
        var pause = TimeSpan.FromMilliseconds(50);
        while (true)
        {
            try
            {
                await record();
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException && !stoppingToken.IsCancellationRequested)
            {
                if (!outages.Waits(exception, "Reports of calls"))
                    LogNotRecorded(exception);
                await Task.Delay(pause, time, stoppingToken);
                pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
            }
        }
    }

    private async Task SendAllAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _toSend.Reader.WaitToReadAsync(stoppingToken))
            {
                var byCall = ReadBatch(_toSend.Reader).GroupBy(report => report.AttemptId);
                foreach (var arrived in await Task.WhenAll(byCall.Select(call => SendAsync(call, stoppingToken))))
                {
                    foreach (var report in arrived)
                        await _toMark.Writer.WriteAsync(report, stoppingToken);
                }
            }
        }
        finally
        {
            _toMark.Writer.TryComplete();
        }
    }

    private async Task MarkAllAsync(CancellationToken stoppingToken)
    {
        while (await _toMark.Reader.WaitToReadAsync(stoppingToken))
        {
            await Task.Delay(MarkEvery, time, _completing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var arrived = ReadBatch(_toMark.Reader, MarkBatchSize);
            try
            {
                await attempts.RecordReportedAsync(
                    [.. arrived.OfType<Report.Ringing>().Select(report => report.AttemptId)],
                    [.. arrived.OfType<Report.Ended>().Select(report => report.AttemptId)],
                    stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException && !stoppingToken.IsCancellationRequested)
            {
                // The sweeper will send them once more.
                if (!outages.Waits(exception, "Reports of calls"))
                    LogNotRecorded(exception);
            }
        }
    }

    /// <summary>Sends the reports of one call, in order.</summary>
    /// <returns>Those that arrived.</returns>
    private async Task<IReadOnlyList<Report>> SendAsync(IEnumerable<Report> call, CancellationToken stoppingToken)
    {
        var arrived = new List<Report>();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        timeout.CancelAfter(SendTimeout);
        foreach (var report in call)
        {
            try
            {
                await sender.SendAsync(report, timeout.Token);
                arrived.Add(report);
            }
            // Whatever the broker's trouble is, the report stands in the attempt's row.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotSent(exception, report.AttemptId);
            }
            finally
            {
                Finish(report);
            }
        }
        return arrived;
    }

    private static void Finish(Report report)
    {
        if (report is not Report.Ended { Span: { } span } ended)
            return;
        span.SetEndTime(ended.Message.EndedAt.UtcDateTime);
        span.Dispose();
    }

    private static List<Report> ReadBatch(ChannelReader<Report> reader, int most = BatchSize)
    {
        var batch = new List<Report>();
        while (batch.Count < most && reader.TryRead(out var report))
            batch.Add(report);
        return batch;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot write to the database what happened to calls; it is kept and tried again")]
    private partial void LogNotRecorded(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Could not send a report of attempt {AttemptId}; it is recorded and will be sent later")]
    private partial void LogNotSent(Exception exception, Guid attemptId);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Attempt {AttemptId} ended {Disposition} here, but another replica had taken this one for dead and "
            + "reported it interrupted")]
    private partial void LogEndedElsewhere(Guid attemptId, CallDisposition disposition);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "A report of attempt {AttemptId} came after the process had stopped reporting; it will be reported as interrupted")]
    private partial void LogTooLate(Guid attemptId);
}
