using FlashCall.NumberPool.Numbers;
using FlashCall.NumberPool.Wear;
using FlashCall.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.NumberPool.Tests.Wear;

public sealed class FoldTests(WearDatabase database) : IClassFixture<WearDatabase>, IAsyncLifetime
{
    private static readonly PeerKey Group = new("demo", "+4670");

    public ValueTask InitializeAsync() => new(database.BeginAsync());

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Outcomes_are_added_to_the_number_and_to_its_group()
    {
        var path = new CallPath(WearDatabase.NumberOf(1), Group);
        var at = database.Time.GetUtcNow();
        await database.WriteAsync(
        [
            new Outcome(path, at, rang: true, answered: false, blocked: false, reported: true, verified: true),
            new Outcome(path, at.AddMinutes(1), rang: true, answered: true, blocked: false, reported: true, verified: false),
            new Outcome(path, at, rang: false, answered: false, blocked: true, reported: false, verified: false),
            new Outcome(path, at.AddDays(-1), rang: true, answered: false, blocked: false, reported: false, verified: false),
            // Of last month: counted, and nothing is measured by it.
            new Outcome(path, at.AddDays(-30), rang: true, answered: false, blocked: false, reported: false, verified: false),
        ]);
        await database.FoldAllAsync();

        Assert.Equal(0, await database.ValueAsync<long>("select count(*) from outcomes"));
        Assert.Equal(
            (4L, 1L, 1L, 2L, 1L, at.AddMinutes(1)),
            Assert.Single(await database.ReadAsync("select rang, answered, blocked, reported, verified, last_at from wear", row => (
                row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4),
                row.GetFieldValue<DateTimeOffset>(5)))));
        var today = DateOnly.FromDateTime(at.UtcDateTime).DayNumber;
        Assert.Equal([today, 3, 1, today - 1, 1, 0], await database.ValueAsync<int[]>("select recent from wear"));
        Assert.Equal(
            [(-30, 1L, 0L, 0L), (-1, 1L, 0L, 0L), (0, 2L, 1L, 1L)],
            await database.ReadAsync("select day - date '2026-11-23', rang, blocked, verified from peers order by day", row => (
                row.GetInt32(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3))));
    }

    [Fact]
    public async Task Batch_by_batch_it_comes_to_the_same_as_at_once()
    {
        var random = new Random(11);
        var from = database.Time.GetUtcNow();
        Outcome[] outcomes = [.. Enumerable.Range(0, 3500).Select(call =>
        {
            var number = random.Next(WearDatabase.Size);
            var verified = random.NextDouble() < (number == 3 ? 0.45 : 0.6);
            return new Outcome(
                new CallPath(WearDatabase.NumberOf(number), new PeerKey("demo", random.Next(2) == 0 ? "+4670" : "+4672")),
                from.AddSeconds(call), rang: true, answered: false, blocked: false, reported: verified, verified);
        })];
        var book = new WearBook(WearSettings.Default, from);
        for (var number = 0; number < WearDatabase.Size; number++)
            book.Numbers.Add(WearDatabase.NumberOf(number), new Standing(Standing.Kind.Active, null, 0, Evidence.None));
        foreach (var outcome in outcomes)
            book.Take(outcome);

        await database.WriteAsync(outcomes);
        Assert.Equal(book.Findings.Count, (await database.FoldAllAsync()).Count);

        var evidence = await database.ReadAsync("select number, against, trials, peers from evidence where trials > 0 order by number",
            row => (row.GetInt64(0), row.GetDouble(1), row.GetInt32(2), row.GetDouble(3)));
        Assert.NotEmpty(evidence);
        Assert.Equal(
            book.Numbers.Where(number => number.Value.Evidence.Trials > 0).OrderBy(number => number.Key)
                .Select(number => (number.Key, number.Value.Evidence.Sum, number.Value.Evidence.Trials, number.Value.Evidence.Peers)),
            evidence);
        Assert.Equal(
            book.Groups.OrderBy(group => group.Key.Destination, StringComparer.Ordinal).Select(group => group.Value.Trend.Pace),
            await database.ReadAsync("select verified / expected from trends order by destination collate \"C\"", row => row.GetDouble(0)));
    }

    [Fact]
    public async Task What_dies_in_a_batch_counts_nothing_and_the_next_counts_all_of_it_once()
    {
        var token = TestContext.Current.CancellationToken;
        await database.CallAllAsync(calls: 10, share: 0.6);
        Task<FoldResult> dying;
        await using (var holder = await database.Data.OpenConnectionAsync(token))
        {
            await using var transaction = await holder.BeginTransactionAsync(token);
            // Wear can be written then, and the groups' days cannot: the batch stands in the middle.
            await using (var hold = new NpgsqlCommand("lock table peers in share mode", holder))
                await hold.ExecuteNonQueryAsync(token);
            dying = database.Fold().FoldAsync(token);
            await Eventually.TrueAsync(
                async () => (await database.ReadAsync(
                    """
                    select pg_terminate_backend(l.pid) from pg_locks l
                    where l.relation = 'peers'::regclass and not l.granted
                        and l.database = (select oid from pg_database where datname = current_database())
                    """, row => row.GetBoolean(0))).Count > 0,
                "the fold waits for the lock");
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => dying);
        }
        Assert.Equal(200, await database.ValueAsync<long>("select count(*) from outcomes"));
        Assert.Equal(0, await database.ValueAsync<long>("select count(*) from wear"));

        Assert.Equal(200, (await database.Fold().FoldAsync(token)).Taken);
        Assert.Equal(200, await database.ValueAsync<long>("select sum(rang)::bigint from wear"));
        Assert.Equal(200, await database.ValueAsync<long>("select sum(rang)::bigint from peers"));
    }

    [Fact]
    public async Task Two_replicas_at_once_count_each_outcome_once_and_rest_a_number_once()
    {
        await database.CallAllAsync(calls: 200, share: 0.6);
        await database.CallAsync(5, calls: 100, share: 0);
        await using var other = database.OpenAnother();
        async Task<List<Finding>> FoldAsync(OutcomeFold fold)
        {
            var mine = new List<Finding>();
            while (await fold.FoldAsync(TestContext.Current.CancellationToken) is { Taken: > 0 } result)
                mine.AddRange(result.Findings);
            return mine;
        }
        var findings = await Task.WhenAll(
            Task.Run(() => FoldAsync(database.Fold())), Task.Run(() => FoldAsync(database.Fold(data: other))));

        Assert.Equal(WearDatabase.NumberOf(5), Assert.Single(findings.SelectMany(found => found)).Number);
        Assert.Equal(4100, await database.ValueAsync<long>("select sum(rang)::bigint from wear"));
        Assert.Equal(4100, await database.ValueAsync<long>("select sum(rang)::bigint from peers"));
        Assert.Single(await database.HistoryOfAsync(5));
    }

    [Fact]
    public async Task What_becomes_of_a_call_after_its_number_was_removed_counts_for_the_group_alone()
    {
        await database.CallAsync(1, calls: 5, share: 0);
        await database.CallAsync(2, calls: 5, share: 0);
        await database.FoldAllAsync();
        await database.Inventory.RemoveAsync([WearDatabase.SpanOf(1)], "sold", "operator", default);
        Assert.Equal([WearDatabase.NumberOf(2)], await database.ReadAsync("select number from wear", row => row.GetInt64(0)));

        await database.CallAsync(1, calls: 3, share: 0);
        await database.FoldAllAsync();
        Assert.Equal([WearDatabase.NumberOf(2)], await database.ReadAsync("select number from wear", row => row.GetInt64(0)));
        Assert.Equal(13, await database.ValueAsync<long>("select rang from peers"));
    }

    [Fact]
    public async Task A_trunk_that_falls_is_told_of_once_and_again_when_it_has_recovered()
    {
        await database.CallAllAsync(calls: 20, share: 0.6);
        Assert.Empty((await database.Fold().FoldAsync(default)).Turned);
        await database.CallAllAsync(calls: 10, share: 0);
        var fell = await database.Fold().FoldAsync(default);
        Assert.Equal([(Group, true), (Group.WholeTrunk, true)], fell.Turned.OrderByDescending(turned => turned.Group.Destination.Length));
        Assert.Empty(fell.Findings);
        var figures = new WearFigures(database.Data, WearDatabase.Settings(), database.Time);
        var shown = await figures.GroupsAsync(limit: 10, TestContext.Current.CancellationToken);
        Assert.Equal([("demo", null), ("demo", "+4670")], shown.Select(group => (group.Trunk, group.Destination)));
        Assert.All(shown, group => Assert.Equal((600, 0, 240), (group.Rang, group.Blocked, group.Verified)));
        Assert.All(shown, group => Assert.InRange(group.Pace!.Value, 0, 0.1));
        Assert.All(shown, group => Assert.Equal(database.Time.GetUtcNow(), group.FallsSince));
        Assert.Equal(("demo", 1), Assert.Single((await CountAsync()).Falling));
        await database.CallAllAsync(calls: 10, share: 0);
        Assert.Empty((await database.Fold().FoldAsync(default)).Turned);
        await database.CallAllAsync(calls: 50, share: 0.6);
        Assert.Equal([false, false], (await database.Fold().FoldAsync(default)).Turned.Select(turned => turned.Falls));
        Assert.Empty((await CountAsync()).Falling);
    }

    [Fact]
    public async Task The_census_counts_every_number_once()
    {
        var now = database.Time.GetUtcNow();
        var changes = database.Inventory;
        await changes.ChangeStateAsync(
            new(WearDatabase.NumberOf(0), WearDatabase.NumberOf(3)), new NumberState.Retired(), "x", "y", default);
        await changes.ChangeStateAsync(WearDatabase.SpanOf(9), new NumberState.Resting(now.AddDays(1)), "x", "y", default);
        await changes.ChangeStateAsync(
            new(WearDatabase.NumberOf(11), WearDatabase.NumberOf(12)), new NumberState.Resting(now), "x", "y", default);
        await database.CallAsync(1, calls: 2, share: 0, at: now.AddMinutes(-3));
        var count = await CountAsync();
        Assert.Equal(
            [("active", 13L), ("on_trial", 2L), ("resting", 1L), ("retired", 4L)],
            count.Numbers.OrderBy(one => one.State, StringComparer.Ordinal).Select(one => (one.State, one.Numbers)));
        Assert.Equal((now, now.AddMinutes(-3)), (count.At, count.OldestOutcome));
    }

    [Fact]
    public async Task Days_that_nothing_is_measured_by_are_forgotten()
    {
        await database.CallAsync(1, calls: 1, share: 0, at: database.Time.GetUtcNow().AddDays(-30));
        await database.CallAsync(1, calls: 1, share: 0, at: database.Time.GetUtcNow().AddDays(-29));
        await database.FoldAllAsync();
        var sweep = new OldPeers(database.Data, WearDatabase.Settings(), database.Time);
        Assert.Equal(1, await sweep.SweepAsync(default));
        Assert.Equal(0, await sweep.SweepAsync(default));
        Assert.Equal(new DateOnly(2026, 10, 25), await database.ValueAsync<DateOnly>("select day from peers"));
    }

    private Task<PoolCount> CountAsync() => new PoolCensus(database.Data, database.Time).CountAsync(TestContext.Current.CancellationToken);
}
