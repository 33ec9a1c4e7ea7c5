using CsCheck;
using FlashCall.Contracts;
using FlashCall.NumberPool.Limits;
using FlashCall.NumberPool.Tests.Leases;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.NumberPool.Tests.Limits;

public sealed class LimitTests(PoolDatabase database) : IClassFixture<PoolDatabase>
{
    private static readonly LimitSettings Limits = PoolDatabase.PlentyOfAll;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_callee_gets_its_burst_and_then_one_at_a_time()
    {
        var pool = await OpenAsync(Limits with { Callee = new RateLimit(3, 10) });
        var callee = PoolDatabase.NewCallee();
        for (var i = 0; i < 3; i++)
            await pool.LeaseAsync(Command(callee));
        var command = Command(callee);
        var refusal = await pool.LeaseInVainAsync(command);
        Assert.Equal((LeaseRefusal.CalleeLimit, _time.GetUtcNow().AddMinutes(6)), (refusal.Reason, refusal.RetryAt));
        Assert.Contains("NumberPool:Limits:Callee", refusal.Detail, StringComparison.Ordinal);
        // A repeat is told the same and is not charged; nor is what was refused.
        Assert.Equal(refusal, await pool.LeaseInVainAsync(command));
        _time.Advance(TimeSpan.FromMinutes(6) - TimeSpan.FromTicks(10));
        await pool.LeaseInVainAsync(Command(callee));
        _time.Advance(TimeSpan.FromTicks(10));
        await pool.LeaseAsync(Command(callee));
        await pool.LeaseInVainAsync(Command(callee));
        await pool.LeaseAsync(Command(PoolDatabase.NewCallee()));
    }

    [Fact]
    public async Task A_client_is_limited_over_all_callees_and_one_that_is_not_known_is_not()
    {
        var pool = await OpenAsync(Limits with { Client = new RateLimit(2, 60) });
        for (var i = 0; i < 2; i++)
            await pool.LeaseAsync(Command() with { Client = "one" });
        var refusal = await pool.LeaseInVainAsync(Command() with { Client = "one" });
        Assert.Equal((LeaseRefusal.ClientLimit, _time.GetUtcNow().AddMinutes(1)), (refusal.Reason, refusal.RetryAt));
        await pool.LeaseAsync(Command() with { Client = "other" });
        await pool.LeaseAsync(Command());
    }

    [Fact]
    public async Task The_pool_is_limited_over_all()
    {
        var pool = await OpenAsync(Limits with { Pool = new RateLimit(4, 3600) });
        for (var i = 0; i < 4; i++)
            await pool.LeaseAsync(Command() with { Client = $"client-{i}" });
        var refusal = await pool.LeaseInVainAsync(Command());
        Assert.Equal((LeaseRefusal.PoolLimit, _time.GetUtcNow().AddSeconds(1)), (refusal.Reason, refusal.RetryAt));
        _time.Advance(TimeSpan.FromSeconds(1));
        await pool.LeaseAsync(Command());
    }

    [Fact]
    public async Task A_client_at_its_limit_uses_up_nothing_of_others()
    {
        var pool = await OpenAsync(new LimitSettings(new(2, 1), new(1, 1), new(4, 1), WrongReportCost: 1));
        var callee = PoolDatabase.NewCallee();
        await pool.LeaseAsync(Command() with { Client = "one" });
        for (var i = 0; i < 5; i++)
            Assert.Equal(LeaseRefusal.ClientLimit, (await pool.LeaseInVainAsync(Command(callee) with { Client = "one" })).Reason);
        await pool.LeaseAsync(Command(callee));
        await pool.LeaseAsync(Command(callee));
        await pool.LeaseAsync(Command() with { Client = "two" });
        var last = Command() with { Client = "three" };
        Assert.Equal(LeaseRefusal.PoolLimit, (await pool.LeaseInVainAsync(last)).Reason);
        _time.Advance(TimeSpan.FromHours(1));
        // Neither the callee nor the client was charged for what the pool refused.
        await pool.LeaseAsync(Command(last.Callee) with { Client = "three" });
    }

