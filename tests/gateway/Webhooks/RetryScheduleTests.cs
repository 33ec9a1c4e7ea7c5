using CsCheck;
using FlashCall.Gateway.Webhooks.Deliveries;

namespace FlashCall.Gateway.Tests.Webhooks;

public sealed class RetryScheduleTests
{
    private static readonly DateTimeOffset Began = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Waits_grow_and_end_within_a_day()
    {
        string[] expected = ["00:00:05", "00:00:30", "00:02:00", "00:10:00", "01:00:00", "03:00:00", "06:00:00", "12:00:00"];
        var now = Began;
        for (var tries = 1; tries <= expected.Length; tries++)
        {
            var next = RetrySchedule.Next(Began, tries, now, retryAfter: null, chance: 0.5)!.Value;
            Assert.Equal(TimeSpan.Parse(expected[tries - 1], System.Globalization.CultureInfo.InvariantCulture), next - now);
            now = next;
        }
        Assert.Null(RetrySchedule.Next(Began, expected.Length + 1, now, retryAfter: null, chance: 0.5));
    }

    [Fact]
    public void A_wait_is_a_fifth_longer_or_shorter_by_chance()
    {
        Assert.Equal(TimeSpan.FromSeconds(4), RetrySchedule.Next(Began, 1, Began, retryAfter: null, chance: 0) - Began);
        Assert.Equal(TimeSpan.FromSeconds(6), RetrySchedule.Next(Began, 1, Began, retryAfter: null, chance: 1) - Began);
    }

    [Fact]
    public void A_receiver_is_left_alone_for_as_long_as_it_asks_up_to_the_next_wait()
    {
        TimeSpan? WaitWith(int retryAfterSeconds) =>
            RetrySchedule.Next(Began, 1, Began, TimeSpan.FromSeconds(retryAfterSeconds), chance: 0.5) - Began;
        Assert.Equal(TimeSpan.FromSeconds(5), WaitWith(1));
        Assert.Equal(TimeSpan.FromSeconds(20), WaitWith(20));
        Assert.Equal(TimeSpan.FromSeconds(30), WaitWith(3600));
    }

    /// <summary>Whatever happens, the next try is in the future, within the day, and there is a last one.</summary>
    [Fact]
    public void The_next_try_is_later_and_within_the_day() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[0, 90_000], Gen.Int[-10, 100_000].Nullable(), Gen.Double[0, 1])
            .Sample((tries, elapsed, retryAfter, chance) =>
            {
                var now = Began.AddSeconds(elapsed);
                var next = RetrySchedule.Next(
                    Began, tries, now, retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null, chance);
                return next is { } due
                    ? tries < RetrySchedule.MostTries && due > now && due <= Began + RetrySchedule.Within
                    : tries >= RetrySchedule.MostTries || now >= Began + RetrySchedule.Within;
            });
}
