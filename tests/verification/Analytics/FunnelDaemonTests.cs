using FlashCall.Hosting;
using FlashCall.Testing;
using FlashCall.Verification.Analytics.Funnel;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Sessions;
using FlashCall.Verification.Tests.Support;
using Marten;
using Microsoft.AspNetCore.Builder;
using Npgsql;
using Xunit;

namespace FlashCall.Verification.Tests.Analytics;

/// <summary>The daemon keeps the funnel current, in one of the replicas, and in another when that one dies.</summary>
public sealed class FunnelDaemonTests(RunningVerification running)
{
    [Fact]
    public async Task What_the_API_lets_happen_is_in_the_funnel_soon()
    {
        var application = $"funnel-{Guid.NewGuid():N}";
        using var client = running.Client(application);
        var id = (await client.StartAsync()).Id();
        await client.UntilAsync(id, "ringing");
        await client.ReportAsync(id, new { digits = "0123" });

        var row = await Eventually.ValueAsync(
            async () => (await TextsAsync(running.Data,
                $"""
                select concat_ws(' ', requested, allowed, leased, dialled, rang, answered, reported, verified, purpose, country, trunk)
                from funnel_hours where application_id = '{application}' and verified > 0
                """)).SingleOrDefault(),
            "the session in the funnel");
        Assert.Equal("1 1 1 1 1 0 1 1 login SE demo", row);
    }

    [Fact]
    public async Task When_the_leader_dies_another_replica_goes_on_and_nothing_is_counted_twice()
    {
        var name = $"{running.DatabasePrefix}f{Guid.NewGuid():N}_";
        string[] arguments = [.. running.Arguments, $"--DatabasePrefix={name}", $"--BusPrefix={running.BusPrefix}{Guid.NewGuid():N}."];
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. arguments], VerificationService.Build));
        await using var data = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(running.Postgres) { Database = $"{name}verification", MaxPoolSize = 4 });
        using var store = DocumentStore.For(options =>
        {
            options.Connection(data);
            EventStore.Configure(options, TimeProvider.System);
        });
        var replicas = new List<WebApplication>();
        try
        {
            for (var replica = 0; replica < 2; replica++)
            {
                var app = VerificationService.Build(arguments);
                await app.StartAsync();
                replicas.Add(app);
            }
            var log = new List<(Guid, VerificationEvent)>();
            await AppendAsync(store, log, 40);
            await CountedAsync(data, log);

            // A leader that is cut off: PostgreSQL ends the session that holds its lock, and all its others.
            var cut = await TextsAsync(data,
                """
                select pg_terminate_backend(pid)::text
                from pg_locks join pg_database on pg_database.oid = pg_locks.database
                where locktype = 'advisory' and datname = current_database()
                """);
            Assert.NotEmpty(cut);
            await AppendAsync(store, log, 40);
            await CountedAsync(data, log);

            // And one that stops.
            await replicas[0].StopAsync();
            await AppendAsync(store, log, 40);
            await CountedAsync(data, log);

            var expected = log.Select(one => FunnelEvents.Of(one.Item1, one.Item2)).OfType<FlashCall.Funnel.FunnelEvent>();
            Assert.Equal(FunnelOracle.Of(expected), await FunnelText.ReadAsync(data));
        }
        finally
        {
            foreach (var replica in replicas)
                await replica.DisposeAsync();
        }
    }

    private static Task CountedAsync(NpgsqlDataSource data, List<(Guid Session, VerificationEvent)> log) => Eventually.TrueAsync(
        async () => (await TextsAsync(data, "select coalesce(sum(verified), 0)::text from funnel_hours")).Single()
            == log.Select(one => one.Session).Distinct().Count().ToString(System.Globalization.CultureInfo.InvariantCulture),
        "all sessions in the funnel", TimeSpan.FromSeconds(60));

    /// <summary>Whole sessions, each in two commits, as they come about.</summary>
    private static async Task AppendAsync(DocumentStore store, List<(Guid, VerificationEvent)> log, int count)
    {
        VerificationEvent[] first = [Usual.Requested, Usual.Allowed, Usual.Started, Usual.Leased, Usual.Rang];
        VerificationEvent[] then = [Usual.Right, Usual.Succeeded, Usual.Ended];
        var ids = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7()).ToList();
        foreach (var id in ids)
        {
            await using var session = store.LightweightSession();
            session.Events.StartStream<VerificationSession>(id, first);
            await session.SaveChangesAsync();
        }
        foreach (var id in ids)
        {
            await using var session = store.LightweightSession();
            session.Events.Append(id, then);
            await session.SaveChangesAsync();
        }
        foreach (var id in ids)
            log.AddRange([.. first.Concat(then).Select(happened => (id, happened))]);
    }

    private static async Task<IReadOnlyList<string>> TextsAsync(NpgsqlDataSource data, string sql)
    {
        await using var command = data.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await reader.ReadAsync())
            texts.Add(reader.GetString(0));
        return texts;
    }
}
