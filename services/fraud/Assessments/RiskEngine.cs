using FlashCall.Contracts;

namespace FlashCall.Fraud.Assessments;

/// <summary>
/// Decides whether a phone may ring: a function of the policy, the request and what was counted before it, and of nothing else, so that the
/// same three give the same verdict today, in another replica, and when history is replayed.
/// </summary>
internal static class RiskEngine
{
    /// <summary>The score is the sum of the factors' weights, at most 100; the verdict follows from the policy's thresholds.</summary>
    public static Assessment Assess(Policy policy, RiskRequest request, Counters counters)
    {
        // OrderByDescending is stable: factors of equal weight stay in the order of the rules.
        RiskFactor[] factors = [.. RuleBook.Rules
            .Select(rule => rule.Assess(policy, request, counters))
            .OfType<RiskFactor>()
            .OrderByDescending(factor => factor.Weight)];
        var score = Math.Min(100, factors.Sum(factor => factor.Weight));
        var verdict = score >= policy.BlockAt ? Verdict.Block : score >= policy.ChallengeAt ? Verdict.Challenge : Verdict.Allow;
        return new Assessment(verdict, score, factors);
    }
}

/// <summary>What the engine found.</summary>
/// <param name="Verdict">What to do.</param>
/// <param name="Score">0 to 100.</param>
/// <param name="Factors">Why, the heaviest first.</param>
internal sealed record Assessment(Verdict Verdict, int Score, IReadOnlyList<RiskFactor> Factors);
