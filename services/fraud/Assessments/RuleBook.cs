using FlashCall.Contracts;

namespace FlashCall.Fraud.Assessments;

/// <summary>One reason to mistrust a request. A rule sees the policy, the request and the counters and reaches for nothing else.</summary>
internal interface IRule
{
    /// <summary>What speaks against the request, or null.</summary>
    RiskFactor? Assess(Policy policy, RiskRequest request, Counters counters);
}

/// <summary>All rules. A new one joins here and gets its line in docs/fraud.md.</summary>
internal static class RuleBook
{
    /// <summary>The weight of a reason that is enough alone, whatever the thresholds.</summary>
    public const int Decisive = 100;

    /// <summary>In the order in which reasons of equal weight are told.</summary>
    public static readonly IReadOnlyList<IRule> Rules =
    [
        new DestinationAllowList(),
        new LineTypeRule(),
        new NumberVelocity(),
        new AddressVelocity(),
    ];
}
