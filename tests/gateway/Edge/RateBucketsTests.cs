using CsCheck;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Edge;
using Microsoft.Extensions.Time.Testing;

namespace FlashCall.Gateway.Tests.Edge;

/// <summary>Token buckets over time.</summary>
public sealed class RateBucketsTests
{
    private static readonly RateLimit TenASecond = new(10, TimeSpan.FromSeconds(1));

    [Fact]
    public void A_burst_is_what_one_period_allows_and_then_the_rate_holds()
    {
        var time = new FakeTimeProvider();
        var buckets = new RateBuckets<string>(time, most: 10);

        Assert.Equal(
            [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
            Enumerable.Range(0, 10).Select(_ => buckets.Take("a", TenASecond, share: 1)).Where(permit => permit.IsGranted)
                .Select(permit => permit.Left));
        var refused = buckets.Take("a", TenASecond, share: 1);
        Assert.Equal((false, 0, 100.0, 1000.0), (refused.IsGranted, refused.Left, refused.RetryIn.TotalMilliseconds, refused.FullIn.TotalMilliseconds));
        Assert.Equal((1, 1), (refused.RetryAfterSeconds, refused.FullInSeconds));

        time.Advance(refused.RetryIn - TimeSpan.FromTicks(1));
        Assert.False(buckets.Take("a", TenASecond, share: 1).IsGranted);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.True(buckets.Take("a", TenASecond, share: 1).IsGranted);
        Assert.False(buckets.Take("a", TenASecond, share: 1).IsGranted);
        Assert.True(buckets.Take("b", TenASecond, share: 1).IsGranted);
    }

    /// <summary>Against counting: however requests come, no stretch of time sees more than its burst and its rate.</summary>
    [Fact]
    public void No_stretch_of_time_sees_more_than_the_limit() => Gen.Select(
            Gen.Int[1, 20], Gen.Int[1, 10], Gen.Int[1, 4], Gen.Int[0, 400].Array[1, 200])
        .Sample((permits, seconds, replicas, pauses) =>
        {
            var time = new FakeTimeProvider();
            var limit = new RateLimit(permits, TimeSpan.FromSeconds(seconds));
            var buckets = Enumerable.Range(0, replicas).Select(_ => new RateBuckets<int>(time, most: 10)).ToArray();
            var granted = new List<double>();
            var asked = 0;
            foreach (var pause in pauses)
            {
                time.Advance(TimeSpan.FromMilliseconds(pause));
                if (buckets[asked++ % replicas].Take(1, limit, 1.0 / replicas).IsGranted)
                    granted.Add((time.GetUtcNow() - time.Start).TotalSeconds);
            }
            // Each replica gives one permit at least, however small its share is.
            var burst = Math.Max(permits, replicas);
            Assert.All(granted, (from, i) => Assert.All(
                granted.Skip(i), (to, n) => Assert.True(n + 1 <= burst + (to - from) * permits / seconds + 1e-3 + replicas)));
        }, iter: 300);

    [Fact]
    public void A_share_is_a_part_of_burst_and_rate_and_one_permit_at_least()
    {
        var time = new FakeTimeProvider();
        var buckets = new RateBuckets<string>(time, most: 10);

        Assert.Equal(5, Enumerable.Range(0, 20).Count(_ => buckets.Take("a", TenASecond, share: 0.5).IsGranted));
        time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(1, Enumerable.Range(0, 20).Count(_ => buckets.Take("a", TenASecond, share: 0.5).IsGranted));

        var rare = new RateLimit(1, TimeSpan.FromSeconds(1));
        Assert.Equal(1, Enumerable.Range(0, 20).Count(_ => buckets.Take("rare", rare, share: 0.25).IsGranted));
        Assert.Equal(4, buckets.Take("rare", rare, share: 0.25).RetryIn.TotalSeconds);
    }

    [Fact]
    public void A_limit_that_changes_holds_from_the_next_request()
    {
        var time = new FakeTimeProvider();
        var buckets = new RateBuckets<string>(time, most: 10);
        for (var i = 0; i < 10; i++)
            Assert.True(buckets.Take("a", TenASecond, share: 1).IsGranted);

        Assert.False(buckets.Take("a", TenASecond, share: 1).IsGranted);
        Assert.True(buckets.Take("a", new RateLimit(10, TimeSpan.FromSeconds(10)), share: 1).IsGranted);
    }

    [Fact]
    public void Memory_is_bounded_and_who_finds_no_room_shares_with_others()
    {
        var time = new FakeTimeProvider();
        var buckets = new RateBuckets<int>(time, most: 100);

        Assert.Equal(100, Enumerable.Range(0, 100).Count(key => buckets.Take(key, TenASecond, share: 1).IsGranted));
        Assert.Equal(10, Enumerable.Range(100, 1000).Count(key => buckets.Take(key, TenASecond, share: 1).IsGranted));
        Assert.Equal(100, buckets.Count);
        // Those that have one keep it.
        Assert.Equal(8, buckets.Take(5, TenASecond, share: 1).Left);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(100, Enumerable.Range(100, 100).Count(key => buckets.Take(key, TenASecond, share: 1).IsGranted));
        Assert.InRange(buckets.Count, 1, 100);
    }

    [Fact]
    public async Task Many_at_once_get_no_more_than_there_is()
    {
        var buckets = new RateBuckets<int>(new FakeTimeProvider(), most: 1000);
        var granted = new int[50];

        await Parallel.ForEachAsync(Enumerable.Range(0, 5000), TestContext.Current.CancellationToken, (i, _) =>
        {
            if (buckets.Take(i % 50, TenASecond, share: 1).IsGranted)
                Interlocked.Increment(ref granted[i % 50]);
            return ValueTask.CompletedTask;
        });

        Assert.All(granted, count => Assert.Equal(10, count));
        Assert.Equal(50, buckets.Count);
    }
}
