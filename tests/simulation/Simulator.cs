using System.Collections.Immutable;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Simulation;

/// <summary>Plays honest traffic with the attacks mixed in against the engine, with history in memory and a clock of its own.</summary>
internal static class Simulator
{
    /// <summary>The policy that is played against: the default one, with the countries served, the device of the shop's tablet on the safe
    /// list, and prices.</summary>
    public static PolicyDocument DefaultPolicy { get; } = new()
    {
        Destinations = new DestinationLists
        {
            Allowed = World.Countries.Select(one => one.Country).ToImmutableSortedSet(StringComparer.Ordinal),
        },
        Spend = new SpendSettings
        {
            Prices = [new("+", 0, 10_000), new("+371", 1_000, 350_000)],
            CapMicros = 60_000_000,
        },
    };

    /// <summary>Plays.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="seed">The same seed gives the same traffic.</param>
    /// <param name="hours">Its length, 4 to 240.</param>
    /// <param name="busiest">Honest visits in the busiest hour.</param>
    public static SimulationReport Run(Policy policy, int seed, int hours, int busiest = 1200)
    {
        var random = new Random(seed);
        var start = new DateTimeOffset(2026, 3, 2, 6, 0, 0, TimeSpan.Zero);
        var people = new HonestTraffic(random);
        var visits = people.Play(start, hours, busiest).Concat(new Attacks(random).Play(start, hours))
            .OrderBy(visit => visit.Request.RequestedAt).ToArray();
        var history = new MemoryHistory(policy.Memory, TimeSpan.FromSeconds(policy.Document.Blocks.MemorySeconds));
        history.List(new ListEntry(ListKind.Safe, new Subject(SubjectKind.Device, people.Tablet), ExpiresAt: null));

        var outcomes = new PriorityQueue<Outcome, (DateTimeOffset, int)>();
        var report = new SimulationReport(policy.Version, seed, hours);
        var order = 0;
        foreach (var visit in visits)
        {
            var now = visit.Request.RequestedAt;
            while (outcomes.TryPeek(out var outcome, out _) && outcome.At <= now)
                Learn(policy, history, outcomes.Dequeue());
            var assessment = RiskEngine.Assess(policy, visit.Request, history.Read(RiskEngine.Ask(policy, visit.Request)));
            history.Apply(assessment.Changes, now);
            report.Count(visit, assessment);
            if (assessment.Verdict is Verdict.Block)
                continue;
            var called = new Outcome.Called(visit.Request, now + TimeSpan.FromSeconds(6), visit.Trunk, visit.Answered);
            outcomes.Enqueue(called, (called.At, order++));
            var ended = new Outcome.Ended(visit.Request, now + visit.Length, visit.Verified, visit.WrongReports);
            outcomes.Enqueue(ended, (ended.At, order++));
        }
        return report;
    }

    private static void Learn(Policy policy, MemoryHistory history, Outcome outcome) => history.Apply(
        RiskEngine.Learn(policy, outcome, history.Read(RiskEngine.Ask(policy, outcome))), outcome.At);
}
