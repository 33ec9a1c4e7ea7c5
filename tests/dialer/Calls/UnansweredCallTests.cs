using FlashCall.Contracts;
using FlashCall.Dialer.Calls;
using Xunit;
using static FlashCall.Dialer.Tests.Calls.CallSpec;

namespace FlashCall.Dialer.Tests.Calls;

/// <summary>Calls that never ring: withdrawn, refused, silent, stuck.</summary>
public sealed class UnansweredCallTests
{
    [Fact]
    public void A_call_whose_time_has_passed_is_cancelled_without_an_invite() =>
        Given().When(Start(5.1)).ThenEnds(CallDisposition.Cancelled, 5.1, invited: null);

    [Fact]
    public void A_call_may_start_up_to_its_last_moment() =>
        Given().When(Start(5)).Then(Seek).When(Found(5)).Then(Invite);

    [Fact]
    public void A_hang_up_before_the_invite_means_no_invite() =>
        Given(HangUp(0)).When(Start()).Then();

    [Fact]
    public void A_hang_up_before_the_invite_ends_the_call_as_cancelled() =>
        Given().When(HangUp(0)).ThenEnds(CallDisposition.Cancelled, 0, invited: null);

    [Fact]
    public void A_shutdown_before_the_invite_interrupts() =>
        Given().When(HangUp(0, CancelReason.Shutdown)).ThenEnds(CallDisposition.Interrupted, 0, invited: null);

    [Fact]
    public void Without_a_trunk_the_call_fails() =>
        Given(Start()).When(NoTrunk(0.1)).ThenEnds(CallDisposition.TrunkFailed, 0.1, invited: null);

    [Fact]
    public void Without_room_on_any_trunk_the_call_is_congested() =>
        Given(Start()).When(NoTrunk(0.6, congested: true)).ThenEnds(CallDisposition.Congested, 0.6, invited: null);

    [Fact]
    public void A_search_that_takes_as_long_as_the_call_may_wait_is_congested() =>
        Given(Start()).When(Clock(5)).ThenEnds(CallDisposition.Congested, 5, invited: null).When(Found(5.1)).Then();

    [Fact]
    public void A_trunk_that_is_found_too_late_gets_no_invite() =>
        Given(Start()).When(Found(5.1)).ThenEnds(CallDisposition.Cancelled, 5.1, invited: null);

    [Fact]
    public void A_hang_up_while_a_trunk_is_looked_for_means_no_invite() =>
        Given(Start()).When(HangUp(0.2)).ThenEnds(CallDisposition.Cancelled, 0.2, invited: null).When(Found(0.3)).Then();

    [Fact]
    public void An_invite_that_cannot_be_sent_fails_the_trunk() =>
        Given(Start(), Found()).When(NoTransport(6)).ThenEnds(CallDisposition.TrunkFailed, 6);

    [Theory]
    [InlineData(100)]
    [InlineData(183)]
    public void A_hang_up_before_any_response_waits_for_one(int status)
    {
        var spec = Given(Start(), Found()).When(HangUp(0.2)).Then().AndDeadline(null);
        spec.When(Provisional(status, 0.5)).Then(Cancel).AndDeadline(32.5);
        spec.When(Refusal(487, 0.6)).ThenEnds(CallDisposition.Cancelled, 0.6, 487);
    }

    [Fact]
    public void A_hang_up_before_any_response_and_a_180_is_a_call_that_rang() =>
        Given(Start(), Found(), HangUp(0.2)).When(Provisional(180, 0.5)).Then(Rings(0.5), Cancel)
            .When(Refusal(487, 0.6)).ThenEnds(CallDisposition.Rang, 0.6, 487, rang: 0.5);

    [Fact]
    public void A_hang_up_before_any_response_and_a_refusal_keeps_the_refusal() =>
        Given(Start(), Found(), HangUp(0.2)).When(Refusal(404, 0.5)).ThenEnds(CallDisposition.InvalidNumber, 0.5, 404);

    [Fact]
    public void A_hang_up_before_any_response_that_never_comes_is_cancelled() =>
        Given(Start(), Found(), HangUp(0.2)).When(NoAnswer(32)).ThenEnds(CallDisposition.Cancelled, 32);

    [Fact]
    public void A_shutdown_before_any_response_that_never_comes_is_interrupted() =>
        Given(Start(), Found(), HangUp(0.2, CancelReason.Shutdown)).When(NoAnswer(32)).ThenEnds(CallDisposition.Interrupted, 32);

    [Fact]
    public void A_hang_up_before_ringing_cancels() =>
        Given(Start(), Found(), Provisional(183, 1)).When(HangUp(2)).Then(Cancel)
            .When(Refusal(487, 2.1)).ThenEnds(CallDisposition.Cancelled, 2.1, 487);

