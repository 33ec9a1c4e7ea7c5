using System.Security.Cryptography;
using System.Text.Json;
using FlashCall.Fraud;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Storage;
using FlashCall.Fraud.Tests.Storage;
using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Load;

/// <summary>How many requests a second the live engine assesses on real PostgreSQL, with few and with many counters behind it; and whether
/// live and replayed verdicts are the same.</summary>
internal sealed class RiskScenario
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private readonly NpgsqlDataSource _data;
    private readonly AssessmentStore _store;
    private readonly RiskTry _try;
    private readonly RiskOptions _options;

    private RiskScenario(NpgsqlDataSource data, NpgsqlDataSource watch, RiskOptions options)
    {
        (_data, _options) = (data, options);
        _store = new AssessmentStore(data, TimeProvider.System);
        _try = new RiskTry(
            watch,
            [
                .. Enumerable.Range(0, options.Replicas).Select(
                    _ => new AssessmentStore(data, TimeProvider.System, FraudService.LearningWindow)),
            ],
            options);
    }

    public static async Task<int> RunAsync(RiskOptions options)
    {
        var prefix = $"load{Guid.NewGuid().ToString("N")[..6]}_";
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var prepared = await PlatformHost.RunAsync(
            [PlatformHost.PrepareArgument, $"--DatabasePrefix={prefix}", $"--Identity:PublicKey={key.ExportSubjectPublicKeyInfoPem()}",
                "--Logging:LogLevel:Default=Warning"],
            FraudService.Build);
        if (prepared != 0)
            return prepared;
        var server = new NpgsqlConnectionStringBuilder(Environment.GetEnvironmentVariable("FLASHCALL_POSTGRES"));
        var database = new NpgsqlConnectionStringBuilder(server.ConnectionString)
        {
            Database = prefix + "fraud",
            MaxPoolSize = 64,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            CommandTimeout = 1800,
        };
        try
        {
            await using var data = NpgsqlDataSource.Create(database);
            await using var watch = NpgsqlDataSource.Create(database);
            return await new RiskScenario(data, watch, options).MeasureAsync();
        }
        finally
        {
            server.Database = "postgres";
            await using var admin = NpgsqlDataSource.Create(server);
            await using var drop = admin.CreateCommand($"drop database \"{prefix}fraud\" with (force)");
            await drop.ExecuteNonQueryAsync();
        }
    }

    private async Task<int> MeasureAsync()
    {
        var found = new List<(int Counters, RiskTry.Found Found)>();
        foreach (var counters in _options.Counters)
        {
            Say($"Filling up to {counters} counters");
            await FillAsync(counters);
            Say($"Assessing, {_options.AtOnce} at once");
            await _try.RunAsync(WarmUp);
            found.Add((counters, await _try.RunAsync(_options.Length)));
        }
        var (differ, compared) = _options.Replay == 0 ? (0, 0) : await CompareAsync();
        Console.WriteLine();
        Console.WriteLine(RiskTry.Found.Heading);
        foreach (var (counters, one) in found)
            Console.WriteLine($"| {counters} {one.Line}");
        Console.WriteLine();
        if (_options.Replay > 0)
        {
            Console.WriteLine(
                $"{(differ == 0 ? "met" : "NOT MET")}: identical verdicts live and replayed ({compared} requests, {differ} differ)");
        }
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            scenario = "risk",
            at_once = _options.AtOnce,
            results = found.Select(one => new
            {
                counters = one.Counters,
                assessments_per_second = Math.Round(one.Found.PerSecond, 1),
                p50_ms = Math.Round(one.Found.P50, 2),
                p99_ms = Math.Round(one.Found.P99, 2),
                transactions = Math.Round(one.Found.Transactions, 3),
                rows = Math.Round(one.Found.Rows, 2),
                cpu_us = Math.Round(one.Found.Microseconds, 0),
                server_cpu_us = Math.Round(one.Found.ServerMicroseconds, 0),
                waiting_for_rows = Math.Round(one.Found.Waiting, 2),
            }),
            ratio = found.Count > 1 ? Math.Round(found[^1].Found.PerSecond / found[0].Found.PerSecond, 3) : (double?)null,
            replayed = compared,
            verdicts_that_differ = differ,
        }));
        return differ == 0 ? 0 : 1;
    }

    /// <summary>Counters of other people, as the days before would have left them.</summary>
    private async Task FillAsync(int counters)
    {
        await using var fill = _data.CreateCommand("""
            insert into counters
            select gen_random_uuid(), 900, extract(epoch from now())::bigint / 900 - n % 96, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
            from generate_series(1, $1 - (select count(*) from counters)) as n
            """);
        fill.Parameters.Add(new() { Value = (long)counters });
        await fill.ExecuteNonQueryAsync();
        await using var settle = _data.CreateCommand("vacuum analyze counters");
        await settle.ExecuteNonQueryAsync();
        await using var flush = _data.CreateCommand("checkpoint");
        await flush.ExecuteNonQueryAsync();
    }

    private async Task<(int Differ, int Compared)> CompareAsync()
    {
        Say($"Assessing {_options.Replay} recorded requests live and replayed");
        await using var clear = _data.CreateCommand("truncate counters, blocks, block_news, assessments, outcomes");
        await clear.ExecuteNonQueryAsync();
        var policy = new Policy(RecordedTraffic.Document, 1);
        var replay = new Fraud.Tests.Storage.Replay(policy);
        var (differ, compared) = (0, 0);
        foreach (var step in RecordedTraffic.Of(seed: 7, _options.Replay))
        {
            switch (step)
            {
                case RecordedTraffic.Step.Asked asked:
                    var expected = replay.Assess(asked);
                    Assessment? live = null;
                    await _store.AssessAsync(
                        asked.Session, asked.Request, policy, assessment => RiskTry.ToAnswer(asked.Request, live = assessment),
                        CancellationToken.None);
                    differ += Text(expected) == Text(live!) ? 0 : 1;
                    if (++compared % 10_000 == 0)
                        Say($"{compared}, {differ} differ");
                    break;
                case RecordedTraffic.Step.Told told:
                    replay.Learn(step);
                    await _store.LearnAsync(told.Session, told.Id, told.News, policy, CancellationToken.None);
                    break;
                case RecordedTraffic.Step.Judged judged:
                    replay.Learn(step);
                    await _store.TakeFeedbackAsync(
                        judged.Session, application: null, judged.Genuine, policy, judged.At, CancellationToken.None);
                    break;
            }
        }
        return (differ, compared);
    }

    private static string Text(Assessment assessment) =>
        JsonSerializer.Serialize((object[])[assessment.Verdict, assessment.Score, assessment.Factors, assessment.Changes.Blocks]);

    private static void Say(string text) => Console.Error.WriteLine(text);
}
