using FlashCall.Contracts;
using FlashCall.Fraud.Policies;

namespace FlashCall.Cli.Replay.WhatIf;

/// <summary>What another policy would have done, in counts.</summary>
/// <param name="policy">The policy.</param>
/// <param name="against">The version of the policy that it is held against; null for what was recorded.</param>
internal sealed class PolicyEffect(Policy policy, string? against)
{
    /// <summary>Verdicts then (allow, challenge, block, none) by verdicts now.</summary>
    private readonly long[,] _verdicts = new long[4, 3];

    private readonly SortedDictionary<string, long> _versions = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Dimension, string Value), Effect> _groups = [];
    private readonly HashSet<string> _refusedPeople = new(StringComparer.Ordinal);

    /// <summary>The policy's version.</summary>
    public string Version => policy.Version;

    /// <summary>What it is held against.</summary>
    public string Against => against ?? "recorded";

    /// <summary>Requests before the span, which warmed the history up.</summary>
    public long WarmUp { get; set; }

    /// <summary>Requests whose number or address no reader of today takes.</summary>
    public long NotUnderstood { get; set; }

    /// <summary>Requests with a recorded verdict, and of these the ones for which the base policy (or, without one, the other policy)
    /// says the same.</summary>
    public (long Recorded, long Same) Reproduced { get; private set; }

    /// <summary>All together.</summary>
    public Effect Total { get; } = new();

    /// <summary>How many different numbers were verified then and are refused now.</summary>
    public int RefusedPeople => _refusedPeople.Count;

    /// <summary>The currency of the costs; null where the policy has no prices.</summary>
    public string? Currency => policy.Document.Spend is { Prices.Length: > 0 } spend ? spend.Currency : null;

    /// <summary>The versions of policies that decided then, with their requests.</summary>
    public IReadOnlyDictionary<string, long> Versions => _versions;

    /// <summary>How many requests had one verdict then and one now; the fourth row is of those without one then.</summary>
    public long this[Verdict? then, Verdict now] => _verdicts[RowOf(then), (int)now];

    /// <summary>The counts by one dimension, those with most that differs first.</summary>
    public IReadOnlyList<(string Value, Effect Effect)> By(string dimension) =>
    [
        .. _groups.Where(group => group.Key.Dimension == dimension)
            .OrderByDescending(group => group.Value.RefusedNow + group.Value.ThroughNow)
            .ThenByDescending(group => group.Value.Requests)
            .ThenBy(group => group.Key.Value, StringComparer.Ordinal)
            .Select(group => (group.Key.Value, group.Value)),
    ];

    /// <summary>Counts a session whose course is known.</summary>
    public void Count(RecordedSession session, Judgement judgement, Unknown unknown)
    {
        _verdicts[RowOf(judgement.Then), (int)judgement.Now]++;
        if (session.Assessed is { } assessed)
        {
            _versions[assessed.PolicyVersion] = _versions.GetValueOrDefault(assessed.PolicyVersion) + 1;
            var held = against is null ? judgement.Now : judgement.Then;
            Reproduced = (Reproduced.Recorded + 1, Reproduced.Same + (held == assessed.Verdict ? 1 : 0));
        }
        var price = policy.Document.Spend?.PriceOf(session.Asked.To);
        var course = new Course(session, judgement, unknown,
            (session.Calls * (price?.AttemptMicros ?? 0)) + (session.Answered * (price?.AnsweredMicros ?? 0)), price?.AttemptMicros ?? 0);
        if (course.RefusedNow && session.IsVerified)
            _refusedPeople.Add(session.Asked.To);
        Total.Count(course);
        Of("country", session.Destination).Count(course);
        Of("purpose", System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(session.Asked.Purpose.ToString())).Count(course);
        Of("application", session.Asked.Application).Count(course);
        // What is refused has the reason of the policy that refuses it.
        if (course.RefusedNow || judgement.Now is Verdict.Block)
            Of("reason", judgement.Reason ?? "").Count(course);
        else if (course.ThroughNow)
            Of("reason", judgement.ReasonThen ?? "").Count(course);
    }

    private Effect Of(string dimension, string value)
    {
        if (!_groups.TryGetValue((dimension, value), out var effect))
            _groups[(dimension, value)] = effect = new Effect();
        return effect;
    }

    private static int RowOf(Verdict? verdict) => verdict is { } known ? (int)known : 3;
}

/// <summary>The course of one session, then and now.</summary>
/// <param name="Session">The session.</param>
/// <param name="Judgement">What is said of it.</param>
/// <param name="Unknown">What becomes of what was refused then.</param>
/// <param name="CostThen">What its calls cost, in millionths of the policy's currency.</param>
/// <param name="AttemptCost">What one call costs that nobody answers.</param>
internal sealed record Course(RecordedSession Session, Judgement Judgement, Unknown Unknown, long CostThen, long AttemptCost)
{
    /// <summary>Let through then, refused now. Without a verdict then it was let through, if any call went out.</summary>
    public bool RefusedNow => Judgement.Now is Verdict.Block && Judgement.Then is Verdict.Allow or Verdict.Challenge;

    /// <summary>Refused then, let through now.</summary>
    public bool ThroughNow => Judgement.Then is Verdict.Block && Judgement.Now is not Verdict.Block;

    /// <summary>What its calls cost now. A call that never was is taken for one that nobody answers.</summary>
    public long CostNow => Judgement.Now is Verdict.Block ? 0
        : ThroughNow && Session.WasRefused && Unknown is not Unknown.Withdrawn ? AttemptCost
        : CostThen;
}

/// <summary>Counts of one group of sessions.</summary>
internal sealed class Effect
{
    /// <summary>Requests.</summary>
    public long Requests { get; private set; }

    /// <summary>Sessions that verified their number, in truth.</summary>
    public long Verified { get; private set; }

    /// <summary>Refused then.</summary>
    public long RefusedThen { get; private set; }

    /// <summary>Let through then and refused now.</summary>
    public long RefusedNow { get; private set; }

    /// <summary>Of <see cref="RefusedNow"/>, sessions that verified their number: people who would have been turned away.</summary>
    public long VerifiedRefused { get; private set; }

    /// <summary>Of <see cref="RefusedNow"/>, sessions that never verified: an attack that is stopped, or a person who gave up.</summary>
    public long UnverifiedRefused => RefusedNow - VerifiedRefused;

    /// <summary>Sessions that were let through then and never verified.</summary>
    public long Unverified { get; private set; }

    /// <summary>Refused then and let through now.</summary>
    public long ThroughNow { get; private set; }

    /// <summary>Calls then.</summary>
    public long Calls { get; private set; }

    /// <summary>What calls cost then, in millionths.</summary>
    public long CostThen { get; private set; }

    /// <summary>What they would have cost.</summary>
    public long CostNow { get; private set; }

    /// <summary>Counts one more.</summary>
    public void Count(Course course)
    {
        var verified = course.Session.IsVerified;
        Requests++;
        Verified += verified ? 1 : 0;
        RefusedThen += course.Judgement.Then is Verdict.Block ? 1 : 0;
        Unverified += course.Judgement.Then is not Verdict.Block && !verified ? 1 : 0;
        RefusedNow += course.RefusedNow ? 1 : 0;
        VerifiedRefused += course.RefusedNow && verified ? 1 : 0;
        ThroughNow += course.ThroughNow ? 1 : 0;
        Calls += course.Session.Calls;
        CostThen += course.CostThen;
        CostNow += course.CostNow;
    }
}
