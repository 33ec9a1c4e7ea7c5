using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Sip.Tests;

public sealed class TimersTests
{
    [Fact]
    public void Each_runs_when_it_is_due_and_not_when_it_was_stopped() => Gen.Select(Gen.Int[1, 500], Gen.Bool).Array[1, 200].Sample(
        plan =>
        {
            var time = new FakeTimeProvider();
            using var timers = new SipTimers(time, exception => throw exception);
            var start = time.GetTimestamp();
            var ran = new int?[plan.Length];
            var all = plan.Select((_, i) => new SipTimer(() => ran[i] = (int)time.GetElapsedTime(start).TotalMilliseconds)).ToArray();
            for (var i = 0; i < plan.Length; i++)
            {
                timers.Start(all[i], TimeSpan.FromMilliseconds(1000));
                timers.Start(all[i], TimeSpan.FromMilliseconds(plan[i].Item1));
            }
            foreach (var (timer, (_, stopped)) in all.Zip(plan))
            {
                if (stopped)
                    timers.Stop(timer);
            }
            Assert.Equal(plan.Count(p => !p.Item2), timers.Count);

            for (var i = 0; i < 505; i++)
                time.Advance(TimeSpan.FromMilliseconds(1));

            var tick = (int)SipTimers.Tick.TotalMilliseconds;
            Assert.Equal(plan.Select(p => p.Item2 ? (int?)null : (p.Item1 + tick - 1) / tick * tick), ran);
            Assert.Equal(0, timers.Count);
        },
        iter: 50);

    [Fact]
    public void A_callback_that_throws_does_not_keep_others_from_running()
    {
        var time = new FakeTimeProvider();
        var faults = new List<Exception>();
        using var timers = new SipTimers(time, faults.Add);
        var ran = 0;
        timers.Start(new SipTimer(() => throw new InvalidOperationException()), TimeSpan.FromSeconds(1));
        timers.Start(new SipTimer(() => ran++), TimeSpan.FromSeconds(1));

        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, ran);
        Assert.Single(faults);
    }

    [Fact]
    public void Of_two_due_at_once_the_first_can_stop_the_other()
    {
        var time = new FakeTimeProvider();
        using var timers = new SipTimers(time, exception => throw exception);
        var ran = 0;
        SipTimer? first = null, second = null;
        first = new SipTimer(() => { ran++; timers.Stop(second!); });
        second = new SipTimer(() => { ran++; timers.Stop(first); });
        timers.Start(first, TimeSpan.FromSeconds(1));
        timers.Start(second, TimeSpan.FromSeconds(1));

        time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(1, ran);
    }

    [Fact]
    public void A_timer_may_start_itself_again_until_all_end()
    {
        var time = new FakeTimeProvider();
        var timers = new SipTimers(time, exception => throw exception);
        var ran = 0;
        SipTimer? timer = null;
        timer = new SipTimer(() =>
        {
            ran++;
            timers.Start(timer!, TimeSpan.FromSeconds(1));
        });
        timers.Start(timer, TimeSpan.FromSeconds(1));
        for (var i = 0; i < 3; i++)
            time.Advance(TimeSpan.FromSeconds(1));
        timers.Dispose();
        timers.Start(timer, TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(3, ran);
        Assert.Equal(0, timers.Count);
    }
}
