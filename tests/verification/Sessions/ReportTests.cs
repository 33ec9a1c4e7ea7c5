using FlashCall.Contracts;
using FlashCall.Verification.Sessions;
using Xunit;
using static FlashCall.Verification.Tests.Sessions.Usual;

namespace FlashCall.Verification.Tests.Sessions;

public sealed class ReportTests
{
    [Fact]
    public void The_right_caller_id_verifies_while_it_rings_and_stops_the_call() => Ringing
        .When(Report("+442079460123"))
        .Then(Right, Succeeded)
        .Sends(typeof(HangUp), typeof(VerificationCompleted));

    [Fact]
    public void The_report_may_overtake_the_ringing() => Calling
        .When(Report("+442079460123"))
        .Then(Right, Succeeded)
        .Sends(typeof(HangUp), typeof(VerificationCompleted));

    [Fact]
    public void After_the_call_the_right_caller_id_verifies_and_the_lease_ends()
    {
        var result = AwaitingReport.When(Report("+442079460123")).Sends(typeof(ReleaseCallerId), typeof(VerificationCompleted)).Deadline(null);

        Assert.Equal(LeaseOutcome.Verified, result.Messages.OfType<ReleaseCallerId>().Single().Outcome);
    }

    [Fact]
    public void The_end_of_a_call_after_the_report_ends_the_lease()
    {
        var result = Ringing.And(Right, Succeeded).When(End()).Then(Ended).Sends(typeof(VerificationCallEnded), typeof(ReleaseCallerId)).Deadline(null);

        Assert.Equal(LeaseOutcome.Verified, result.Messages.OfType<ReleaseCallerId>().Single().Outcome);
    }

    [Theory]
    [InlineData("0123")]
    [InlineData("460123")]
    [InlineData("442079460123")]
    public void The_last_digits_verify(string digits) => AwaitingReport.When(ReportDigits(digits)).Then(Right, Succeeded);

    [Theory]
    [InlineData("0124")]
    [InlineData("123456789012345")]
    public void Wrong_digits_do_not(string digits) => AwaitingReport.When(ReportDigits(digits)).Then(Wrong);

    [Fact]
    public void Too_few_digits_do_not_count() => AwaitingReport.When(ReportDigits("123")).ThenRefused(Rejection.TooFewDigits);

    [Fact]
    public void A_wrong_report_leaves_fewer()
    {
        var result = AwaitingReport.When(Report("+442079460124")).Then(Wrong).Sends();

        Assert.Equal(2, result.After.ReportsLeft);
    }

    [Fact]
    public void The_last_wrong_report_fails_the_session()
    {
        var result = Ringing.And(Wrong, Wrong).When(Report("+442079460124"));

        result.Then(typeof(SessionEvent.ReportReceived), typeof(SessionEvent.VerificationFailed)).Sends(typeof(HangUp), typeof(VerificationCompleted));
        Assert.Equal("too_many_reports", Assert.IsType<VerificationSession.Ended>(result.After).Reason);
    }

    [Fact]
    public void The_last_report_may_be_the_right_one() => Ringing.And(Wrong, Wrong).When(Report("+442079460123")).Then(Right, Succeeded);

    [Fact]
    public void Nothing_can_be_reported_before_there_is_a_call()
    {
        AwaitingRisk.When(Report("+442079460123")).ThenRefused(Rejection.NothingToReportYet);
        Leasing.When(Report("+442079460123")).ThenRefused(Rejection.NothingToReportYet);
    }

    [Fact]
    public void Nothing_can_be_reported_after_the_end()
    {
        Ringing.And(Right, Succeeded).When(Report("+442079460123")).ThenRefused(Rejection.Ended);
        Ringing.And(Cancelled).When(Report("+442079460123")).ThenRefused(Rejection.Ended);
    }

    [Theory]
    [InlineData("+442079460123")]
    [InlineData("+44 20 7946 0123")]
    [InlineData("00442079460123")]
    [InlineData("442079460123")]
    [InlineData("020 7946 0123")]
    [InlineData("(020) 7946-0123")]
    [InlineData("02079460123")]
    public void Any_spelling_of_the_caller_id_is_the_caller_id(string spelling) => AwaitingReport.When(Report(spelling)).Then(Right, Succeeded);

    [Theory]
    [InlineData("+442079460122")]
    [InlineData("+4420794601234")]
    [InlineData("020 7946 0124")]
    [InlineData("7946 0124")]
    [InlineData("0124")]
    public void Another_number_is_another_number(string spelling) => AwaitingReport.When(Report(spelling)).Then(Wrong);

    [Theory]
    [InlineData("+42079460123")]
    [InlineData("+442079450123")]
    [InlineData("+46701740605")]
    [InlineData("070-174 06 05")]
    [InlineData("anonymous 1234")]
    [InlineData("Mum 0123")]
    [InlineData("1800 555 0123")]
    public void A_number_that_does_not_begin_as_was_told_was_changed_on_its_way_and_counts(string spelling)
    {
        var result = AwaitingReport.When(Report(spelling)).Then(Rewritten);

        Assert.Equal(2, result.After.ReportsLeft);
    }

    [Theory]
    [InlineData("7946 0123")]
    [InlineData("0123")]
    [InlineData("46-0123")]
    public void The_end_of_the_caller_id_is_the_caller_id(string spelling) => AwaitingReport.When(Report(spelling)).Then(Right, Succeeded);

    [Fact]
    public void Where_the_pool_offers_no_digits_the_whole_number_is_needed()
    {
        var leased = Leasing.And(Leased with { EnterDigits = 0 });

        leased.When(ReportDigits("0123")).ThenRefused(Rejection.WholeNumberNeeded);
        leased.When(Report("460123")).ThenRefused(Rejection.WholeNumberNeeded);
        leased.When(Report("020 7946 0123")).Then(Right, Succeeded);
    }

    [Fact]
    public void In_a_stream_from_before_the_pool_said_so_the_digits_that_were_not_disclosed_are_enough()
    {
        var leased = Leasing.And(Leased with { EnterDigits = null, DisclosedPrefix = "+442079" });

        leased.When(ReportDigits("0123")).ThenRefused(Rejection.TooFewDigits);
        leased.When(Report("0123")).ThenRefused(Rejection.TooFewDigits);
        leased.When(ReportDigits("460123")).Then(Right, Succeeded);
    }

    [Fact]
    public void A_report_never_shows_in_what_is_printed() =>
        Assert.DoesNotContain("7946", Report("+442079460123").ToString(), StringComparison.Ordinal);
}
