using FlashCall.NumberPool.Leases;
using Xunit;

namespace FlashCall.NumberPool.Tests.Leases;

/// <summary>Two replicas, each with connections of its own, over one database.</summary>
public sealed class RaceTests(PoolDatabase database) : IClassFixture<PoolDatabase>
{
    private static readonly TimeSpan Rest = TimeSpan.FromHours(24);
    private static readonly string[] ThreeNumbers = ["+442079460001", "+442079460002", "+442079460003"];

    [Fact]
    public async Task Many_attempts_for_one_callee_share_out_a_tiny_pool()
    {
        PoolDatabase.Replica[] replicas = [database.Open(TimeProvider.System, Rest, ThreeNumbers),
            database.Open(TimeProvider.System, Rest, ThreeNumbers)];
        for (var round = 0; round < 20; round++)
        {
            var callee = PoolDatabase.NewCallee();
            var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(attempt => Task.Run(() =>
                replicas[attempt % 2].Leases.LeaseAsync(PoolDatabase.Command(callee, DateTimeOffset.UtcNow.AddMinutes(5)), default))));
            var leased = answers.OfType<LeaseAnswer.Leased>().Select(lease => lease.Choice.CallerId.E164).ToArray();
            Assert.Equal(ThreeNumbers, leased.Order(StringComparer.Ordinal));
            Assert.Equal(13, answers.OfType<LeaseAnswer.Refused>().Count());
        }
    }

    [Fact]
    public async Task One_attempt_delivered_many_times_at_once_gets_one_answer()
    {
        PoolDatabase.Replica[] replicas = [database.Open(TimeProvider.System, Rest, "+44207946xxxx"),
            database.Open(TimeProvider.System, Rest, "+44207946xxxx")];
        for (var round = 0; round < 20; round++)
        {
            var command = PoolDatabase.Command(PoolDatabase.NewCallee(), DateTimeOffset.UtcNow.AddMinutes(5));
            var answers = await Task.WhenAll(
                Enumerable.Range(0, 8).Select(delivery => Task.Run(() => replicas[delivery % 2].Leases.LeaseAsync(command, default))));
            Assert.IsType<LeaseAnswer.Leased>(Assert.Single(answers.Distinct()));
            Assert.Equal(1, await database.CountRowsAsync(command.AttemptId));
        }
    }

    [Fact]
    public async Task Sweeps_on_two_replicas_do_not_wait_for_each_other()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(new DateTimeOffset(1990, 1, 1, 0, 0, 0, TimeSpan.Zero));
        PoolDatabase.Replica[] replicas = [database.Open(time, Rest, ThreeNumbers), database.Open(time, Rest, ThreeNumbers)];
        for (var i = 0; i < 50; i++)
            await replicas[i % 2].LeaseAsync(PoolDatabase.Command(PoolDatabase.NewCallee(), time.GetUtcNow().AddMinutes(5)));
        time.Advance(TimeSpan.FromDays(2));
        var deleted = await Task.WhenAll(replicas.Select(replica => replica.OldAnswers.SweepAsync(default)));
        var left = await replicas[0].OldAnswers.SweepAsync(default);
        Assert.Equal(50, deleted.Sum() + left);
    }
}
