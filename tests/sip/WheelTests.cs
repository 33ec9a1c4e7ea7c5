using CsCheck;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>The timing wheel against what it stands for: timers sorted by when they are due.</summary>
public sealed class WheelTests
{
    [Fact]
    public void Timers_come_out_in_the_tick_they_are_due_in_however_far_it_is_and_however_time_goes() => Gen.Select(
        Gen.OneOf(Gen.Long[0, 70], Gen.Long[0, 5_000], Gen.Long[0, 5_000_000], Gen.Long[0, 3_000_000_000]).Array[1, 60],
        Gen.OneOf(Gen.Long[1, 3], Gen.Long[1, 500], Gen.Long[1, 100_000_000]).Array[1, 60],
        Gen.Int[0, 60].Array[0, 20]).Sample(
        (dues, steps, removed) =>
        {
            var wheel = new SipTimerWheel();
            var timers = dues.Select(due => new SipTimer(() => { }) { Due = due }).ToArray<SipTimed>();
            foreach (var timer in timers)
                wheel.Add(timer);
            foreach (var index in removed)
                wheel.Remove(timers[index % timers.Length]);
            var left = timers.Where((_, i) => !removed.Any(index => index % timers.Length == i)).ToHashSet();

            var now = 0L;
            foreach (var step in steps.Append(3_100_000_000))
            {
                Assert.Equal(left.Count, wheel.Count);
                var next = wheel.NextTick();
                Assert.Equal(left.Count == 0, next is null);
                // Never later than the first timer, or it would run late. What is due at once is due in the next tick.
                Assert.True(next is null || next <= Math.Max(now + 1, left.Min(timer => timer.Due)));
                now += step;
                var due = new List<SipTimed>();
                wheel.Advance(now, due);
                var expected = left.Where(timer => timer.Due <= now).ToHashSet();
                Assert.True(expected.SetEquals(due));
                left.ExceptWith(expected);
            }
        },
        iter: 500);

    [Fact]
    public void A_timer_of_another_wheel_is_left_alone()
    {
        var (one, other) = (new SipTimerWheel(), new SipTimerWheel());
        var timer = new SipTimer(() => { }) { Due = 5 };
        one.Add(timer);
        other.Remove(timer);

        Assert.Equal((1, 0), (one.Count, other.Count));
    }
}