    [Fact]
    public async Task Wrong_reports_cost_their_client_and_the_pool_as_much_as_several_leases()
    {
        var pool = await OpenAsync(Limits with { Client = new RateLimit(20, 60), Pool = new RateLimit(45, 60), WrongReportCost = 10 });
        var command = Command() with { Client = "guesser" };
        var lease = await pool.LeaseAsync(command);
        var release = PoolDatabase.Release(command, lease.LeaseId, LeaseOutcome.Rang) with { Reported = true, WrongReports = 3 };
        Assert.True(await pool.ReleaseAsync(release));
        // A repeat charges nothing more.
        Assert.False(await pool.ReleaseAsync(release));
        // 1 and 30 taken, 19 may be: 12 minutes until there is room for one.
        var refusal = await pool.LeaseInVainAsync(Command() with { Client = "guesser" });
        Assert.Equal((LeaseRefusal.ClientLimit, _time.GetUtcNow().AddMinutes(12)), (refusal.Reason, refusal.RetryAt));
        for (var i = 0; i < 14; i++)
            await pool.LeaseAsync(Command() with { Client = $"client-{i}" });
        Assert.Equal(LeaseRefusal.PoolLimit, (await pool.LeaseInVainAsync(Command())).Reason);
        Assert.Equal(0, await database.CountAsync("select count(*) from answers where client = 'guesser'"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(11)]
    public async Task A_number_of_wrong_reports_that_cannot_be_is_refused(int count)
    {
        var pool = await OpenAsync(Limits);
        var command = Command();
        var release = PoolDatabase.Release(command, (await pool.LeaseAsync(command)).LeaseId, LeaseOutcome.Rang);
        await Assert.ThrowsAsync<ArgumentException>(() => pool.ReleaseAsync(release with { WrongReports = count }));
        await Assert.ThrowsAsync<ArgumentException>(() => pool.ReleaseAsync(release with { Trunk = " " }));
        Assert.True(await pool.ReleaseAsync(release));
    }

    /// <summary>The statement against the algorithm's other form, the leaky bucket: it fills by one each time and runs out evenly.</summary>
    [Fact]
    public async Task A_limit_is_a_leaky_bucket() => await Gen.Select(Gen.Int[1, 5], Gen.OneOf(Gen.Const(60), Gen.Const(3600)),
        Gen.Int[0, 3000].Select(seconds => TimeSpan.FromSeconds(seconds / 10.0)).Array[1, 40]).SampleAsync(async (burst, perHour, waits) =>
    {
        var key = Guid.NewGuid().ToString();
        var limit = new RateLimit(burst, perHour);
        var (level, last, now) = (TimeSpan.Zero, _time.GetUtcNow(), _time.GetUtcNow());
        foreach (var wait in waits)
        {
            now += wait;
            var left = level - (now - last) is { Ticks: > 0 } some ? some : TimeSpan.Zero;
            var room = left <= limit.Every * (burst - 1);
            await using var charge = database.Data.CreateCommand("select charge_limit($1, $2, $3, $4)");
            charge.Parameters.AddRange((Npgsql.NpgsqlParameter[])
                [Sql.Text(key), Sql.Interval(limit.Every), Sql.Integer(limit.Burst), Sql.Time(now)]);
            var next = await charge.ExecuteScalarAsync();
            if (room)
                Assert.IsType<DBNull>(next);
            else
                Assert.Equal(now + left - (limit.Every * (burst - 1)), new DateTimeOffset((DateTime)next!));
            (level, last) = (room ? left + limit.Every : left, now);
        }
    }, iter: 50, threads: 1);

    [Theory]
    [InlineData(2_000, 1_000_000, 32)]
    [InlineData(1_000_000_000, 1_000_000_000, 32)]
    [InlineData(120, 60, 2)]
    [InlineData(1, 1, 1)]
    public void The_shares_of_the_pool_are_together_no_more_than_its_limit(int burst, int perHour, int count)
    {
        var shards = new PoolShards(new RateLimit(burst, perHour));
        Assert.Equal(count, shards.Count);
        Assert.InRange(shards.Burst * shards.Count, burst - count + 1, burst);
        Assert.Equal(new RateLimit(burst, perHour).Every * count, shards.Every);
        var attempts = Enumerable.Range(0, 1_000).Select(_ => shards.Of(Guid.CreateVersion7())).ToHashSet();
        Assert.Equal(Enumerable.Range(0, count), attempts.Order());
    }

    private async Task<PoolDatabase.Replica> OpenAsync(LimitSettings limits)
    {
        await database.FillAsync("+44207946xxxx");
        return database.Open(_time, PoolDatabase.Settings(TimeSpan.FromDays(1)) with { Limits = limits });
    }

    private LeaseCallerId Command(PhoneNumber? callee = null) =>
        PoolDatabase.Command(callee ?? PoolDatabase.NewCallee(), _time.GetUtcNow().AddMinutes(5));
}
