using FlashCall.NumberPool.Limits;
using FlashCall.NumberPool.Numbers;
using FlashCall.NumberPool.Tests.Numbers;
using FlashCall.NumberPool.Wear;
using FlashCall.Testing;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.NumberPool.Tests.Wear;

/// <summary>A database of the pool with a trunk of twenty numbers, what became of their calls, and replicas that fold it.</summary>
public sealed class WearDatabase(ServersFixture servers) : IAsyncLifetime
{
    /// <summary>+442079460000 and those after it.</summary>
    public const int Size = 20;

    private const string Demo = "demo";

    private readonly InventoryDatabase _database = new(servers);

    /// <summary>Stands before the name of the database.</summary>
    internal string Prefix
    {
        get
        {
            using var connection = Data.CreateConnection();
            return connection.Database[..^"number_pool".Length];
        }
    }

    internal FakeTimeProvider Time { get; private set; } = new();

    internal NpgsqlDataSource Data => _database.Data;

    internal Inventory Inventory { get; private set; } = null!;

    public ValueTask InitializeAsync() => _database.InitializeAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    internal static long NumberOf(int number) => 442079460000 + number;

    internal static NumberSpan SpanOf(int number) => new(NumberOf(number), NumberOf(number));

    /// <summary>The pool as new.</summary>
    internal async Task BeginAsync()
    {
        Time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));
        Inventory = new Inventory(Data, Time);
        await _database.ClearAsync();
        await _database.ExecuteAsync("truncate outcomes, wear, peers, evidence, trends");
        await new NumberIntake(Data, Time).TakeAsync(
            InventoryDatabase.Lines(Demo, "+442079460000-+442079460019").ToAsyncEnumerable(), IntakeMode.AllOrNothing, "test", Token);
    }

    /// <summary>Connections of another replica.</summary>
    internal NpgsqlDataSource OpenAnother() =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = Prefix + "number_pool" });

    internal OutcomeFold Fold(WearSettings? wear = null, NpgsqlDataSource? data = null) =>
        new(data ?? Data, data is null ? Inventory : new Inventory(data, Time), Settings(wear), Time);

    internal static NumberPoolSettings Settings(WearSettings? wear = null, double probeShare = 0.25) =>
        new([], TimeSpan.FromHours(24), HourlyCap: 60, probeShare, LimitSettings.Default, wear ?? WearSettings.Default);

    /// <summary>Folds until nothing is left.</summary>
    internal async Task<List<Finding>> FoldAllAsync(WearSettings? wear = null)
    {
        var findings = new List<Finding>();
        FoldResult result;
        do
        {
            result = await Fold(wear).FoldAsync(Token);
            findings.AddRange(result.Findings);
        }
        while (result.Taken == OutcomeFold.BatchSize);
        return findings;
    }

    /// <summary>Calls of a number that rang, a share of them verified, evenly spread.</summary>
    internal Task CallAsync(int number, int calls, double share, string destination = "+4670", DateTimeOffset? at = null) =>
        WriteAsync(Enumerable.Range(0, calls).Select(call =>
        {
            var verified = Math.Floor((call + 1) * share) > Math.Floor(call * share);
            return new Outcome(
                new CallPath(NumberOf(number), new PeerKey(Demo, destination)), at ?? Time.GetUtcNow(),
                rang: true, answered: false, blocked: false, reported: verified, verified);
        }));

    /// <summary>Calls of all numbers but some.</summary>
    internal async Task CallAllAsync(int calls, double share, params int[] but)
    {
        foreach (var number in Enumerable.Range(0, Size).Except(but))
            await CallAsync(number, calls, share);
    }

    internal async Task WriteAsync(IEnumerable<Outcome> outcomes)
    {
        await using var connection = await Data.OpenConnectionAsync(Token);
        await using var rows = await connection.BeginBinaryImportAsync(
            "copy outcomes (number, trunk, destination, rang, answered, blocked, reported, verified, at) from stdin (format binary)",
            Token);
        foreach (var outcome in outcomes)
        {
            await rows.StartRowAsync(Token);
            await rows.WriteAsync(outcome.Path.Number, Token);
            await rows.WriteAsync(outcome.Path.Group.Trunk, Token);
            await rows.WriteAsync(outcome.Path.Group.Destination, Token);
            await rows.WriteAsync(outcome.Rang, Token);
            await rows.WriteAsync(outcome.Answered, Token);
            await rows.WriteAsync(outcome.Blocked, Token);
            await rows.WriteAsync(outcome.Reported, Token);
            await rows.WriteAsync(outcome.Verified, Token);
            await rows.WriteAsync(outcome.At.UtcDateTime, NpgsqlTypes.NpgsqlDbType.TimestampTz, Token);
        }
        await rows.CompleteAsync(Token);
    }

    internal async Task<Run> RunOfAsync(int number) =>
        (await _database.RunsAsync()).Single(run => run.Numbers.Contains(NumberOf(number)));

    internal Task<List<Run>> RunsAsync() => _database.RunsAsync();

    /// <summary>What was done to a number by itself, oldest first.</summary>
    internal Task<List<(string Change, string Reason, string By)>> HistoryOfAsync(int number) => _database.ReadAsync(
        $"select change, reason, changed_by from history where first = {NumberOf(number)} and last = first order by id",
        reader => (reader.GetString(0), reader.GetString(1), reader.GetString(2)));

    /// <summary>The only value of the only row.</summary>
    internal async Task<T> ValueAsync<T>(string sql) => Assert.Single(await _database.ReadAsync(sql, reader => reader.GetFieldValue<T>(0)));

    internal Task<List<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read) => _database.ReadAsync(sql, read);

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
