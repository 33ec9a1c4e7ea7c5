using System.Collections.Immutable;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Tests;

/// <summary>The engine over a history of its own: requests and outcomes go in, verdicts come out.</summary>
internal sealed class History
{
    public static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The default policy with two countries open.</summary>
    public static readonly PolicyDocument Usual = new()
    {
        Destinations = new DestinationLists { Allowed = ImmutableSortedSet.Create("GB", "SE") },
    };

    /// <summary>A request with nothing against it.</summary>
    public static readonly RiskRequest Request = new()
    {
        RequestedAt = Noon,
        ApplicationId = "shop",
        Purpose = Purpose.Login,
        Number = "+46701234567",
        Destination = "SE",
        LineType = LineType.Mobile,
        IsValid = true,
        Address = "203.0.113.7/32",
        Network = "203.0.113.0/24",
        AddressCountry = "SE",
        Device = "00000000000000000000000000000001",
    };

    public History(PolicyDocument? document = null)
    {
        Policy = new Policy(document ?? Usual, number: 1);
        Memory = new MemoryHistory(Policy.Memory, TimeSpan.FromSeconds(Policy.Document.Blocks.MemorySeconds));
    }

    public Policy Policy { get; }

    public MemoryHistory Memory { get; }

    /// <summary>A request from somebody else for some other number.</summary>
    public static RiskRequest Stranger(int i, DateTimeOffset at) => Request with
    {
        RequestedAt = at,
        Number = $"+4676{i * 7919 % 10_000_000:0000000}",
        Address = $"198.{i % 100}.{i / 100 % 250}.9/32",
        Network = $"198.{i % 100}.{i / 100 % 250}.0/24",
        Device = $"{i:x32}",
    };

    /// <summary>Assesses without remembering.</summary>
    public Assessment Look(RiskRequest request) =>
        RiskEngine.Assess(Policy, request, Memory.Read(RiskEngine.Ask(Policy, request)));

    /// <summary>Assesses and remembers.</summary>
    public Assessment Take(RiskRequest request)
    {
        var assessment = Look(request);
        Memory.Apply(assessment.Changes, request.RequestedAt);
        return assessment;
    }

    /// <summary>Learns and remembers.</summary>
    public Changes Learn(Outcome outcome)
    {
        var changes = RiskEngine.Learn(Policy, outcome, Memory.Read(RiskEngine.Ask(Policy, outcome)));
        Memory.Apply(changes, outcome.At);
        return changes;
    }

    /// <summary>Takes a request and, if it was let through, what became of it.</summary>
    public Verdict Play(RiskRequest request, bool verified, int wrong = 0, bool answered = false)
    {
        var verdict = Take(request).Verdict;
        if (verdict is Verdict.Block)
            return verdict;
        Learn(new Outcome.Called(request, request.RequestedAt.AddSeconds(5), "carrier", answered));
        Learn(new Outcome.Ended(request, request.RequestedAt.AddSeconds(10), verified, wrong));
        return verdict;
    }

    /// <summary>The codes of what speaks against a request.</summary>
    public IEnumerable<string> CodesOf(RiskRequest request) => Look(request).Factors.Select(factor => factor.Code);
}
