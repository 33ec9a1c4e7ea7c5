using FlashCall.Contracts;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using Xunit;
using static FlashCall.Verification.Tests.Sessions.Usual;

namespace FlashCall.Verification.Tests.Sessions;

public sealed class CallTests
{
    [Fact]
    public void A_leased_caller_id_places_the_call()
    {
        var result = Leasing.When(Lease()).Then(Leased).Sends(typeof(PlaceFlashCall));

        var place = Assert.IsType<PlaceFlashCall>(result.Messages[0]);
        Assert.Equal((From, "demo", Policy.RingTime, At(20) + FlashCallChannel.DialWithin), (place.CallerId, place.Trunk, place.RingTime, place.NotAfter));
        Assert.Equal(3, result.After.ReportsLeft);
    }

    [Theory]
    [InlineData(999, 0)]
    [InlineData(1_000, 1)]
    [InlineData(2_999, 2)]
    [InlineData(1_000_000, 3)]
    public void The_strength_decides_how_many_reports_are_allowed(long candidates, int reports)
    {
        var after = Leasing.When(Lease(candidates)).After;

        Assert.Equal(reports, after.ReportsLeft);
    }

    [Fact]
    public void A_code_too_easy_to_guess_is_not_rung() => Leasing
        .When(Lease(candidates: 999))
        .Then(typeof(FlashCallEvent.CallerIdLeased), typeof(FlashCallEvent.CallNotPlaced), typeof(SessionEvent.AttemptFailed), typeof(SessionEvent.VerificationFailed))
        .Sends(typeof(ReleaseCallerId), typeof(VerificationCompleted))
        .Deadline(null);

    [Fact]
    public void A_refused_lease_fails_the_session() => Leasing
        .When(Refusal)
        .Then(typeof(FlashCallEvent.CallerIdRefused), typeof(SessionEvent.AttemptFailed), typeof(SessionEvent.VerificationFailed))
        .Sends(typeof(VerificationCompleted));

    [Fact]
    public void A_silent_pool_errs_the_session() => Leasing
        .When(Deadline(At(10) + FlashCallChannel.LeaseTimeout))
        .Then(typeof(FlashCallEvent.NewsOverdue), typeof(SessionEvent.AttemptFailed), typeof(SessionEvent.VerificationErrored));

    [Fact]
    public void A_lease_after_the_pool_was_given_up_goes_back()
    {
        var result = Leasing.And(
                Overdue,
                new SessionEvent.AttemptFailed { At = At(5000), AttemptId = Spec.First, Reason = "number_pool_unavailable" },
                new SessionEvent.VerificationErrored { At = At(5000), Reason = "number_pool_unavailable" })
            .When(Lease())
            .Then(typeof(FlashCallEvent.CallerIdLeased), typeof(FlashCallEvent.CallNotPlaced))
            .Sends(typeof(ReleaseCallerId));
        Assert.Equal(LeaseOutcome.NotRung, Assert.IsType<ReleaseCallerId>(result.Messages[0]).Outcome);
    }

    [Fact]
    public void A_lease_for_a_cancelled_session_goes_back() => Leasing.And(Cancelled)
        .When(Lease())
        .Then(typeof(FlashCallEvent.CallerIdLeased), typeof(FlashCallEvent.CallNotPlaced))
        .Sends(typeof(ReleaseCallerId))
        .Deadline(null);

    [Fact]
    public void A_repeated_lease_changes_nothing() => Calling.When(Lease()).ThenNothing().Sends();

    [Fact]
    public void A_lease_of_an_unknown_attempt_changes_nothing() => Calling.When(Lease(attempt: Spec.Second)).ThenNothing().Sends();

    [Fact]
    public void It_rings() => Calling
        .When(Ring)
        .Then(Rang)
        .Sends()
        .Deadline(At(500) + Policy.RingTime + FlashCallChannel.EndOverdueAfter);

    [Fact]
    public void Ringing_again_changes_nothing() => Ringing.When(Ring).ThenNothing();

    [Fact]
    public void After_the_ring_it_waits_for_the_report() => Ringing
        .When(End())
        .Then(Ended)
        .Sends(typeof(VerificationCallEnded))
        .Deadline(Spec.T0 + Policy.Lifetime);

    [Fact]
    public void An_end_that_overtakes_the_ringing_tells_of_both() => Calling.When(End()).Then(Rang, Ended);

    [Fact]
    public void Ringing_after_the_end_changes_nothing() => AwaitingReport.When(Ring).ThenNothing();

    [Fact]
    public void A_repeated_end_changes_nothing() => AwaitingReport.When(End()).ThenNothing();

    [Fact]
    public void Picked_up_without_a_ring_it_still_waits_for_the_report()
    {
        var result = Calling.When(End(CallDisposition.Answered, rang: false, answered: true));

        result.Then(typeof(FlashCallEvent.CallEnded)).Sends(typeof(VerificationCallEnded));
        Assert.Equal(3, result.After.ReportsLeft);
    }

    [Theory]
    [InlineData(CallDisposition.Busy)]
    [InlineData(CallDisposition.Rejected)]
    public void Declined_while_it_rang_it_still_waits_for_the_report(CallDisposition disposition) =>
        Ringing.When(End(disposition)).Then(typeof(FlashCallEvent.CallEnded)).Sends(typeof(VerificationCallEnded));

