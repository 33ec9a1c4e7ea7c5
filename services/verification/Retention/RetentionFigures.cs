using System.Diagnostics.Metrics;
using Npgsql;

namespace FlashCall.Verification.Retention;

/// <summary>What retention does to a session.</summary>
internal enum RetentionKind
{
    /// <summary>Its events move to the archive.</summary>
    Archive,

    /// <summary>What is a person's goes.</summary>
    Erase,
}

/// <summary>How retention goes: what is done (<c>flashcall.retention.done</c>), and what is due and not done, looked up every minute
/// (<c>flashcall.retention.due</c>), both by <c>kind</c>.</summary>
internal sealed class RetentionFigures : BackgroundService
{
    /// <summary>What is due is counted as far as this.</summary>
    private const int MostCounted = 100_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private static readonly (RetentionKind Kind, string Sql)[] Looks =
    [
        (RetentionKind.Archive, "select count(*) from (select from verifications where archive_month is null and ended_at < $1 limit $2) due"),
        (RetentionKind.Erase, "select count(*) from (select from verifications where callee <> 'erased' and ended_at < $1 limit $2) due"),
    ];

    private readonly NpgsqlDataSource _data;
    private readonly RetentionSettings _settings;
    private readonly TimeProvider _time;
    private readonly Counter<long> _done;
    private volatile IReadOnlyList<Measurement<long>> _due = [];

    public RetentionFigures(NpgsqlDataSource data, RetentionSettings settings, TimeProvider time, IMeterFactory meters)
    {
        (_data, _settings, _time) = (data, settings, time);
        var meter = meters.Create("FlashCall");
        _done = meter.CreateCounter<long>("flashcall.retention.done", "{session}", "Sessions that were archived, or lost what was a person's.");
        meter.CreateObservableGauge("flashcall.retention.due", () => _due, "{session}",
            "Sessions that have to be archived, or to lose what is a person's, and have not yet; 100,000 where there are more.");
    }

    /// <summary>Counts what was done.</summary>
    public void Done(RetentionKind kind, int sessions) => _done.Add(sessions, Tag(kind));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        do
        {
            try
            {
                _due = await LookAsync(stoppingToken);
            }
            // Whether the database answers is another figure's to say. A number that may be old is worse than none.
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                _due = [];
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<IReadOnlyList<Measurement<long>>> LookAsync(CancellationToken cancellationToken)
    {
        var due = new List<Measurement<long>>();
        foreach (var (kind, sql) in Looks)
        {
            if ((kind == RetentionKind.Archive ? _settings.ArchiveAfter : _settings.EraseAfter) is not { } age)
                continue;
            await using var look = _data.CreateCommand(sql);
            look.Parameters.Add(new() { Value = _time.GetUtcNow() - age });
            look.Parameters.Add(new() { Value = MostCounted });
            due.Add(new Measurement<long>((long)(await look.ExecuteScalarAsync(cancellationToken))!, Tag(kind)));
        }
        return due;
    }

    private static KeyValuePair<string, object?> Tag(RetentionKind kind) =>
        new("kind", kind == RetentionKind.Archive ? "archive" : "erase");
}
