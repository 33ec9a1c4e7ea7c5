using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Rules;

namespace FlashCall.Fraud.Engine;

/// <summary>
/// Decides whether a phone may ring: a function of the policy, the request and the history before it, and of nothing else, so that the same
/// three give the same verdict today, in another replica, and when history is replayed. Its clock is the time of the request. First
/// <see cref="Ask(Policy, RiskRequest)"/> says what has to be read, then <see cref="Assess"/> decides and says what to remember; outcomes
/// go
/// the same way through <see cref="Ask(Policy, Outcome)"/> and <see cref="Learn"/>.
/// </summary>
internal static class RiskEngine
{
    private static readonly SubjectKind[] Blockable =
        [SubjectKind.Prefix, SubjectKind.Network, SubjectKind.Address, SubjectKind.Device];

    private static readonly SubjectKind[] Listable =
        [SubjectKind.Number, SubjectKind.Prefix, SubjectKind.Network, SubjectKind.Address, SubjectKind.Device];

    /// <summary>What has to be read to assess a request.</summary>
    public static Questions Ask(Policy policy, RiskRequest request)
    {
        var counters = new HashSet<CounterQuery>();
        foreach (var need in policy.Needs)
        {
            foreach (var subject in need.SubjectsOf(request))
                counters.Add(new CounterQuery(subject, need.Measure, need.Window));
        }
        return new Questions([.. counters], [.. ListableOf(request)], request.RequestedAt);
    }

    /// <summary>Decides. The score is the sum of the factors' weights, at most 100; the verdict follows from the purpose's thresholds; a
    /// decisive factor blocks whatever they are.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="request">The request.</param>
    /// <param name="readings">What <see cref="Ask(Policy, RiskRequest)"/> asked for.</param>
    /// <param name="additions">Takes what is to be added to the counters, in place of a list of its own.</param>
    public static Assessment Assess(
        Policy policy, RiskRequest request, Readings readings, List<CounterAddition>? additions = null)
    {
        var isSafe = readings.Entries.Count > 0 && readings.Entries.Any(entry => entry.List is ListKind.Safe && entry.HoldsAt(readings.At));
        var factors = new List<RiskFactor>();
        var blocks = new List<TimedBlock>();
        var onItsOwn = 0;
        foreach (var rule in policy.Rules)
        {
            var inShadow = policy.Document.ShadowRules.Contains(rule.Name);
            foreach (var finding in rule.Judge(request, readings))
            {
                var weight = WeightOf(policy, request.Purpose, rule, finding);
                if (weight == 0)
                    continue;
                var waived = isSafe && !finding.HoldsForAll;
                factors.Add(new RiskFactor
                {
                    Code = finding.Code,
                    Weight = weight,
                    Detail = finding.Detail,
                    Evidence = finding.Evidence.Count == 0 && !waived ? null : EvidenceOf(finding, waived),
                    Shadow = inShadow || waived,
                });
                if (!inShadow && !waived && !finding.HoldsForAll && rule is not StandingBlocks)
                    onItsOwn += weight;
                if (finding.Raises is { } subject && !inShadow && !waived && !policy.Document.Shadow)
                    Raise(policy, subject, finding.Code, readings, blocks);
            }
        }
        // OrderByDescending is stable: factors of equal weight stay in the order of the rules.
        if (factors.Count > 1)
            factors = [.. factors.OrderByDescending(factor => factor.Weight)];
        var thresholds = policy.ThresholdsOf(request.Purpose);
        var (enforced, score) = VerdictOf(factors, thresholds, withShadow: false);
        var (full, _) = VerdictOf(factors, thresholds, withShadow: true);
        var verdict = policy.Document.Shadow ? Verdict.Allow : enforced;
        return new Assessment(verdict, score, full == verdict ? null : full, factors,
            new Changes(
                Additions.Of(additions ?? [], policy, request, verdict, onItsOwn >= thresholds.Block, readings, blocks), blocks));
    }

