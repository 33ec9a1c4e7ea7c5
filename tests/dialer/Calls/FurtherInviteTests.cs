using FlashCall.Contracts;
using FlashCall.Dialer.Calls;
using Xunit;
using static FlashCall.Dialer.Tests.Calls.CallSpec;

namespace FlashCall.Dialer.Tests.Calls;

/// <summary>Calls that need more than one INVITE: to another trunk, to another address, with credentials, redirected.</summary>
public sealed class FurtherInviteTests
{
    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(302)]
    [InlineData(401)]
    [InlineData(606)]
    public void A_trunk_that_refuses_is_followed_by_the_next(int status)
    {
        Given(Start(), Found(), Provisional(100, 0.1)).When(Refusal(status, 0.5)).Then(Seek).AndDeadline(5)
            .When(Found(0.6)).Then(Invite).AndDeadline(12)
            .When(Provisional(180, 2)).Then(Rings(2)).AndDeadline(5);
    }

    [Fact]
    public void A_trunk_that_cannot_be_reached_is_followed_by_the_next() =>
        Given(Start(), Found()).When(NoTransport(0.1)).Then(Seek).When(Found(0.2)).Then(Invite);

    [Fact]
    public void Without_a_further_trunk_the_call_ends_as_the_last_one_failed()
    {
        Given(Start(), Found(), Refusal(503, 0.5)).When(NoTrunk(0.6)).ThenEnds(CallDisposition.TrunkFailed, 0.6, 503);
        Given(Start(), Found(), Refusal(503, 0.5)).When(NoTrunk(0.6, congested: true)).ThenEnds(CallDisposition.TrunkFailed, 0.6, 503);
        Given(Start(), Found(), NoTransport(0.5)).When(NoTrunk(0.6)).ThenEnds(CallDisposition.TrunkFailed, 0.6);
        Given(Start(), Found(), Refusal(503, 0.5)).When(Clock(5)).ThenEnds(CallDisposition.TrunkFailed, 5, 503);
        Given(Start(), Found(), Refusal(503, 0.5)).When(Found(5.1)).ThenEnds(CallDisposition.TrunkFailed, 5.1, 503);
    }

    [Fact]
    public void What_the_callee_decides_is_asked_of_no_other_trunk() =>
        Given(Start(), Found()).When(Refusal(486, 0.5)).ThenEnds(CallDisposition.Busy, 0.5, 486);

    [Fact]
    public void A_phone_that_rang_is_never_rung_again()
    {
        Given(Start(), Found(), Provisional(180, 0.4)).When(Refusal(503, 0.5)).ThenEnds(CallDisposition.TrunkFailed, 0.5, 503, rang: 0.4);
        Given(Start(), Found(), Provisional(180, 0.4)).When(NoTransport(0.5)).ThenEnds(CallDisposition.TrunkFailed, 0.5, rang: 0.4);
    }

    [Fact]
    public void A_trunk_that_took_the_call_and_is_lost_may_yet_ring_the_phone()
    {
        Given(Start(), Found(), Provisional(100, 0.4)).When(NoTransport(0.5)).ThenEnds(CallDisposition.TrunkFailed, 0.5);
        Given(Start(), Found(), Provisional(100, 0.4)).When(ConnectionLost(0.5)).ThenEnds(CallDisposition.TrunkFailed, 0.5);
        Given(Start(), Found()).When(ConnectionLost(0.5)).ThenEnds(CallDisposition.TrunkFailed, 0.5);
        Given(Start(), Found(), HangUp(0.3)).When(ConnectionLost(0.5)).ThenEnds(CallDisposition.Cancelled, 0.5);
    }

    [Fact]
    public void Silence_leaves_open_whether_the_phone_rings() =>
        Given(Start(), Found()).When(NoAnswer(3.2)).ThenEnds(CallDisposition.Silent, 3.2);

    [Fact]
    public void A_trunk_slower_than_its_own_cap_is_cancelled_and_followed_by_the_next() =>
        Given(Start(), Found(postDialDelayCap: 2), Provisional(183, 0.3)).AndDeadline(2)
            .When(Clock(2)).Then(Cancel).When(Refusal(487, 2.1)).Then(Seek)
            .When(Found(2.2)).Then(Invite).AndDeadline(12);

    [Fact]
    public void A_180_that_crosses_the_cancel_of_a_slow_trunk_is_the_ring() =>
        Given(Start(), Found(postDialDelayCap: 2), Provisional(183, 0.3), Clock(2)).When(Provisional(180, 2.05)).Then(Rings(2.05))
            .When(Refusal(487, 2.1)).ThenEnds(CallDisposition.Rang, 2.1, 487, rang: 2.05);

    [Fact]
    public void A_slow_trunk_that_does_not_answer_the_cancel_either_may_yet_ring_the_phone()
    {
        Given(Start(), Found(postDialDelayCap: 2), Provisional(183, 0.3), Clock(2)).When(NoAnswer(3.9))
            .ThenEnds(CallDisposition.NotRinging, 3.9);
        Given(Start(), Found(postDialDelayCap: 2), Provisional(183, 0.3), Clock(2)).When(Clock(34))
            .ThenEnds(CallDisposition.NotRinging, 34);
    }

    [Fact]
    public void A_slow_trunk_that_refuses_late_is_followed_by_the_next_and_not_asked_again()
    {
        Given(Start(), Found(postDialDelayCap: 2), Clock(2)).When(Refusal(503, 2.5, InviteAgain.ToNextAddress)).Then(Seek);
        Given(Start(), Found(postDialDelayCap: 2), Clock(2)).When(NoTransport(2.5, InviteAgain.ToNextAddress)).Then(Seek);
    }

    [Fact]
    public void A_hang_up_on_a_slow_trunk_tries_no_other()
    {
        Given(Start(), Found(postDialDelayCap: 2), Provisional(183, 0.3), Clock(2)).When(HangUp(2.05)).Then()
            .When(Refusal(487, 2.1)).ThenEnds(CallDisposition.Cancelled, 2.1, 487);
        Given(Start(), Found(postDialDelayCap: 2), Provisional(183, 0.3), Clock(2)).When(HangUp(2.05, CancelReason.Shutdown)).Then()
            .When(Refusal(487, 2.1)).ThenEnds(CallDisposition.Interrupted, 2.1, 487);
        Given(Start(), Found(postDialDelayCap: 2), Clock(2)).When(HangUp(2.05)).Then()
            .When(Refusal(503, 2.1)).ThenEnds(CallDisposition.Cancelled, 2.1, 503);
    }

    [Theory]
    [InlineData(407, nameof(InviteAgain.WithCredentials))]
    [InlineData(302, nameof(InviteAgain.WhereRedirected))]
    [InlineData(503, nameof(InviteAgain.ToNextAddress))]
    public void The_same_trunk_is_asked_again_where_it_says_how(int status, string how)
    {
        var again = Enum.Parse<InviteAgain>(how);
        Given(Start(), Found()).When(Refusal(status, 0.2, again)).Then(Again(again)).AndDeadline(12);
        Given(Start(), Found(postDialDelayCap: 2), Provisional(100, 0.1)).When(Refusal(status, 0.2, again)).Then(Again(again))
            .AndDeadline(2);
    }

    [Fact]
    public void An_address_that_cannot_be_reached_is_followed_by_the_next() =>
        Given(Start(), Found()).When(NoTransport(0.2, InviteAgain.ToNextAddress)).Then(Again(InviteAgain.ToNextAddress));

    [Fact]
    public void Past_its_time_a_call_is_not_dialled_again_in_any_way() =>
        Given(Start(), Found()).When(Refusal(407, 5.1, InviteAgain.WithCredentials)).ThenEnds(CallDisposition.TrunkFailed, 5.1, 407);

    [Fact]
    public void A_hang_up_that_waits_for_a_response_ends_at_the_first_refusal()
    {
        Given(Start(), Found(), HangUp(0.1)).When(Refusal(407, 0.2, InviteAgain.WithCredentials))
            .ThenEnds(CallDisposition.Cancelled, 0.2, 407);
        Given(Start(), Found(), HangUp(0.1)).When(Refusal(503, 0.2)).ThenEnds(CallDisposition.Cancelled, 0.2, 503);
        Given(Start(), Found(), HangUp(0.1)).When(NoTransport(0.2)).ThenEnds(CallDisposition.Cancelled, 0.2);
    }

    [Fact]
    public void An_answer_to_an_invite_that_had_been_refused_ends_the_one_that_is_out() =>
        Given(Start(), Found(), Refusal(503, 0.5), Found(0.6), Provisional(100, 0.7)).When(Success(1, "old", late: true))
            .Then(Ack("old"), Bye("old"), Cancel, Ended(CallDisposition.Answered, 1, 200))
            .When(Success(1.1, "new")).Then(Ack("new"), Bye("new"));

    [Fact]
    public void An_answer_while_another_trunk_is_looked_for_ends_the_search() =>
        Given(Start(), Found(), Refusal(503, 0.5)).When(Success(1, "old", late: true))
            .Then(Ack("old"), Bye("old"), Ended(CallDisposition.Answered, 1, 200))
            .When(Found(1.1)).Then();
}
