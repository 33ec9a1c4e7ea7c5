using FlashCall.NumberPool.Wear;
using Xunit;

namespace FlashCall.NumberPool.Tests.Wear;

/// <summary>Whole pools, call by call, through the book as the fold keeps it: how often it is wrong, how soon it is right. The seeds are
/// fixed, so the figures are always the same.</summary>
public sealed class SimulationTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);
    private static readonly PeerKey Group = new("demo", "+4670");

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.6)]
    [InlineData(0.2)]
    public void Of_2000_healthy_numbers_over_500_calls_each_fewer_than_10_rest(double share)
    {
        // A million calls, one false alarm in 100,000 at most: 10.
        var pool = new Pool(numbers: 2000, seed: 1);
        for (var call = 0; call < 500; call++)
        {
            for (var number = 0; number < 2000; number++)
                pool.Call(number, share);
        }
        Assert.InRange(pool.Book.Findings.Count, 0, 9);
    }

    [Fact]
    public void With_few_calls_to_measure_by_healthy_numbers_do_not_rest_either()
    {
        // What 20 numbers verify in their first calls is far from what they verify at length.
        var rested = Enumerable.Range(0, 200).Sum(seed =>
        {
            var pool = new Pool(numbers: 20, seed);
            for (var call = 0; call < 100; call++)
                pool.CallAll(0.3);
            return pool.Book.Findings.Count;
        });
        Assert.InRange(rested, 0, 8); // 400,000 calls: 4 at most on average
    }

    [Theory]
    [InlineData(0.9, 16)]
    [InlineData(0.6, 48)]
    [InlineData(0.2, 220)]
    public void A_number_at_30_percent_of_its_peers_rests_within_so_many_calls_at_the_median(double share, int calls) =>
        Assert.InRange(MedianCallsToRest(share, 0.3 * share), 5, calls);

    [Fact]
    public void A_number_that_is_never_verified_rests_within_40_calls_among_peers_of_60_percent() =>
        Assert.InRange(MedianCallsToRest(0.6, 0), 5, 40);

    [Theory]
    [InlineData(5)]
    [InlineData(50)]
    [InlineData(1000)]
    public void When_all_numbers_fail_at_once_they_do_not_rest_and_the_trunk_is_said_to_fall(int numbers)
    {
        // One that chance has been unkind to already may be among them.
        var unlucky = numbers / 500;
        var pool = new Pool(numbers, seed: 3);
        for (var call = 0; call < 100_000 / numbers; call++)
            pool.CallAll(0.6);
        Assert.Null(pool.Trend.FallsSince);
        for (var call = 0; call < 200; call++)
            pool.CallAll(0);
        Assert.InRange(pool.Book.Findings.Count, 0, unlucky);
        Assert.NotNull(pool.Trend.FallsSince);
        for (var call = 0; call < 20_000 / numbers; call++)
            pool.CallAll(0.6);
        Assert.Null(pool.Trend.FallsSince);
        Assert.InRange(pool.Book.Findings.Count, 0, unlucky);
    }

    [Fact]
    public void When_all_destinations_fail_at_once_none_rests()
    {
        // One after the other each destination would blame the numbers for its first calls: the trunk as a whole is seen sooner.
        var pool = new Pool(numbers: 50, seed: 4);
        PeerKey[] groups = [.. Enumerable.Range(10, 40).Select(digits => new PeerKey("demo", $"+46{digits}"))];
        for (var call = 0; call < 6000; call++)
            pool.Call(pool.Random.Next(50), 0.6, groups[call % 40]);
        for (var call = 0; call < 20_000; call++)
            pool.Call(pool.Random.Next(50), 0, groups[call % 40]);
        Assert.Empty(pool.Book.Findings);
    }

    [Fact]
    public void Half_a_pool_that_fails_rests_and_the_other_half_does_not()
    {
        var pool = new Pool(numbers: 20, seed: 5);
        for (var call = 0; call < 500; call++)
            pool.CallAll(0.6);
        for (var call = 0; call < 400; call++)
        {
            for (var number = 0; number < 20; number++)
                pool.Call(number, number < 10 ? 0.05 : 0.6);
        }
        Assert.Equal(Enumerable.Range(0, 10).Select(Pool.NumberOf), pool.Book.Findings.Keys.Order());
    }

    [Fact]
    public void A_number_is_judged_by_all_its_destinations_together()
    {
        // At one it has a seventh of the calls that it would take there.
        var pool = new Pool(numbers: 100, seed: 6);
        PeerKey[] groups = [.. Enumerable.Range(10, 20).Select(digits => new PeerKey("demo", $"+46{digits}"))];
        for (var call = 0; call < 20_000; call++)
            pool.Call(pool.Random.Next(100), 0.6, groups[call % 20]);
        var calls = 0;
        while (pool.Book.Findings.Count == 0 && calls < 100)
            pool.Call(7, 0.1, groups[calls++ % 20]);
        Assert.Equal(Pool.NumberOf(7), Assert.Single(pool.Book.Findings).Key);
    }

    private static int MedianCallsToRest(double healthy, double worn)
    {
        int[] calls = [.. Enumerable.Range(0, 51).Select(seed =>
        {
            var pool = new Pool(numbers: 40, seed);
            for (var call = 0; call < 100; call++)
                pool.CallAll(healthy);
            var made = 0;
            for (; !pool.Book.Findings.ContainsKey(Pool.NumberOf(0)) && made < 1000; made++)
            {
                for (var number = 1; number < 40; number++)
                    pool.Call(number, healthy);
                pool.Call(0, worn);
            }
            return made;
        }).Order()];
        return calls[25];
    }

    private sealed class Pool
    {
        private readonly int _numbers;

        public Pool(int numbers, int seed)
        {
            _numbers = numbers;
            Random = new Random(seed);
            for (var number = 0; number < numbers; number++)
                Book.Numbers.Add(NumberOf(number), new Standing(Standing.Kind.Active, null, 0, Evidence.None));
        }

        public Random Random { get; }

        public WearBook Book { get; } = new(WearSettings.Default, Now);

        public Trend Trend => Book.Groups[Group.WholeTrunk].Trend;

        public static long NumberOf(int number) => 442079460000 + number;

        public void CallAll(double share)
        {
            for (var number = 0; number < _numbers; number++)
                Call(number, share);
        }

        public void Call(int number, double share) => Call(number, share, Group);

        public void Call(int number, double share, PeerKey group)
        {
            var verified = Random.NextDouble() < share;
            Book.Take(new Outcome(
                new CallPath(NumberOf(number), group), Now, rang: true, answered: false, blocked: false, reported: verified, verified));
        }
    }
}
