namespace FlashCall.NumberPool.Wear;

/// <summary>
/// Whether a number gets through as its peers do, call by call. A call is verified with the probability of the peers if the number is
/// healthy, and with <see cref="WearSettings.Ratio"/> times that if it is worn; each call adds the logarithm of how much likelier its
/// outcome is of a worn number. An active number is judged by Page's cumulative sum (Biometrika 41, 1954), which begins anew whenever it
/// falls to 0; one on trial by Wald's sequential test (Ann. Math. Statist. 16, 1945), which can also end in its favour. Each call is
/// measured by the peers it has, so the sum goes over all trunks and destinations.
/// </summary>
internal sealed class WearTest(WearSettings settings)
{
    /// <summary>The chance that a trial ends wrongly, either way.</summary>
    private const double TrialError = 0.01;

    /// <summary>Peers that verify less than this are nothing to measure by: everybody fails.</summary>
    private const double LowestShare = 0.02;

    /// <summary>That nobody fails at all is for want of calls; one failure shall not be the end of a number.</summary>
    private const double HighestShare = 0.98;

    /// <summary>The evidence against an active number that is too much. The mean number of calls until a healthy one gets there is at least
    /// e to the power of it (Lorden, Ann. Math. Statist. 42, 1971).</summary>
    public double Limit { get; } = Math.Log(settings.CallsPerFalseAlarm);

    /// <summary>The evidence that ends a trial, either way.</summary>
    public static double TrialLimit { get; } = Math.Log((1 - TrialError) / TrialError);

    /// <summary>What peers let expect of a number.</summary>
    /// <param name="trials">Calls of the peers, those of the number itself left out.</param>
    /// <param name="verified">Of them, those that were verified.</param>
    /// <param name="pace">How the peers do at the moment against their last days; above 1 counts as 1.</param>
    /// <returns>Null if that says nothing: too few calls, or next to none of them is verified.</returns>
    public Expectation? Expect(long trials, long verified, double pace)
    {
        if (trials < settings.LeastTrials)
            return null;
        var share = (double)verified / trials;
        // One standard error lower: what the peers happened to do better than they do at length is no fault of the number.
        var cautious = (share - Math.Sqrt(share * (1 - share) / trials)) * Math.Min(1, pace);
        return cautious < LowestShare ? null : new Expectation(share, Math.Min(cautious, HighestShare));
    }

    /// <summary>How much one call speaks against a number; negative speaks for it.</summary>
    /// <param name="expected">The probability that it is verified if the number is healthy, 0.02 to 0.98.</param>
    /// <param name="verified">Whether it was.</param>
    public double Weigh(double expected, bool verified) =>
        verified ? Math.Log(settings.Ratio) : Math.Log((1 - settings.Ratio * expected) / (1 - expected));

    /// <summary>Adds a call of an active number to the evidence.</summary>
    public Evidence Add(Evidence evidence, Expectation peers, bool verified, DateTimeOffset at)
    {
        var sum = Math.Max(0, evidence.Sum + Weigh(peers.Cautious, verified));
        return sum == 0 ? Evidence.None : Extend(evidence, sum, peers, verified, at);
    }

    /// <summary>Adds a call of a number on trial to the evidence.</summary>
    public Evidence AddOnTrial(Evidence evidence, Expectation peers, bool verified, DateTimeOffset at) =>
        Extend(evidence, evidence.Sum + Weigh(peers.Cautious, verified), peers, verified, at);

    /// <summary>Whether an active number is worn.</summary>
    public bool IsWorn(Evidence evidence) => evidence.Sum >= Limit;

    /// <summary>Whether a trial ends against the number.</summary>
    public static bool FailsTrial(Evidence evidence) => evidence.Sum >= TrialLimit;

    /// <summary>Whether a trial ends in favour of the number.</summary>
    public static bool PassesTrial(Evidence evidence) => evidence.Sum <= -TrialLimit;

    /// <summary>What becomes of a number that is worn.</summary>
    /// <param name="rests">How often it has rested by itself without having shown itself in between.</param>
    /// <param name="now">When the rest begins (UTC).</param>
    public Verdict Sentence(int rests, DateTimeOffset now) => rests >= settings.MaxRests
        ? new Verdict.Retire()
        : new Verdict.Rest(now + settings.FirstRest * Math.Pow(2, rests), rests + 1);

    private static Evidence Extend(Evidence evidence, double sum, Expectation peers, bool verified, DateTimeOffset at) => new(
        sum, evidence.Trials + 1, evidence.Verified + (verified ? 1 : 0), evidence.Peers + peers.Share,
        evidence.Trials == 0 ? at : evidence.Since);
}

/// <summary>What becomes of a number.</summary>
internal abstract record Verdict
{
    private Verdict()
    {
    }

    /// <summary>It rests.</summary>
    /// <param name="Until">How long (UTC).</param>
    /// <param name="Rests">The how many-th rest in a row it is.</param>
    public sealed record Rest(DateTimeOffset Until, int Rests) : Verdict;

    /// <summary>It has rested often enough.</summary>
    public sealed record Retire : Verdict;

    /// <summary>It has shown itself on trial: it is active, and has never rested.</summary>
    public sealed record Activate : Verdict;
}
