using FlashCall.Fraud.Policies;
using FlashCall.Simulation;
using Xunit;

namespace FlashCall.Fraud.Tests.Simulation;

/// <summary>The goal, on traffic that the default policy was not tuned on. tests/fraud/simulate plays longer ones.</summary>
public sealed class SimulationTests
{
    private const int Hours = 10;
    private const int Visits = 600;

    [Theory]
    [InlineData(101)]
    [InlineData(2026)]
    public void Attacks_are_stopped_and_people_are_let_through(int seed)
    {
        var report = Simulator.Run(new Policy(Simulator.DefaultPolicy, number: 1), seed, Hours, Visits);
        Assert.Equal(["bombing", "guessing", "pumping", "sequence", "sim_farm", "spend_drain"], report.Attacks.Keys);
        Assert.All(report.Attacks.Values, attack => Assert.True(attack.Tried > 100, report.ToString()));
        Assert.All(report.Attacks.Values,
            attack => Assert.True(attack.StoppedAfterFirst >= SimulationReport.StoppedGoal, report.ToString()));
        Assert.True(report.Honest.Tried > 3000, report.ToString());
        Assert.True(report.RefusedRequests < SimulationReport.RefusedGoal, report.ToString());
        Assert.True(report.RefusedPeople < SimulationReport.RefusedGoal, report.ToString());
    }

    [Fact]
    public void The_same_seed_gives_the_same_report() => Assert.Equal(
        Simulator.Run(new Policy(Simulator.DefaultPolicy, number: 1), 7, hours: 4, busiest: 200).ToString(),
        Simulator.Run(new Policy(Simulator.DefaultPolicy, number: 1), 7, hours: 4, busiest: 200).ToString());

    [Fact]
    public void A_policy_in_shadow_mode_stops_nothing_and_says_what_it_would_have_stopped()
    {
        var report = Simulator.Run(
            new Policy(Simulator.DefaultPolicy with { Shadow = true }, number: 1), 7, hours: 4, busiest: 200);
        Assert.All(report.Attacks.Values, attack => Assert.Equal(0, attack.Stopped));
        Assert.Equal(0, report.Honest.Stopped);
        Assert.True(report.Attacks.Values.Sum(attack => attack.WouldStop) > 500, report.ToString());
    }
}