    [Theory]
    [InlineData(CallDisposition.Busy, "callee_busy")]
    [InlineData(CallDisposition.Rejected, "call_rejected")]
    [InlineData(CallDisposition.InvalidNumber, "number_not_in_service")]
    [InlineData(CallDisposition.Unreachable, "callee_unreachable")]
    [InlineData(CallDisposition.NotRinging, "not_ringing")]
    [InlineData(CallDisposition.Silent, "network_error")]
    [InlineData(CallDisposition.TrunkFailed, "network_error")]
    [InlineData(CallDisposition.Congested, "congested")]
    public void A_call_that_never_rang_fails_the_session(CallDisposition disposition, string reason)
    {
        var result = Calling.When(End(disposition, rang: false));

        result.Then(typeof(FlashCallEvent.CallEnded), typeof(SessionEvent.AttemptFailed), typeof(SessionEvent.VerificationFailed))
            .Sends(typeof(VerificationCallEnded), typeof(ReleaseCallerId), typeof(VerificationCompleted))
            .Deadline(null);
        Assert.Equal(reason, Assert.IsType<VerificationSession.Ended>(result.After).Reason);
        Assert.Equal(LeaseOutcome.NotRung, result.Messages.OfType<ReleaseCallerId>().Single().Outcome);
    }

    [Theory]
    [InlineData(CallDisposition.Interrupted, "call_interrupted", LeaseOutcome.Unknown)]
    [InlineData(CallDisposition.Cancelled, "call_too_late", LeaseOutcome.NotRung)]
    public void A_call_that_we_never_placed_errs_the_session(CallDisposition disposition, string reason, LeaseOutcome outcome)
    {
        var result = Calling.When(End(disposition, rang: false, invited: false));

        var ended = Assert.IsType<VerificationSession.Ended>(result.After);
        Assert.Equal((VerificationOutcome.Errored, reason), (ended.Outcome, ended.Reason));
        Assert.Equal(outcome, result.Messages.OfType<ReleaseCallerId>().Single().Outcome);
    }

    [Fact]
    public void Interrupted_after_it_rang_it_still_waits_for_the_report() =>
        Ringing.When(End(CallDisposition.Interrupted, rang: false)).Then(typeof(FlashCallEvent.CallEnded)).Sends(typeof(VerificationCallEnded));

    [Fact]
    public void Interrupted_after_the_invite_it_may_have_rung_and_waits_for_the_report()
    {
        var result = Calling.When(End(CallDisposition.Interrupted, rang: false)).Then(typeof(FlashCallEvent.CallEnded)).Sends(typeof(VerificationCallEnded));
        Assert.Equal(3, result.After.ReportsLeft);

        var expired = Calling.And(Ended with { Disposition = CallDisposition.Interrupted, RangAt = null }).When(Deadline(Spec.T0 + Policy.Lifetime));
        Assert.Equal(LeaseOutcome.Unknown, expired.Messages.OfType<ReleaseCallerId>().Single().Outcome);
    }

    [Fact]
    public void The_next_attempt_of_the_route_follows_a_failed_one()
    {
        var result = Spec.Given(RequestedWithTwoAttempts, Allowed, Started, Leased).When(End(CallDisposition.Busy, rang: false));

        result.Then(typeof(FlashCallEvent.CallEnded), typeof(SessionEvent.AttemptFailed), typeof(SessionEvent.AttemptStarted))
            .Sends(typeof(VerificationCallEnded), typeof(ReleaseCallerId), typeof(LeaseCallerId));
        Assert.Equal(Spec.Second, result.After.Current!.Id);
    }

    [Fact]
    public void The_last_attempt_of_the_route_ends_the_session() => Spec
        .Given(RequestedWithTwoAttempts, Started with { AttemptId = Spec.Second }, Started with { Position = 1 }, Leased)
        .When(End(CallDisposition.Busy, rang: false))
        .Then(typeof(FlashCallEvent.CallEnded), typeof(SessionEvent.AttemptFailed), typeof(SessionEvent.VerificationFailed));

    [Fact]
    public void A_silent_dialer_errs_the_session_and_is_told_to_hang_up()
    {
        var deadline = At(20) + FlashCallChannel.DialWithin + Policy.PostDialDelayCap + FlashCallChannel.EndOverdueAfter;
        Calling.When(Deadline(deadline - TimeSpan.FromMilliseconds(1))).ThenNothing();

        var result = Calling.When(Deadline(deadline))
            .Then(typeof(FlashCallEvent.NewsOverdue), typeof(SessionEvent.AttemptFailed), typeof(SessionEvent.VerificationErrored))
            .Sends(typeof(HangUp), typeof(ReleaseCallerId), typeof(VerificationCompleted));
        Assert.Equal(LeaseOutcome.Unknown, result.Messages.OfType<ReleaseCallerId>().Single().Outcome);
    }

    [Fact]
    public void A_phone_whose_call_never_ends_can_still_be_reported()
    {
        var result = Ringing.When(Deadline(At(500) + Policy.RingTime + FlashCallChannel.EndOverdueAfter));

        result.Then(typeof(FlashCallEvent.NewsOverdue)).Sends(typeof(HangUp)).Deadline(Spec.T0 + Policy.Lifetime);
        Assert.Equal(3, result.After.ReportsLeft);
    }

    [Fact]
    public void What_the_dialer_says_too_late_is_still_recorded_once()
    {
        var late = Ringing.And(Overdue);
        late.When(End(CallDisposition.Answered, answered: true)).Then(typeof(FlashCallEvent.CallEnded));
        late.And(Ended).When(End(CallDisposition.Answered, answered: true)).ThenNothing();
    }
}
