using FlashCall.Contracts;
using FlashCall.NumberPool.Subjects;
using FlashCall.NumberPool.Tests.Leases;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.NumberPool.Tests.Subjects;

/// <summary>A callee is forgotten; the figures of the numbers that rang it stay.</summary>
public sealed class SubjectDataTests(PoolDatabase database) : IClassFixture<PoolDatabase>
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_callee_goes_and_others_and_leases_that_run_and_what_became_of_calls_stay()
    {
        await database.FillAsync("+4420794600xx");
        var pool = database.Open(_time, TimeSpan.FromDays(1));
        var (callee, other) = (PoolDatabase.NewCallee(), PoolDatabase.NewCallee());
        var rang = await EndedAsync(pool, callee, LeaseOutcome.Verified);
        var neverRang = await EndedAsync(pool, callee, LeaseOutcome.NotRung);
        await EndedAsync(pool, other, LeaseOutcome.Rang);
        var running = PoolDatabase.Command(callee, _time.GetUtcNow().AddMinutes(5));
        var lease = await pool.LeaseAsync(running);
        var outcomes = await database.CountAsync("select count(*) from outcomes");

        var subjects = new SubjectData(database.Data);
        var erased = await subjects.EraseAsync(callee, [rang, neverRang], _time.GetUtcNow(), CancellationToken.None);

        Assert.Equal((1, 2), (erased["limits"], erased["answers"]));
        Assert.Equal(1, await database.CountAsync("select count(*) from answers where callee = $1", Sql.Text(callee.E164)));
        Assert.Equal(1, await database.CountAsync("select count(*) from answers where callee = $1", Sql.Text(other.E164)));
        Assert.Equal(1, await database.CountAsync("select count(*) from limits where key = $1", Sql.Text($"callee:{other.E164}")));
        Assert.Equal(outcomes, await database.CountAsync("select count(*) from outcomes"));
        // The session that goes on is released as any other, and then it can be forgotten too.
        Assert.True(await pool.ReleaseAsync(running, lease.LeaseId, LeaseOutcome.Rang));
        Assert.Equal(1, (await subjects.EraseAsync(callee, [], _time.GetUtcNow(), CancellationToken.None))["answers"]);
        Assert.Equal(0, (await subjects.EraseAsync(callee, [], _time.GetUtcNow(), CancellationToken.None))["answers"]);
        Assert.Equal(0, await database.CountAsync("select count(*) from answers where callee = $1", Sql.Text(callee.E164)));
    }

    [Fact]
    public async Task A_lease_whose_time_is_over_goes_though_nobody_released_it()
    {
        await database.FillAsync("+4420794600xx");
        var pool = database.Open(_time, TimeSpan.FromDays(1));
        var callee = PoolDatabase.NewCallee();
        await pool.LeaseAsync(PoolDatabase.Command(callee, _time.GetUtcNow().AddMinutes(5)));
        _time.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal(1, (await new SubjectData(database.Data).EraseAsync(callee, [], _time.GetUtcNow(), CancellationToken.None))["answers"]);
    }

    private async Task<Guid> EndedAsync(PoolDatabase.Replica pool, PhoneNumber callee, LeaseOutcome outcome)
    {
        var command = PoolDatabase.Command(callee, _time.GetUtcNow().AddMinutes(5));
        var lease = await pool.LeaseAsync(command);
        Assert.True(await pool.ReleaseAsync(command, lease.LeaseId, outcome));
        return command.AttemptId;
    }
}
