using CsCheck;
using FlashCall.Fraud.Counting;
using Xunit;

namespace FlashCall.Fraud.Tests.Counting;

public sealed class WindowTests
{
    private static readonly DateTimeOffset Noon = History.Noon;

    private static readonly Gen<Window> Windows =
        from seconds in Gen.OneOf(Gen.Int[1, 600], Gen.Int[601, 7200], Gen.Int[7201, 172_800], Gen.Int[172_801, 2_592_000])
        from lag in Gen.OneOf(Gen.Const(0), Gen.Int[1, 600])
        select new Window(TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(lag));

    [Theory]
    [InlineData(60, 5)]
    [InlineData(600, 5)]
    [InlineData(601, 60)]
    [InlineData(7200, 60)]
    [InlineData(86_400, 900)]
    [InlineData(172_800, 900)]
    [InlineData(1_209_600, 21_600)]
    public void A_window_has_the_grain_of_its_length(int seconds, int grain) =>
        Assert.Equal(grain, new Window(TimeSpan.FromSeconds(seconds)).GrainSeconds);

    [Fact]
    public void What_happened_within_the_window_counts_and_what_happened_more_than_a_grain_before_it_does_not() =>
        Gen.Select(Windows, Gen.Int[0, 3_000_000], Gen.Int[0, 100_000]).Sample((window, ago, offset) =>
        {
            var now = Noon.AddSeconds(offset);
            var at = now.AddSeconds(-ago);
            var (first, last) = window.BucketsAt(now);
            var isIn = Window.BucketOf(at, window.GrainSeconds) is var bucket && bucket >= first && bucket <= last;
            var age = TimeSpan.FromSeconds(ago);
            var grain = TimeSpan.FromSeconds(window.GrainSeconds);
            if (age > window.Lag + window.Length + grain)
                Assert.False(isIn);
            // Without a lag all that is young enough counts; with one, only what is certainly old enough.
            if (window.Lag == TimeSpan.Zero && age <= window.Length)
                Assert.True(isIn);
            if (window.Lag > TimeSpan.Zero && isIn)
                Assert.True(age >= window.Lag);
            if (age >= window.Lag + grain && age <= window.Lag + window.Length)
                Assert.True(isIn);
        }, iter: 20_000);

    [Theory]
    [InlineData(-1, -1)]
    [InlineData(-5, -1)]
    [InlineData(-6, -2)]
    [InlineData(0, 0)]
    [InlineData(4, 0)]
    [InlineData(5, 1)]
    public void Buckets_go_on_before_1970(int second, long bucket) =>
        Assert.Equal(bucket, Window.BucketOf(DateTimeOffset.UnixEpoch.AddSeconds(second), 5));

    [Theory]
    [InlineData(30, "30 seconds")]
    [InlineData(60, "1 minute")]
    [InlineData(600, "10 minutes")]
    [InlineData(3600, "1 hour")]
    [InlineData(86_400, "1 day")]
    [InlineData(129_600, "36 hours")]
    [InlineData(90, "90 seconds")]
    public void A_window_is_told_in_words(int seconds, string words) =>
        Assert.Equal(words, new Window(TimeSpan.FromSeconds(seconds)).Text);
}
