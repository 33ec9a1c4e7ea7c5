using FlashCall.Contracts;
using FlashCall.NumberPool.Leases;
using FlashCall.NumberPool.Limits;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.NumberPool.Tests.Leases;

/// <summary>Replicas, each with connections of its own, over one database.</summary>
public sealed class RaceTests(PoolDatabase database) : IClassFixture<PoolDatabase>
{
    private static readonly TimeSpan Rest = TimeSpan.FromHours(24);
    private static readonly string[] ThreeNumbers = ["+442079460001", "+442079460002", "+442079460003"];

    [Fact]
    public async Task Many_attempts_for_one_callee_share_out_a_tiny_pool()
    {
        await database.FillAsync(ThreeNumbers);
        var replicas = Open(PoolDatabase.Settings(Rest), count: 3);
        for (var round = 0; round < 20; round++)
        {
            var callee = PoolDatabase.NewCallee();
            var answers = await AtOnceAsync(16, attempt => replicas[attempt % 3].Leases.LeaseAsync(
                PoolDatabase.Command(callee, DateTimeOffset.UtcNow.AddMinutes(5)), default));
            var leased = answers.OfType<LeaseAnswer.Leased>().Select(lease => lease.CallerId.E164).ToArray();
            Assert.Equal(ThreeNumbers, leased.Order(StringComparer.Ordinal));
            Assert.All(answers.OfType<LeaseAnswer.Refused>(), refused => Assert.Equal(LeaseRefusal.AllRestingForCallee, refused.Reason));
            Assert.Equal(13, answers.OfType<LeaseAnswer.Refused>().Count());
        }
    }

    [Fact]
    public async Task Many_callees_use_up_the_hourly_cap_of_a_tiny_pool_and_no_more()
    {
        await database.FillAsync(ThreeNumbers);
        // The clock stands, so that the hour neither begins nor ends in between.
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var replicas = Open(PoolDatabase.Settings(Rest) with { HourlyCap = 7 }, count: 3, time);
        var answers = await AtOnceAsync(60, attempt => EventuallyLeaseAsync(
            replicas[attempt % 3], PoolDatabase.Command(PoolDatabase.NewCallee(), time.GetUtcNow().AddMinutes(5))));
        Assert.All(
            answers.OfType<LeaseAnswer.Leased>().CountBy(lease => lease.CallerId.E164), number => Assert.Equal(7, number.Value));
        Assert.Equal(21, answers.OfType<LeaseAnswer.Leased>().Count());
        Assert.All(answers.OfType<LeaseAnswer.Refused>(), refused => Assert.Equal(LeaseRefusal.AllBusy, refused.Reason));
    }

    [Fact]
    public async Task One_attempt_delivered_many_times_at_once_gets_one_answer_and_is_charged_once()
    {
        await database.FillAsync("+44207946xxxx");
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var replicas = Open(PoolDatabase.Settings(Rest) with
        {
            HourlyCap = 5,
            Limits = PoolDatabase.PlentyOfAll with { Callee = new RateLimit(2, 60) },
        }, count: 2, time);
        for (var round = 0; round < 20; round++)
        {
            var command = PoolDatabase.Command(PoolDatabase.NewCallee(), time.GetUtcNow().AddMinutes(5));
            var answers = await AtOnceAsync(8, delivery => EventuallyLeaseAsync(replicas[delivery % 2], command));
            var lease = Assert.IsType<LeaseAnswer.Leased>(Assert.Single(answers.Distinct()));
            Assert.Equal(1, await database.CountRowsAsync(command.AttemptId));
            Assert.Equal(1, await database.CountAsync(
                "select cardinality(at)::bigint from uses where number = $1", Sql.Bigint(Block.Number(lease.CallerId.E164))));
            // One of the two that the callee may have at once is left.
            await replicas[0].LeaseAsync(PoolDatabase.Command(command.Callee, time.GetUtcNow().AddMinutes(5)));
            await replicas[1].LeaseInVainAsync(PoolDatabase.Command(command.Callee, time.GetUtcNow().AddMinutes(5)));
        }
    }

    [Fact]
    public async Task Nothing_waits_for_itself_however_callees_clients_and_numbers_cross()
    {
        await database.FillAsync(ThreeNumbers);
        var replicas = Open(PoolDatabase.Settings(TimeSpan.FromMinutes(1)) with { HourlyCap = 600 }, count: 4);
        var callees = Enumerable.Range(0, 4).Select(_ => PoolDatabase.NewCallee()).ToArray();
        var deadlocks = 0;
        await AtOnceAsync(24, async worker =>
        {
            var replica = replicas[worker % 4];
            for (var round = 0; round < 25; round++)
            {
                var now = DateTimeOffset.UtcNow;
                var command = PoolDatabase.Command(callees[Random.Shared.Next(4)], now.AddMinutes(5)) with
                {
                    Client = $"client-{Random.Shared.Next(3)}",
                };
                try
                {
                    if ((await replica.Store.LeaseAsync(command, now, default)).Answer is not LeaseAnswer.Leased lease)
                        continue;
                    await replica.ReleaseAsync(PoolDatabase.Release(command, lease.LeaseId, LeaseOutcome.NotRung) with
                    {
                        WrongReports = round % 2,
                    });
                }
                catch (LeaseContentionException exception)
                {
                    if (exception.InnerException is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected })
                        Interlocked.Increment(ref deadlocks);
                }
            }
            return true;
        });
        Assert.Equal(0, deadlocks);
    }

    [Fact]
    public async Task Sweeps_on_two_replicas_do_not_wait_for_each_other()
    {
        await database.FillAsync(ThreeNumbers);
        var time = new FakeTimeProvider(new DateTimeOffset(1990, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var replicas = Open(PoolDatabase.Settings(Rest), count: 2, time);
        for (var i = 0; i < 50; i++)
            await replicas[i % 2].LeaseAsync(PoolDatabase.Command(PoolDatabase.NewCallee(), time.GetUtcNow().AddMinutes(5)));
        time.Advance(TimeSpan.FromDays(2));
        var deleted = await Task.WhenAll(replicas.Select(replica => replica.SweepAsync()));
        var left = await replicas[0].SweepAsync();
        Assert.Equal(50, deleted.Sum() + left);
        await replicas[0].SweepAsync();
        Assert.Equal(0, await database.CountAsync("select (select count(*) from limits) + (select count(*) from uses)"));
    }

    /// <summary>As the bus does: a lease that was too slow ten times is tried again with its message.</summary>
    private static async Task<LeaseAnswer?> EventuallyLeaseAsync(PoolDatabase.Replica replica, LeaseCallerId command)
    {
        while (true)
        {
            try
            {
                return await replica.Leases.LeaseAsync(command, TestContext.Current.CancellationToken);
            }
            catch (LeaseContentionException)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private PoolDatabase.Replica[] Open(NumberPoolSettings settings, int count, TimeProvider? time = null) =>
        [.. Enumerable.Range(0, count).Select(_ => database.Open(time ?? TimeProvider.System, settings))];

    private static Task<T[]> AtOnceAsync<T>(int count, Func<int, Task<T>> run) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(place => Task.Run(() => run(place))));
}
