using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Storage;
using FlashCall.Fraud.Tests.Storage;
using Npgsql;

namespace FlashCall.Load;

/// <summary>Requests for as long as is wanted, and what they cost.</summary>
/// <param name="watch">Connections to count with; not those of the service.</param>
/// <param name="replicas">The service, once or more.</param>
/// <param name="options">How many at once, and whether what became of them is told.</param>
internal sealed class RiskTry(NpgsqlDataSource watch, AssessmentStore[] replicas, RiskOptions options)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);
    private readonly Policy _policy = new(
        RecordedTraffic.Document with
        {
            NumberBlock = [],
            Spend = null,
            // What is blocked is not called and costs less: of one application and four prefixes nearly all would be.
            Velocity = [.. RecordedTraffic.Document.Velocity.Select(limit => options.Outcomes ? limit with { Limit = 1_000_000 } : limit)],
        },
        1);

    /// <summary>Asks and tells, and counts.</summary>
    public async Task<Found> RunAsync(TimeSpan length)
    {
        var times = new ConcurrentBag<double>();
        var roundTrips = 0L;
        using var statements = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "Npgsql", Name: "db.client.operation.duration" })
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        statements.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref roundTrips));
        using var over = new CancellationTokenSource();
        var before = await CountAsync();
        var own = Environment.CpuUsage.TotalTime;
        statements.Start();
        var clock = Stopwatch.StartNew();
        var waits = WaitsAsync(over.Token);
        await Task.WhenAll(Enumerable.Range(0, options.AtOnce).Select(one => Task.Run(async () =>
        {
            while (clock.Elapsed < length)
                times.Add(await VerifyAsync(one));
        })));
        var elapsed = clock.Elapsed;
        own = Environment.CpuUsage.TotalTime - own;
        await over.CancelAsync();
        var (waiting, looks) = await waits;
        var after = await CountAsync();
        var sorted = times.Order().ToArray();
        double Each(double sum) => sum / sorted.Length;
        return new Found(
            sorted.Length, sorted.Length / elapsed.TotalSeconds, At(sorted, 0.5), At(sorted, 0.99),
            Each(after.Transactions - before.Transactions), Each(Interlocked.Read(ref roundTrips) - looks),
            Each(after.Rows - before.Rows), Each(after.LogBytes - before.LogBytes) / 1024, Each(own.TotalMicroseconds),
            Each((after.Cpu - before.Cpu).TotalMicroseconds), looks == 0 ? 0 : (double)waiting / looks);
    }

    /// <returns>How long the assessment took, ms.</returns>
    private async Task<double> VerifyAsync(int one)
    {
        var store = replicas[one % replicas.Length];
        var request = RequestNow();
        var session = Guid.CreateVersion7();
        var begun = Stopwatch.GetTimestamp();
        await store.AssessAsync(session, request, _policy, assessment => ToAnswer(request, assessment), CancellationToken.None);
        var took = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        if (options.Outcomes)
        {
            var now = DateTimeOffset.UtcNow;
            await store.LearnAsync(
                session, session, new SessionNews.Ended(now, Verified: true, WrongReports: 0, Called: true), _policy,
                CancellationToken.None);
            await store.LearnAsync(
                session, Guid.CreateVersion7(), new SessionNews.CallOver(now, "north", Answered: false), _policy, CancellationToken.None);
        }
        return took;
    }

    /// <summary>An answer as the service gives it.</summary>
    public static RiskAssessed ToAnswer(RiskRequest request, Assessment assessment) => new()
    {
        VerificationId = Guid.CreateVersion7(),
        Verdict = assessment.Verdict,
        Score = assessment.Score,
        Factors = assessment.Factors,
        PolicyVersion = "load",
        LineType = request.LineType,
        AssessedAt = request.RequestedAt,
    };

    private RiskRequest RequestNow() => RiskRequest.From(new AssessRisk
    {
        VerificationId = Guid.CreateVersion7(),
        ApplicationId = options.Outcomes ? "application" : $"application-{Random.Shared.Next(3)}",
        To = PhoneNumber.Parse(string.Create(
            CultureInfo.InvariantCulture, $"+467{"0236"[Random.Shared.Next(4)]}{Random.Shared.Next(10_000_000):0000000}")),
        Purpose = Purpose.Login,
        Client = new ClientContext
        {
            Ip = $"{Random.Shared.Next(11, 99)}.{Random.Shared.Next(256)}.{Random.Shared.Next(256)}.{Random.Shared.Next(256)}",
            DeviceId = $"device-{Random.Shared.Next()}",
        },
        RequestedAt = DateTimeOffset.UtcNow,
    }, "SE");

    /// <summary>Looks again and again how many connections wait for a lock of another.</summary>
    private async Task<(long Waiting, int Looks)> WaitsAsync(CancellationToken over)
    {
        var (waiting, looks) = (0L, 0);
        while (!over.IsCancellationRequested)
        {
            await using var look = watch.CreateCommand("""
                select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
                """);
            waiting += (long)(await look.ExecuteScalarAsync(CancellationToken.None))!;
            looks++;
            await Task.Delay(LookEvery, over).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
        return (waiting, looks);
    }

    /// <summary>What the server has counted so far. Rows it counts up to a second late.</summary>
    private async Task<(long Transactions, long Rows, long LogBytes, TimeSpan Cpu)> CountAsync()
    {
        await using var count = watch.CreateCommand("""
            select pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint,
                (select sum(n_tup_ins + n_tup_upd)::bigint from pg_stat_user_tables),
                array(select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'
                    and inet_server_addr() = inet_client_addr())
            """);
        await using var reader = await count.ExecuteReaderAsync();
        await reader.ReadAsync();
        var cpu = reader.GetFieldValue<int[]>(3).Select(ProcessFigures.CpuTime).Aggregate(
            TimeSpan.Zero, (sum, time) => sum + (time ?? TimeSpan.Zero));
        return (reader.GetInt64(0), reader.GetInt64(2), reader.GetInt64(1), cpu);
    }

    private static double At(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];

    /// <summary>What one try found; all but the times and the waiting for each request.</summary>
    /// <param name="Count">How many requests there were.</param>
    /// <param name="PerSecond">Requests a second.</param>
    /// <param name="P50">Time of an assessment, ms.</param>
    /// <param name="P99">Time of an assessment, ms.</param>
    /// <param name="Transactions">Transactions that wrote.</param>
    /// <param name="RoundTrips">Exchanges with the server.</param>
    /// <param name="Rows">Rows inserted and updated.</param>
    /// <param name="LogKibibytes">Of the write-ahead log.</param>
    /// <param name="Microseconds">CPU time here.</param>
    /// <param name="ServerMicroseconds">CPU time of the connections at the server; 0 where it is not on this machine.</param>
    /// <param name="Waiting">Connections that waited for a lock of another, at the mean moment.</param>
    internal sealed record Found(
        int Count, double PerSecond, double P50, double P99, double Transactions, double RoundTrips, double Rows, double LogKibibytes,
        double Microseconds, double ServerMicroseconds, double Waiting)
    {
        /// <summary>The head of a table, its first column being the counters.</summary>
        public const string Heading = """
            | counters | requests/s | p50 ms | p99 ms | requests | transactions | trips | rows | log, KiB | µs here | µs server | wait |
            |---|---|---|---|---|---|---|---|---|---|---|---|
            """;

        /// <summary>Its line, without the first column.</summary>
        public string Line => string.Create(CultureInfo.InvariantCulture,
            $"| {PerSecond:F0} | {P50:F2} | {P99:F2} | {Count} | {Transactions:F3} | {RoundTrips:F2} | {Rows:F1} | {LogKibibytes:F1} "
            + $"| {Microseconds:F0} | {ServerMicroseconds:F0} | {Waiting:F2} |");
    }
}
