using System.Diagnostics.Metrics;
using Npgsql;

namespace FlashCall.Verification;

/// <summary>What waits in the database, looked up every 15 s: messages that have to leave, deadlines that passed, sessions that live, and
/// whether the database's log is archived. The same from each replica.</summary>
internal sealed class BacklogMetrics : BackgroundService
{
    /// <summary>Few live sessions and, as a rule, next to no messages: both are read as a whole.</summary>
    private const string LookSql =
        """
        select (select count(*) from outbox),
               (select extract(epoch from clock_timestamp() - min(enlisted_at)) from outbox)::float8,
               (select min(due_at) from deadlines),
               (select count(*) from verifications where ended_at is null),
               (select min(created_at) from verifications where ended_at is null),
               (select case when last_failed_time > coalesce(last_archived_time, '-infinity')
                            then extract(epoch from clock_timestamp() - coalesce(last_archived_time, stats_reset)) else 0 end
                from pg_stat_archiver where current_setting('archive_mode') <> 'off')::float8
        """;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly NpgsqlDataSource _data;
    private readonly TimeProvider _time;
    private volatile Look? _look;

    public BacklogMetrics(NpgsqlDataSource data, TimeProvider time, IMeterFactory meters)
    {
        (_data, _time) = (data, time);
        var meter = meters.Create("FlashCall");
        meter.CreateObservableGauge("flashcall.outbox.messages", () => Of(look => look.Messages), "{message}",
            "Messages in the outbox: those that leave at this moment, and those that the broker did not take.");
        meter.CreateObservableGauge("flashcall.outbox.age", () => Of(look => look.MessageAge), "s", "The age of the oldest message in the outbox.");
        meter.CreateObservableGauge("flashcall.deadlines.lag", () => Of(look => look.DeadlineLag), "s",
            "How long ago the oldest deadline passed that nobody has taken; 0 when none has.");
        meter.CreateObservableGauge("flashcall.verification.live", () => Of(look => look.Live), "{session}", "Sessions under way.");
        meter.CreateObservableGauge("flashcall.verification.live_age", () => Of(look => look.LiveAge), "s",
            "The age of the oldest session under way.");
        meter.CreateObservableGauge("flashcall.database.archive.lag",
            () => _look is { ArchiveLag: { } lag } ? [new Measurement<double>(lag)] : Array.Empty<Measurement<double>>(), "s",
            "How far back the log goes that PostgreSQL could not archive; 0 while it can, none where it does not.");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        do
        {
            try
            {
                _look = await LookAsync(stoppingToken);
            }
            // Whether the database answers is another figure's to say. A number that may be old is worse than none.
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                _look = null;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<Look> LookAsync(CancellationToken cancellationToken)
    {
        await using var command = _data.CreateCommand(LookSql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var now = _time.GetUtcNow();
        return new Look(
            reader.GetInt64(0),
            await reader.IsDBNullAsync(1, cancellationToken) ? 0 : Math.Max(0, reader.GetDouble(1)),
            await AgeAsync(2),
            reader.GetInt64(3),
            await AgeAsync(4),
            await reader.IsDBNullAsync(5, cancellationToken) ? null : Math.Max(0, reader.GetDouble(5)));

        async Task<double> AgeAsync(int column) => await reader.IsDBNullAsync(column, cancellationToken)
            ? 0
            : Math.Max(0, (now - await reader.GetFieldValueAsync<DateTimeOffset>(column, cancellationToken)).TotalSeconds);
    }

    private IEnumerable<Measurement<T>> Of<T>(Func<Look, T> figure) where T : struct => _look is { } look ? [new(figure(look))] : [];

    private sealed record Look(long Messages, double MessageAge, double DeadlineLag, long Live, double LiveAge, double? ArchiveLag);
}
