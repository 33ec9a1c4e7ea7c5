using System.Collections.Concurrent;
using FlashCall.NumberPool.Leases;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.NumberPool.Tests.Leases;

public sealed class UniformityTests(PoolDatabase database) : IClassFixture<PoolDatabase>
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    /// <summary>
    /// A hundred numbers on two trunks, beside holes, numbers that rest and numbers that are retired. With 99 degrees of freedom
    /// chi-square is above 185 less than once in a million runs.
    /// </summary>
    [Fact]
    public async Task Every_number_that_may_ring_has_the_same_chance()
    {
        Block[] blocks =
        [
            new(442079460000, 442079460032, "a"), new(442079460060, 442079460079, "a", "retired"),
            new(442079461000, 442079461066, "b"), new(442079461100, 442079461100, "b", "resting", _time.GetUtcNow().AddDays(1)),
        ];
        await database.FillAsync(new PoolContents(blocks) { Holes = 7 });
        const int Leases = 20_000;
        var counts = await CountAsync(Leases, PoolDatabase.Settings(TimeSpan.FromDays(1)));
        Assert.Equal(100, counts.Count);
        var expected = Leases / 100.0;
        Assert.InRange(counts.Values.Sum(count => (count - expected) * (count - expected) / expected), 0, 185);
    }

    /// <summary>Ten active numbers and ten on trial at a quarter: 2.5 of 12.5 leases. The bounds are five standard deviations.</summary>
    [Theory]
    [InlineData(0.25, 0.2, 0.032)]
    [InlineData(1, 0.5, 0.04)]
    [InlineData(0, 0, 0)]
    public async Task A_number_on_trial_is_leased_as_rarely_as_the_probe_share_says(double share, double expected, double within)
    {
        await database.FillAsync(new PoolContents(
            [new Block(442079460000, 442079460009), new Block(442079460010, 442079460019, "trunk", "resting", _time.GetUtcNow())]));
        const int Leases = 4_000;
        var counts = await CountAsync(Leases, PoolDatabase.Settings(TimeSpan.FromDays(1)) with { ProbeShare = share });
        var onTrial = counts.Where(number => number.Key >= 442079460010).Sum(number => number.Value);
        Assert.InRange((double)onTrial / Leases, expected - within, expected + within);
    }

    [Fact]
    public async Task When_only_numbers_on_trial_are_left_they_are_leased()
    {
        await database.FillAsync(new PoolContents([new Block(442079460010, 442079460011, "trunk", "resting", _time.GetUtcNow())]));
        var settings = PoolDatabase.Settings(TimeSpan.FromDays(1));
        var counts = await CountAsync(40, settings with { ProbeShare = 0.001 });
        Assert.Equal(40, counts.Values.Sum());
        var pool = database.Open(_time, settings with { ProbeShare = 0 });
        var refusal = await pool.LeaseInVainAsync(PoolDatabase.Command(PoolDatabase.NewCallee(), _time.GetUtcNow().AddMinutes(5)));
        Assert.Equal(Contracts.LeaseRefusal.AllBusy, refusal.Reason);
    }

    private async Task<ConcurrentDictionary<long, int>> CountAsync(int leases, NumberPoolSettings settings)
    {
        var pool = database.Open(_time, settings);
        var counts = new ConcurrentDictionary<long, int>();
        await Parallel.ForEachAsync(Enumerable.Range(0, leases), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, cancel) =>
        {
            var command = PoolDatabase.Command(PoolDatabase.NewCallee(), _time.GetUtcNow().AddMinutes(5));
            var lease = Assert.IsType<LeaseAnswer.Leased>(await pool.Leases.LeaseAsync(command, cancel));
            counts.AddOrUpdate(Block.Number(lease.CallerId.E164), 1, (_, count) => count + 1);
        });
        return counts;
    }
}
