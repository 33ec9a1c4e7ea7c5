using FlashCall.Contracts;
using FlashCall.Verification.Sessions;
using Xunit;
using static FlashCall.Verification.Tests.Sessions.Usual;

namespace FlashCall.Verification.Tests.Sessions;

public sealed class RiskTests
{
    [Fact]
    public void A_session_begins_by_asking_for_its_risk()
    {
        var begun = Decider.Begin(new SessionCommand.Start
        {
            Now = Spec.T0,
            ApplicationId = "demo",
            To = Requested.To,
            Purpose = Purpose.Login,
            Client = ClientContext.Unknown,
            Policy = Policy,
        });
        var state = Evolver.Evolve(null, Spec.Id, Assert.Single(begun));

        Assert.IsType<VerificationSession.AwaitingRisk>(state);
        Assert.IsType<AssessRisk>(Assert.Single(Reactor.React(null, state)).Body);
        Assert.Equal(Spec.T0 + Decider.RiskTimeout, Reactor.Deadline(state));
    }

    [Theory]
    [InlineData(Verdict.Allow)]
    [InlineData(Verdict.Challenge)]
    public void Allowed_or_challenged_it_starts_the_first_attempt(Verdict verdict) => AwaitingRisk
        .When(Risk(verdict))
        .Then(Allowed with { Verdict = verdict }, Started)
        .Sends(typeof(LeaseCallerId))
        .Deadline(At(10) + TimeSpan.FromSeconds(5));

    [Fact]
    public void Blocked_it_is_denied_with_the_heaviest_factor()
    {
        var result = AwaitingRisk.When(Risk(Verdict.Block,
            new RiskFactor { Code = "destination_not_allowed", Weight = 100, Detail = "Allowed: GB." },
            new RiskFactor { Code = "number_velocity", Weight = 40, Detail = "Too often." }));
        result.Then(typeof(SessionEvent.RiskAssessed), typeof(SessionEvent.VerificationDenied)).Sends(typeof(VerificationCompleted)).Deadline(null);

        var ended = Assert.IsType<VerificationSession.Ended>(result.After);
        Assert.Equal((VerificationOutcome.Denied, "destination_not_allowed", "Allowed: GB."), (ended.Outcome, ended.Reason, ended.Detail));
    }

    [Fact]
    public void A_repeated_assessment_changes_nothing() => Leasing.When(Risk(Verdict.Allow)).ThenNothing().Sends();

    [Fact]
    public void An_assessment_after_the_end_changes_nothing() => AwaitingRisk.And(Cancelled).When(Risk(Verdict.Allow)).ThenNothing().Sends();

    [Fact]
    public void Without_an_assessment_in_time_it_errs() => AwaitingRisk
        .When(Deadline(Spec.T0 + Decider.RiskTimeout))
        .Then(
            new SessionEvent.RiskUnavailable { At = Spec.T0 + Decider.RiskTimeout, Done = RiskFallback.Refuse },
            new SessionEvent.VerificationErrored { At = Spec.T0 + Decider.RiskTimeout, Reason = "risk_unavailable" })
        .Sends(typeof(VerificationCompleted))
        .Deadline(null);

    [Fact]
    public void Without_an_assessment_in_time_it_goes_on_where_the_policy_says_so()
    {
        var open = Spec.Given(Requested with { Policy = Policy with { OnRiskUnavailable = RiskFallback.Allow } });
        open.When(Deadline(Spec.T0 + Decider.RiskTimeout))
            .Then(typeof(SessionEvent.RiskUnavailable), typeof(SessionEvent.AttemptStarted))
            .Sends(typeof(LeaseCallerId));
    }

    [Fact]
    public void A_challenge_makes_the_code_stronger()
    {
        var policy = Policy with { MaxReports = 10, GuessBound = 0.001, ChallengeBits = 3.3 };
        Assert.Equal((10, 1), (policy.ReportsFor(10_000), policy.Challenged().ReportsFor(10_000)));
        Assert.Equal(0, policy.Challenged().ReportsFor(9_000));
        Assert.Equal(10, (policy with { ChallengeBits = null }).Challenged().ReportsFor(10_000));

        var asked = Evolver.Evolve(null, Spec.Id, Requested with { Policy = policy });
        Assert.Equal(policy, Evolver.Evolve(asked, Spec.Id, Allowed).Asked.Policy);
        Assert.Equal(policy.Challenged(), Evolver.Evolve(asked, Spec.Id, Allowed with { Verdict = Verdict.Challenge }).Asked.Policy);
    }

    [Fact]
    public void A_deadline_that_comes_too_early_changes_nothing() => AwaitingRisk.When(Deadline(At(4999))).ThenNothing();
}
