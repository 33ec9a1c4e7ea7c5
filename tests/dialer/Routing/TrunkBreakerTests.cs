using FlashCall.Dialer.Routing;
using Xunit;

namespace FlashCall.Dialer.Tests.Routing;

/// <summary>When a trunk is taken out, and how it comes back.</summary>
public sealed class TrunkBreakerTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TrunkOutcome Ok = new TrunkOutcome.Ok();
    private static readonly TrunkOutcome Failed = new TrunkOutcome.Failed();

    private DateTimeOffset _now = Start;
    private BreakerState _state = TrunkBreaker.Initial;

    private Admission Admission => TrunkBreaker.Admits(_state, _now);

    [Fact]
    public void Three_failures_in_a_row_take_a_trunk_out()
    {
        Call(Failed);
        Call(Failed);
        Assert.Equal(Admission.All, Admission);
        Call(Failed);

        Assert.Equal(Admission.None, Admission);
        var open = Assert.IsType<BreakerState.Open>(_state);
        Assert.Equal((OutReason.CallsFailed, _now.AddSeconds(10)), (open.Reason, open.Until));
    }

    [Fact]
    public void A_call_that_goes_well_begins_the_row_anew()
    {
        foreach (var outcome in (TrunkOutcome[])[Failed, Failed, Ok, Failed, Failed])
            Call(outcome);
        Assert.Equal(Admission.All, Admission);
    }

    [Fact]
    public void After_its_time_one_call_goes_through_and_brings_it_back()
    {
        TakeOut();
        Pass(9.999);
        Assert.Equal(Admission.None, Admission);
        Pass(0.001);
        Assert.Equal(Admission.One, Admission);

        var placedAt = Admit();
        Assert.Equal(Admission.None, Admission);
        Pass(2);
        After(Ok, placedAt);

        Assert.Equal(Admission.All, Admission);
    }

    [Fact]
    public void Each_failed_try_doubles_the_time_up_to_five_minutes_and_a_good_one_resets_it()
    {
        TakeOut();
        foreach (var seconds in (double[])[10, 20, 40, 80, 160, 300, 300])
        {
            var open = Assert.IsType<BreakerState.Open>(_state);
            Assert.Equal(seconds, (open.Until - _now).TotalSeconds);
            Pass(seconds);
            After(Failed, Admit());
        }
        Pass(300);
        After(Ok, Admit());
        TakeOut();
        Assert.Equal(10, (Assert.IsType<BreakerState.Open>(_state).Until - _now).TotalSeconds);
    }

    [Fact]
    public void A_try_that_shows_nothing_leaves_it_to_the_next_call()
    {
        TakeOut();
        Pass(10);
        var placedAt = Admit();
        Pass(1);
        _state = TrunkBreaker.AfterNothing(_state, placedAt);
        Assert.Equal(Admission.One, Admission);
        After(Failed, Admit());
        Assert.Equal(20, (Assert.IsType<BreakerState.Open>(_state).Until - _now).TotalSeconds);
    }

    [Fact]
    public void Another_call_that_shows_nothing_does_not_end_the_try()
    {
        var earlier = _now;
        Pass(1);
        TakeOut();
        Pass(10);
        Admit();
        _state = TrunkBreaker.AfterNothing(_state, earlier);
        Assert.Equal(Admission.None, Admission);
    }

    [Fact]
    public void Late_news_of_earlier_calls_neither_lengthens_nor_ends_its_time()
    {
        var earlier = _now;
        Pass(1);
        TakeOut();
        var until = Assert.IsType<BreakerState.Open>(_state).Until;
        After(Failed, earlier);
        After(Ok, earlier);
        Assert.Equal(until, Assert.IsType<BreakerState.Open>(_state).Until);

        Pass(10);
        Admit();
        After(Failed, earlier);
        After(Ok, earlier);
        Assert.IsType<BreakerState.Trying>(_state);
    }

    [Fact]
    public void A_trunk_that_names_a_time_is_left_alone_for_it_and_then_gets_all_calls()
    {
        Call(Failed);
        Call(Busy(30));
        Assert.Equal(OutReason.RetryAfter, Assert.IsType<BreakerState.Open>(_state).Reason);
        Pass(29.9);
        Assert.Equal(Admission.None, Admission);
        Pass(0.1);
        Assert.Equal(Admission.All, Admission);

        Admit();
        Admit();
        TakeOut();
        Assert.Equal(10, (Assert.IsType<BreakerState.Open>(_state).Until - _now).TotalSeconds);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(300, 300)]
    [InlineData(86_400, 300)]
    public void No_trunk_is_left_alone_for_more_than_five_minutes(double asked, double granted)
    {
        Call(Busy(asked));
        Assert.Equal(granted, (Assert.IsType<BreakerState.Open>(_state).Until - _now).TotalSeconds);
    }

    [Fact]
    public void A_time_named_while_it_is_out_counts_if_it_is_the_longer_one()
    {
        TakeOut();
        After(Busy(5), _now);
        Assert.Equal(10, (Assert.IsType<BreakerState.Open>(_state).Until - _now).TotalSeconds);
        After(Busy(60), _now);
        Assert.Equal(60, (Assert.IsType<BreakerState.Open>(_state).Until - _now).TotalSeconds);
        Pass(60);
        Assert.Equal(Admission.One, Admission);
    }

    [Fact]
    public void A_try_that_is_told_to_come_later_does_not_count_as_a_failure()
    {
        TakeOut();
        Pass(10);
        After(Busy(7), Admit());
        Assert.Equal(7, (Assert.IsType<BreakerState.Open>(_state).Until - _now).TotalSeconds);
        Pass(7);
        Assert.Equal(Admission.One, Admission);
        After(Failed, Admit());
        Assert.Equal(20, (Assert.IsType<BreakerState.Open>(_state).Until - _now).TotalSeconds);
    }

    [Fact]
    public void A_failed_OPTIONS_takes_it_out_and_an_answered_one_brings_it_back_at_once()
    {
        OptionsFailed();
        Assert.Equal(OutReason.OptionsFailed, Assert.IsType<BreakerState.Open>(_state).Reason);
        Assert.Equal(Admission.None, Admission);
        Pass(3);
        OptionsAnswered();
        Assert.Equal(Admission.All, Admission);
    }

    [Fact]
    public void A_failed_OPTIONS_doubles_the_time_once_it_is_over()
    {
        OptionsFailed();
        Pass(5);
        OptionsFailed();
        Assert.Equal(5, (Assert.IsType<BreakerState.Open>(_state).Until - _now).TotalSeconds);
        Pass(25);
        OptionsFailed();
        Assert.Equal(20, (Assert.IsType<BreakerState.Open>(_state).Until - _now).TotalSeconds);
    }

    [Fact]
    public void A_trunk_that_rings_phones_but_drops_OPTIONS_stays()
    {
        var sentAt = _now;
        Pass(1);
        Call(Ok);
        Pass(9);
        _state = TrunkBreaker.AfterOptionsFailed(_state, sentAt, _now);
        Assert.Equal(Admission.All, Admission);

        // Nothing rang since: it may be gone.
        OptionsFailed();
        Assert.Equal(Admission.None, Admission);
    }

    [Fact]
    public void An_answered_OPTIONS_does_not_shorten_the_time_of_a_trunk_that_fails_calls()
    {
        TakeOut();
        Pass(5);
        OptionsAnswered();
        Assert.Equal(Admission.None, Admission);
        Pass(5);
        OptionsAnswered();
        Assert.Equal(Admission.All, Admission);
    }

    [Fact]
    public void While_a_call_finds_out_OPTIONS_has_no_say()
    {
        TakeOut();
        Pass(10);
        var placedAt = Admit();
        OptionsFailed();
        OptionsAnswered();
        Assert.IsType<BreakerState.Trying>(_state);
        After(Ok, placedAt);
        Assert.Equal(Admission.All, Admission);
    }

    [Fact]
    public void A_call_that_is_not_admitted_is_a_mistake_of_ours()
    {
        TakeOut();
        Assert.Throws<InvalidOperationException>(() => Admit());
    }

    [Theory]
    [InlineData(100, null, null)]
    [InlineData(180, null, typeof(TrunkOutcome.Ok))]
    [InlineData(183, null, typeof(TrunkOutcome.Ok))]
    [InlineData(200, null, typeof(TrunkOutcome.Ok))]
    [InlineData(404, null, typeof(TrunkOutcome.Ok))]
    [InlineData(480, null, typeof(TrunkOutcome.Ok))]
    [InlineData(486, 30, typeof(TrunkOutcome.Ok))]
    [InlineData(500, null, typeof(TrunkOutcome.Failed))]
    [InlineData(500, 30, typeof(TrunkOutcome.Failed))]
    [InlineData(503, null, typeof(TrunkOutcome.Failed))]
    [InlineData(503, 0, typeof(TrunkOutcome.Failed))]
    [InlineData(503, 30, typeof(TrunkOutcome.Busy))]
    [InlineData(504, null, typeof(TrunkOutcome.Failed))]
    [InlineData(600, null, typeof(TrunkOutcome.Ok))]
    [InlineData(603, null, typeof(TrunkOutcome.Ok))]
    public void A_status_shows_whether_the_trunk_works(int status, int? retryAfter, Type? shows)
    {
        var outcome = TrunkOutcome.OfStatus(status, retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        Assert.Equal(shows, outcome?.GetType());
        Assert.Equal(
            shows == typeof(TrunkOutcome.Busy) ? retryAfter : null, (outcome as TrunkOutcome.Busy)?.RetryAfter.TotalSeconds);
    }

    private static TrunkOutcome Busy(double seconds) => new TrunkOutcome.Busy(TimeSpan.FromSeconds(seconds));

    private void Pass(double seconds) => _now += TimeSpan.FromSeconds(seconds);

    private DateTimeOffset Admit()
    {
        _state = TrunkBreaker.AfterAdmission(_state, _now);
        return _now;
    }

    private void After(TrunkOutcome outcome, DateTimeOffset placedAt) => _state = TrunkBreaker.After(_state, outcome, placedAt, _now);

    private void Call(TrunkOutcome outcome) => After(outcome, Admit());

    private void TakeOut()
    {
        for (var failures = 0; failures < 3; failures++)
            Call(Failed);
        Assert.Equal(Admission.None, Admission);
    }

    private void OptionsAnswered() => _state = TrunkBreaker.AfterOptionsAnswered(_state, _now);

    private void OptionsFailed() => _state = TrunkBreaker.AfterOptionsFailed(_state, _now, _now);
}
