using FlashCall.Contracts;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using Xunit;
using static FlashCall.Verification.Tests.Sessions.Usual;

namespace FlashCall.Verification.Tests.Sessions;

/// <summary>The phone rang and showed no caller ID: waiting for a report would keep the person waiting for nothing.</summary>
public sealed class WithheldTests
{
    private static readonly SessionEvent.AttemptFailed Failed = new() { At = At(1000), AttemptId = Spec.First, Reason = "caller_id_withheld" };

    private static Spec RingingOfTwo => Spec.Given(RequestedWithTwoAttempts, Allowed, Started, Leased, Rang);

    [Fact]
    public void With_no_further_attempt_the_session_fails_with_that_reason_and_the_call_stops()
    {
        var result = Ringing.When(ReportWithheld)
            .Then(Withheld, Failed, new SessionEvent.VerificationFailed { At = At(1000), Reason = "caller_id_withheld" })
            .Sends(typeof(HangUp), typeof(VerificationCompleted));

        Assert.Equal("caller_id_withheld", Assert.IsType<VerificationSession.Ended>(result.After).Reason);
    }

    [Fact]
    public void With_a_further_attempt_that_one_follows_and_has_all_its_reports()
    {
        var result = RingingOfTwo.And(Wrong).When(ReportWithheld)
            .Then(Withheld, Failed, Started with { At = At(1000), AttemptId = Spec.Second, Position = 1 })
            .Sends(typeof(HangUp), typeof(LeaseCallerId));

        Assert.Equal(Spec.Second, result.After.Current!.Id);
        var second = Leased with { AttemptId = Spec.Second };
        var next = RingingOfTwo.And(Wrong, Withheld, Failed, Started with { AttemptId = Spec.Second, Position = 1 }, second);
        Assert.Equal(3, next.State.ReportsLeft);
    }

    [Fact]
    public void The_call_that_was_withheld_ends_later_and_gives_its_caller_id_back_as_rung()
    {
        var withheld = RingingOfTwo.And(Wrong, Withheld, Failed, Started with { AttemptId = Spec.Second, Position = 1 });

        var result = withheld.When(End()).Then(Ended).Sends(typeof(VerificationCallEnded), typeof(ReleaseCallerId));

        var release = Assert.Single(result.Messages.OfType<ReleaseCallerId>());
        Assert.Equal((LeaseOutcome.Rang, true, 1), (release.Outcome, release.Reported, release.WrongReports));
    }

    [Fact]
    public void After_the_call_it_can_be_told_too()
    {
        var result = AwaitingReport.When(ReportWithheld)
            .Then(typeof(FlashCallEvent.CallerIdWithheld), typeof(SessionEvent.AttemptFailed), typeof(SessionEvent.VerificationFailed))
            .Sends(typeof(ReleaseCallerId), typeof(VerificationCompleted))
            .Deadline(null);

        var release = result.Messages.OfType<ReleaseCallerId>().Single();
        Assert.Equal((LeaseOutcome.Rang, false, 0), (release.Outcome, release.Reported, release.WrongReports));
    }

    [Fact]
    public void A_repeat_does_not_end_the_attempt_that_follows()
    {
        var next = RingingOfTwo.And(Withheld, Failed, Started with { AttemptId = Spec.Second, Position = 1 });
        next.When(ReportWithheld).ThenRefused(Rejection.NothingToReportYet);
        next.And(Leased with { AttemptId = Spec.Second }).When(ReportWithheld).ThenRefused(Rejection.NothingToReportYet);
    }

    [Fact]
    public void Before_the_phone_rang_and_after_the_end_there_is_nothing_to_withhold()
    {
        Leasing.When(ReportWithheld).ThenRefused(Rejection.NothingToReportYet);
        Calling.When(ReportWithheld).ThenRefused(Rejection.NothingToReportYet);
        Ringing.And(Cancelled).When(ReportWithheld).ThenRefused(Rejection.Ended);
        Ringing.And(Withheld, Failed, new SessionEvent.VerificationFailed { At = At(1000), Reason = "caller_id_withheld" })
            .When(ReportWithheld).ThenRefused(Rejection.Ended);
    }
}