    /// <summary>What has to be read to learn from an outcome.</summary>
    public static Questions Ask(Policy policy, Outcome outcome) => outcome is Outcome.Called called
        ? Ask(policy, called.Trunk, called.At)
        : new Questions([], [], outcome.At);

    /// <summary>What has to be read to learn from the end of a call, whatever its request was.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="trunk">The trunk that carried it; null if it was on none.</param>
    /// <param name="at">When it was over.</param>
    public static Questions Ask(Policy policy, string? trunk, DateTimeOffset at) => policy.Trunks is { } trunks && trunk is not null
        ? trunks.Ask(trunk, at)
        : new Questions([], [], at);

    /// <summary>What an outcome changes.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="outcome">The outcome, which was not counted before.</param>
    /// <param name="readings">What <see cref="Ask(Policy, Outcome)"/> asked for.</param>
    /// <param name="additions">Takes what is to be added to the counters, in place of a list of its own.</param>
    public static Changes Learn(Policy policy, Outcome outcome, Readings readings, List<CounterAddition>? additions = null)
    {
        var blocks = new List<TimedBlock>();
        if (policy.Trunks is { } trunks && outcome is Outcome.Called called && !policy.Document.Shadow
            && !policy.Document.ShadowRules.Contains(AnsweredRate.RuleName) && trunks.Judge(called, readings) is { } finding)
        {
            Raise(policy, finding.Raises!.Value, finding.Code, readings, blocks);
        }
        return new Changes(Additions.Of(additions ?? [], policy, outcome), blocks);
    }

    /// <summary>The subjects of a request that lists and blocks may name.</summary>
    public static IEnumerable<Subject> ListableOf(RiskRequest request) => Listable.SelectMany(request.SubjectsOf);

    /// <summary>The subjects of a request that a block may stop.</summary>
    public static IEnumerable<Subject> BlockableOf(RiskRequest request) => Blockable.SelectMany(request.SubjectsOf);

    private static int WeightOf(Policy policy, Purpose purpose, IRule rule, Finding finding) => finding.Weight >= Finding.Decisive
        ? Finding.Decisive
        // Short of decisive, whatever the purpose adds: a weight of 100 would block below the thresholds' say.
        : Math.Min(Finding.Decisive - 1, finding.Weight * policy.WeightOf(purpose, rule.Name) / 100);

    private static SortedDictionary<string, string> EvidenceOf(Finding finding, bool waived)
    {
        var evidence = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in finding.Evidence)
            evidence[name] = value;
        if (waived)
            evidence[Waived] = "safe_list";
        return evidence;
    }

    private const string Waived = "waived_by";

    private static bool IsWaived(RiskFactor factor) => factor.Evidence?.ContainsKey(Waived) == true;

    private static (Verdict Verdict, int Score) VerdictOf(
        List<RiskFactor> factors, Thresholds thresholds, bool withShadow)
    {
        var sum = 0;
        var decisive = false;
        foreach (var factor in factors)
        {
            // What the safe list waives would not have counted under another policy either.
            if (factor.Shadow && (!withShadow || IsWaived(factor)))
                continue;
            sum += factor.Weight;
            decisive |= factor.Weight >= Finding.Decisive;
        }
        var score = Math.Min(100, sum);
        return (decisive || score >= thresholds.Block ? Verdict.Block : score >= thresholds.Challenge ? Verdict.Challenge : Verdict.Allow,
            score);
    }

    /// <summary>A block doubles each time that it is raised again while the last one is remembered; one that stands is left
    /// alone.</summary>
    private static void Raise(Policy policy, Subject subject, string reason, Readings readings, List<TimedBlock> blocks)
    {
        var settings = policy.Document.Blocks;
        var last = readings.BlockOf(subject);
        if (last?.StandsAt(readings.At) == true || blocks.Exists(block => block.Subject == subject))
            return;
        var remembered = last is not null && readings.At - last.Until < TimeSpan.FromSeconds(settings.MemorySeconds);
        var level = remembered ? last!.Level + 1 : 1;
        blocks.Add(new TimedBlock(subject, reason, readings.At, readings.At + settings.LengthOf(level), level));
    }
}
