using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using FlashCall.Contracts;
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
    private readonly Policy _policy = new(RecordedTraffic.Document with { NumberBlock = [], Spend = null }, 1);
    private readonly RiskOptions _options;

    private RiskScenario(NpgsqlDataSource data, RiskOptions options) =>
        (_data, _store, _options) = (data, new AssessmentStore(data), options);

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
            return await new RiskScenario(data, options).MeasureAsync();
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
        var found = new List<(int Counters, double Rate, double P50, double P99, int Count)>();
        foreach (var counters in _options.Counters)
        {
            Say($"Filling up to {counters} counters");
            await FillAsync(counters);
            Say($"Assessing, {_options.AtOnce} at once");
            await AssessAsync(WarmUp);
            var (rate, times) = await AssessAsync(_options.Length);
            found.Add((counters, rate, At(times, 0.5), At(times, 0.99), times.Length));
        }
        var (differ, compared) = _options.Replay == 0 ? (0, 0) : await CompareAsync();
        Console.WriteLine();
        Console.WriteLine("| counters | assessments/s | p50, ms | p99, ms | requests |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var (counters, rate, p50, p99, count) in found)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {counters} | {rate:F0} | {p50:F2} | {p99:F2} | {count} |"));
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
                assessments_per_second = Math.Round(one.Rate, 1),
                p50_ms = Math.Round(one.P50, 2),
                p99_ms = Math.Round(one.P99, 2),
            }),
            ratio = found.Count > 1 ? Math.Round(found[^1].Rate / found[0].Rate, 3) : (double?)null,
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

    private async Task<(double Rate, double[] Milliseconds)> AssessAsync(TimeSpan length)
    {
        var times = new ConcurrentBag<double>();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, _options.AtOnce).Select(_ => Task.Run(async () =>
        {
            while (clock.Elapsed < length)
            {
                var request = RequestNow();
                var begun = Stopwatch.GetTimestamp();
                await _store.AssessAsync(
                    Guid.CreateVersion7(), request, _policy, assessment => ToAnswer(request, assessment), CancellationToken.None);
                times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }
        })));
        return (times.Count / clock.Elapsed.TotalSeconds, [.. times.Order()]);
    }

    private static RiskRequest RequestNow() => RiskRequest.From(new AssessRisk
    {
        VerificationId = Guid.CreateVersion7(),
        ApplicationId = $"application-{Random.Shared.Next(3)}",
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

    private async Task<(int Differ, int Compared)> CompareAsync()
    {
        Say($"Assessing {_options.Replay} recorded requests live and replayed");
        await using var clear = _data.CreateCommand("truncate counters, blocks, block_news, assessments, outcomes");
        await clear.ExecuteNonQueryAsync();
        var policy = new Policy(RecordedTraffic.Document, 1);
        var replay = new Replay(policy);
        var (differ, compared) = (0, 0);
        foreach (var step in RecordedTraffic.Of(seed: 7, _options.Replay))
        {
            switch (step)
            {
                case RecordedTraffic.Step.Asked asked:
                    var expected = replay.Assess(asked);
                    Assessment? live = null;
                    await _store.AssessAsync(
                        asked.Session, asked.Request, policy, assessment => ToAnswer(asked.Request, live = assessment),
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

    private static RiskAssessed ToAnswer(RiskRequest request, Assessment assessment) => new()
    {
        VerificationId = Guid.CreateVersion7(),
        Verdict = assessment.Verdict,
        Score = assessment.Score,
        Factors = assessment.Factors,
        PolicyVersion = "load",
        LineType = request.LineType,
        AssessedAt = request.RequestedAt,
    };

    private static double At(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];

    private static void Say(string text) => Console.Error.WriteLine(text);
}
