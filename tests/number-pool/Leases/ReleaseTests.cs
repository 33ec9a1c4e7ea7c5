using FlashCall.Contracts;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.NumberPool.Tests.Leases;

public sealed class ReleaseTests(PoolDatabase database) : IClassFixture<PoolDatabase>
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(LeaseOutcome.Rang, false, true, false, false)]
    [InlineData(LeaseOutcome.Verified, true, true, false, true)]
    [InlineData(LeaseOutcome.NotRung, true, false, true, false)]
    public async Task A_call_that_went_out_tells_of_the_number(LeaseOutcome outcome, bool marked, bool rang, bool blocked, bool verified)
    {
        var pool = await OpenAsync();
        var command = Command();
        var lease = await pool.LeaseAsync(command);
        await pool.ReleaseAsync(PoolDatabase.Release(command, lease.LeaseId, outcome) with
        {
            Trunk = "another",
            Answered = marked,
            Blocked = blocked,
            Reported = marked,
        });
        Assert.Equal(1, await database.CountAsync(
            """
            select count(*) from outcomes where number = $1 and trunk = 'another' and destination = '+4670' and rang = $2 and answered = $3
                and blocked = $4 and reported = $5 and verified = $6 and at = $7
            """, Sql.Bigint(Block.Number(lease.CallerId.E164)), Sql.Boolean(rang), Sql.Boolean(marked), Sql.Boolean(blocked),
            Sql.Boolean(marked), Sql.Boolean(verified), Sql.Time(_time.GetUtcNow())));
    }

    [Fact]
    public async Task The_trunk_is_the_leases_where_none_is_told()
    {
        var pool = await OpenAsync();
        var command = Command();
        await pool.ReleaseAsync(command, (await pool.LeaseAsync(command)).LeaseId, LeaseOutcome.Rang);
        Assert.Equal(1, await database.CountAsync("select count(*) from outcomes where trunk = 'trunk'"));
    }

    [Theory]
    [InlineData(LeaseOutcome.NotRung)]
    [InlineData(LeaseOutcome.Unknown)]
    public async Task What_did_not_ring_tells_nothing(LeaseOutcome outcome)
    {
        var pool = await OpenAsync();
        var command = Command();
        Assert.True(await pool.ReleaseAsync(command, (await pool.LeaseAsync(command)).LeaseId, outcome));
        Assert.Equal(0, await database.CountAsync("select count(*) from outcomes"));
    }

    [Theory]
    [InlineData("late")]
    [InlineData("repeated")]
    [InlineData("foreign")]
    public async Task A_release_that_does_not_count_changes_nothing_at_all(string kind)
    {
        var pool = await OpenAsync(hourlyCap: 5);
        var command = Command() with { Client = "client" };
        var lease = await pool.LeaseAsync(command);
        var release = PoolDatabase.Release(command, lease.LeaseId, LeaseOutcome.NotRung) with { Blocked = true, WrongReports = 2 };
        switch (kind)
        {
            case "late":
                _time.Advance(TimeSpan.FromMinutes(5));
                break;
            case "repeated":
                Assert.True(await pool.ReleaseAsync(command, lease.LeaseId, LeaseOutcome.Rang));
                break;
            default:
                release = release with { LeaseId = Guid.CreateVersion7() };
                break;
        }
        var before = await ContentsAsync();
        Assert.False(await pool.ReleaseAsync(release));
        Assert.False(await pool.ReleaseAsync(release with { Blocked = false }));
        Assert.Equal(before, await ContentsAsync());
    }

    [Fact]
    public async Task A_number_makes_no_more_calls_in_any_hour_than_its_cap()
    {
        var pool = await OpenAsync(hourlyCap: 2);
        await pool.LeaseAsync(Command());
        _time.Advance(TimeSpan.FromMinutes(40));
        await pool.LeaseAsync(Command());
        Assert.Equal(LeaseRefusal.AllBusy, (await pool.LeaseInVainAsync(Command())).Reason);
        _time.Advance(TimeSpan.FromMinutes(20) - TimeSpan.FromTicks(10));
        Assert.Equal(LeaseRefusal.AllBusy, (await pool.LeaseInVainAsync(Command())).Reason);
        _time.Advance(TimeSpan.FromTicks(10));
        await pool.LeaseAsync(Command());
        Assert.Equal(LeaseRefusal.AllBusy, (await pool.LeaseInVainAsync(Command())).Reason);
        _time.Advance(TimeSpan.FromMinutes(40));
        await pool.LeaseAsync(Command());
    }

    [Theory]
    [InlineData(null, false, true)]
    [InlineData("trunk", false, false)]
    [InlineData(null, true, false)]
    public async Task A_lease_without_a_call_gives_its_use_back(string? trunk, bool blocked, bool back)
    {
        var pool = await OpenAsync(hourlyCap: 2);
        var command = Command();
        var lease = await pool.LeaseAsync(command);
        await pool.LeaseAsync(Command());
        await pool.LeaseInVainAsync(Command());
        await pool.ReleaseAsync(PoolDatabase.Release(command, lease.LeaseId, LeaseOutcome.NotRung) with { Trunk = trunk, Blocked = blocked });
        if (back)
            await pool.LeaseAsync(Command());
        Assert.Equal(LeaseRefusal.AllBusy, (await pool.LeaseInVainAsync(Command())).Reason);
    }

    /// <summary>A lower cap holds at once, though the table of uses was kept for a higher one.</summary>
    [Fact]
    public async Task A_change_of_the_cap_counts_the_calls_made_before()
    {
        var pool = await OpenAsync(hourlyCap: 5);
        for (var i = 0; i < 3; i++)
            await pool.LeaseAsync(Command());
        var lower = database.Open(_time, PoolDatabase.Settings(TimeSpan.FromDays(1)) with { HourlyCap = 3 });
        Assert.Equal(LeaseRefusal.AllBusy, (await lower.LeaseInVainAsync(Command())).Reason);
        await pool.LeaseAsync(Command());
    }

    private async Task<string> ContentsAsync()
    {
        await using var command = database.Data.CreateCommand("""
            select concat((select json_agg(a order by attempt_id) from answers a), (select json_agg(l order by key) from limits l),
                (select json_agg(u) from uses u), (select json_agg(o) from outcomes o))
            """);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private async Task<PoolDatabase.Replica> OpenAsync(int? hourlyCap = null)
    {
        await database.FillAsync("+442079460001");
        return database.Open(_time, PoolDatabase.Settings(TimeSpan.FromDays(1)) with { HourlyCap = hourlyCap });
    }

    private LeaseCallerId Command() => PoolDatabase.Command(PoolDatabase.NewCallee(), _time.GetUtcNow().AddMinutes(5));
}