    [Fact]
    public void A_180_that_crosses_the_cancel_is_a_call_that_rang() =>
        Given(Start(), Found(), Provisional(100, 1), HangUp(2)).When(Provisional(180, 2.05)).Then(Rings(2.05)).AndDeadline(34)
            .When(Provisional(180, 2.06)).Then()
            .When(Refusal(487, 2.1)).ThenEnds(CallDisposition.Rang, 2.1, 487, rang: 2.05);

    [Fact]
    public void A_shutdown_before_ringing_interrupts() =>
        Given(Start(), Found(), Provisional(183, 1), HangUp(2, CancelReason.Shutdown)).When(Refusal(487, 2.1))
            .ThenEnds(CallDisposition.Interrupted, 2.1, 487);

    [Fact]
    public void An_announcement_is_cancelled_at_the_post_dial_delay_cap() =>
        Given(Start(), Found(), Provisional(183, 1)).When(Clock(12)).Then(Cancel)
            .When(Refusal(487, 12.1)).ThenEnds(CallDisposition.NotRinging, 12.1, 487);

    [Fact]
    public void Trying_alone_is_cancelled_at_the_cap_and_over_32_s_later() =>
        Given(Start(), Found(), Provisional(100, 1)).When(Clock(12)).Then(Cancel).AndDeadline(44)
            .When(Clock(44)).ThenEnds(CallDisposition.NotRinging, 44);

    [Fact]
    public void A_silent_trunk_is_not_cancelled_at_the_cap_but_ended_by_timer_b() =>
        Given(Start(), Found()).When(Clock(12)).Then().AndDeadline(null)
            .When(NoAnswer(32)).ThenEnds(CallDisposition.Silent, 32);

    [Fact]
    public void Timer_b_before_the_cap_is_silence_too() =>
        Given(Start(), Found()).When(NoAnswer(6.4)).ThenEnds(CallDisposition.Silent, 6.4);

    [Fact]
    public void A_trunk_that_wakes_after_the_cap_is_cancelled_at_once() =>
        Given(Start(), Found(), Clock(12)).When(Provisional(100, 15)).Then(Cancel)
            .When(Refusal(487, 15.1)).ThenEnds(CallDisposition.NotRinging, 15.1, 487);

    [Fact]
    public void A_hang_up_after_the_cap_on_a_silent_trunk_is_a_cancelled_call() =>
        Given(Start(), Found(), Clock(12), HangUp(13)).When(NoAnswer(32)).ThenEnds(CallDisposition.Cancelled, 32);

    [Theory]
    [InlineData(486, CallDisposition.Busy)]
    [InlineData(600, CallDisposition.Busy)]
    [InlineData(603, CallDisposition.Rejected)]
    [InlineData(607, CallDisposition.Rejected)]
    [InlineData(608, CallDisposition.Rejected)]
    [InlineData(403, CallDisposition.Rejected)]
    [InlineData(404, CallDisposition.InvalidNumber)]
    [InlineData(484, CallDisposition.InvalidNumber)]
    [InlineData(604, CallDisposition.InvalidNumber)]
    [InlineData(480, CallDisposition.Unreachable)]
    [InlineData(408, CallDisposition.Unreachable)]
    [InlineData(410, CallDisposition.Unreachable)]
    [InlineData(302, CallDisposition.TrunkFailed)]
    [InlineData(401, CallDisposition.TrunkFailed)]
    [InlineData(407, CallDisposition.TrunkFailed)]
    [InlineData(487, CallDisposition.TrunkFailed)]
    [InlineData(488, CallDisposition.TrunkFailed)]
    [InlineData(500, CallDisposition.TrunkFailed)]
    [InlineData(503, CallDisposition.TrunkFailed)]
    [InlineData(606, CallDisposition.TrunkFailed)]
    [InlineData(699, CallDisposition.TrunkFailed)]
    public void A_refusal_has_the_disposition_of_its_status(int status, CallDisposition disposition)
    {
        Given(Start(), Found()).When(Refusal(status, 6)).ThenEnds(disposition, 6, status);
        Given(Start(), Found(), Provisional(100, 0.1)).When(Refusal(status, 6)).ThenEnds(disposition, 6, status);
        Given(Start(), Found(), Provisional(180, 0.1)).When(Refusal(status, 1)).ThenEnds(disposition, 1, status, rang: 0.1);
    }

    [Fact]
    public void Every_final_status_has_a_disposition()
    {
        for (var status = 300; status <= 699; status++)
            Assert.NotEqual(CallDisposition.Answered, Dispositions.OfStatus(status));
        Assert.Throws<ArgumentOutOfRangeException>(() => Dispositions.OfStatus(200));
    }

    [Fact]
    public void An_abandoned_call_is_interrupted() =>
        Given(Start(), Found(), Provisional(100, 0.1)).When(Abandon(1)).ThenEnds(CallDisposition.Interrupted, 1);

    [Fact]
    public void A_transport_that_fails_while_cancelling_ends_the_call_as_it_was_meant_to() =>
        Given(Start(), Found(), Provisional(100, 1), HangUp(2)).When(NoTransport(2.1)).ThenEnds(CallDisposition.Cancelled, 2.1);
}
