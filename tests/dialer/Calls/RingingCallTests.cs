using FlashCall.Contracts;
using FlashCall.Dialer.Calls;
using Xunit;
using static FlashCall.Dialer.Tests.Calls.CallSpec;

namespace FlashCall.Dialer.Tests.Calls;

/// <summary>Calls that ring and that we end.</summary>
public sealed class RingingCallTests
{
    private static readonly CallInput[] Rung = [Start(), Found(), Provisional(100, 0.1), Provisional(180, 2)];

    [Fact]
    public void A_started_call_is_invited() =>
        Given().When(Start()).Then(Seek).AndDeadline(5).When(Found()).Then(Invite).AndDeadline(12);

    [Fact]
    public void Trying_is_not_ringing() =>
        Given(Start(), Found()).When(Provisional(100, 0.1)).Then().AndDeadline(12);

    [Theory]
    [InlineData(181)]
    [InlineData(182)]
    [InlineData(183)]
    [InlineData(199)]
    public void Progress_is_not_ringing(int status) =>
        Given(Start(), Found(), Provisional(100, 0.1)).When(Provisional(status, 1)).Then().AndDeadline(12);

    [Fact]
    public void Ring_time_counts_from_the_first_180() =>
        Given(Start(), Found(), Provisional(100, 0.1)).When(Provisional(180, 2)).Then(Rings(2)).AndDeadline(5);

    [Fact]
    public void Ringing_may_come_without_trying() =>
        Given(Start(), Found()).When(Provisional(180, 2)).Then(Rings(2)).AndDeadline(5);

    [Fact]
    public void A_second_180_from_a_fork_changes_nothing() =>
        Given(Rung).When(Provisional(180, 3)).Then().AndDeadline(5);

    [Fact]
    public void A_183_after_ringing_changes_nothing() =>
        Given(Rung).When(Provisional(183, 3)).Then().AndDeadline(5);

    [Fact]
    public void When_the_ring_time_is_over_the_call_is_cancelled() =>
        Given(Rung).When(Clock(5)).Then(Cancel).AndDeadline(37);

    [Fact]
    public void A_clock_that_fires_early_changes_nothing() =>
        Given(Rung).When(Clock(4.9)).Then().AndDeadline(5);

    [Fact]
    public void A_clock_that_fires_twice_cancels_once() =>
        Given([.. Rung, Clock(5)]).When(Clock(5)).Then().AndDeadline(37);

    [Fact]
    public void The_normal_end_is_487_after_the_cancel() =>
        Given([.. Rung, Clock(5)]).When(Refusal(487, 5.1)).ThenEnds(CallDisposition.Rang, 5.1, 487, rang: 2).AndDeadline(null);

    [Fact]
    public void A_hang_up_while_it_rings_cancels_at_once() =>
        Given(Rung).When(HangUp(2.5)).Then(Cancel).AndDeadline(34.5)
            .When(Refusal(487, 2.6)).ThenEnds(CallDisposition.Rang, 2.6, 487, rang: 2);

    [Fact]
    public void A_repeated_hang_up_cancels_once() =>
        Given([.. Rung, HangUp(2.5)]).When(HangUp(2.6)).Then();

    [Fact]
    public void A_shutdown_while_it_rings_ends_a_call_that_rang() =>
        Given([.. Rung, HangUp(2.5, CancelReason.Shutdown)]).When(Refusal(487, 2.6)).ThenEnds(CallDisposition.Rang, 2.6, 487, rang: 2);

    [Fact]
    public void Without_a_final_response_the_call_is_over_32_s_after_the_cancel() =>
        Given([.. Rung, Clock(5)]).When(Clock(37)).ThenEnds(CallDisposition.Rang, 37, rang: 2).AndDeadline(null);

    [Theory]
    [InlineData(480)]
    [InlineData(404)]
    [InlineData(500)]
    // A proxy sums up its forks so where one phone rang and another was busy, and a callee can reject in the moment of the CANCEL.
    [InlineData(486)]
    [InlineData(603)]
    public void A_network_that_carries_out_the_cancel_with_another_status_rang_all_the_same(int status) =>
        Given([.. Rung, Clock(5)]).When(Refusal(status, 5.1)).ThenEnds(CallDisposition.Rang, 5.1, status, rang: 2);

    [Theory]
    [InlineData(486, CallDisposition.Busy)]
    [InlineData(603, CallDisposition.Rejected)]
    [InlineData(480, CallDisposition.Unreachable)]
    [InlineData(487, CallDisposition.TrunkFailed)]
    public void A_refusal_while_it_rings_says_that_it_rang(int status, CallDisposition disposition) =>
        Given(Rung).When(Refusal(status, 3)).ThenEnds(disposition, 3, status, rang: 2).AndDeadline(null);

    [Fact]
    public void A_call_that_rang_is_interrupted_with_the_time_it_rang_at() =>
        Given(Rung).When(Abandon(3)).ThenEnds(CallDisposition.Interrupted, 3, rang: 2);

    [Fact]
    public void After_the_end_nothing_is_reported_again()
    {
        var spec = Given([.. Rung, Clock(5), Refusal(487, 5.1)]);
        CallInput[] late =
            [Refusal(487, 5.2), Provisional(180, 5.2), HangUp(5.2), Clock(99), NoAnswer(99), NoTransport(99), Abandon(99),
                Start(99), Found(99), NoTrunk(99)];
        foreach (var input in late)
            spec.When(input).Then().AndDeadline(null);
    }
}
