using System.Text.Json.Serialization;

namespace FlashCall.Verification.Sessions;

/// <summary>The rules of one session, chosen by its purpose and stored with it, so that a later change of settings changes no session
/// under way.</summary>
internal sealed record SessionPolicy
{
    /// <summary>The channels to try, in order; the same one may stand there again. At least one, at most 5.</summary>
    public required IReadOnlyList<string> Route { get; init; }

    /// <summary>How long the session lives, from request to the last report. 30 s to 10 min (NIST SP 800-63B allows 10 min at
    /// most).</summary>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>How long the phone rings. 1 to 30 s; a missed call shows on most phones after 1 to 5 s.</summary>
    public required TimeSpan RingTime { get; init; }

    /// <summary>How long to wait for the ring, from the INVITE. 1 to 60 s; real networks take 1 to 7 s.</summary>
    public required TimeSpan PostDialDelayCap { get; init; }

    /// <summary>Reports allowed at most, wrong ones and the right one together. 1 to 10.</summary>
    public required int MaxReports { get; init; }

    /// <summary>The highest chance of guessing right that is accepted over all reports of an attempt, such as 0.001. Above 0, at most
    /// 0.1.</summary>
    public required double GuessBound { get; init; }

    /// <summary>How strong a caller ID has to be at least, in bits: log2 of the numbers that could have rung and begin as was told.
    /// 0 (the bound alone counts, as in sessions from before there was a floor) to 23.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double FloorBits { get; init; }

    /// <summary>How much stronger the code has to be when the risk assessment says challenge, in bits: the accepted chance of guessing is
    /// divided by two to this power. 0 to 20; null, in sessions of before, for 0.</summary>
    public double? ChallengeBits { get; init; }

    /// <summary>What becomes of the session when its risk is not assessed in time; null for <see cref="RiskFallback.Refuse"/>.</summary>
    public RiskFallback? OnRiskUnavailable { get; init; }

    /// <summary>What becomes of a request for a number that a session of the application is under way for; null for
    /// <see cref="SecondSession.Supersede"/>.</summary>
    public SecondSession? OnSecondSession { get; init; }

    /// <summary>How long the client watches for the call, from the lease; null for as long as the call may take to come. 5 to
    /// 120 s.</summary>
    public TimeSpan? InterceptionTimeout { get; init; }

    /// <summary>The rules as a challenge makes them.</summary>
    public SessionPolicy Challenged() => this with { GuessBound = GuessBound / Math.Pow(2, ChallengeBits ?? 0) };

    /// <summary>The reports an attempt allows when so many numbers could have rung: as many guesses as the bound permits, never more
    /// than <see cref="MaxReports"/>; 0 where a single guess is already too likely.</summary>
    public int ReportsFor(long candidates) => (int)Math.Min(MaxReports, Math.Floor(candidates * (decimal)GuessBound));

    /// <summary>The fewest numbers that have to be possible for a call: as many as the floor asks for, and so many that one guess is
    /// within the bound. 10 or more.</summary>
    public long MinCandidates() => Math.Max((long)Math.Ceiling(Math.Pow(2, FloorBits)), CandidatesFor(reports: 1));

    /// <summary>So many numbers that all reports are within the bound. At least <see cref="MinCandidates"/>.</summary>
    public long WantedCandidates() => Math.Max(MinCandidates(), CandidatesFor(MaxReports));

    // In decimals, as in ReportsFor: 49 * (1.0 / 49) is less than 1 in binary, and a caller ID that was asked for would be refused.
    private long CandidatesFor(int reports) => (long)Math.Ceiling(reports / (decimal)GuessBound);
}

/// <summary>What becomes of a session whose risk is not assessed in time.</summary>
internal enum RiskFallback
{
    /// <summary>It ends: nothing rings that nobody has looked at.</summary>
    Refuse,

    /// <summary>It goes on as if it had been allowed: people come first, and fraud may pass for as long as scoring is away.</summary>
    Allow,
}

/// <summary>What becomes of a request for a number that a session of the application is under way for.</summary>
internal enum SecondSession
{
    /// <summary>The newer session takes the place of the older.</summary>
    Supersede,

    /// <summary>The request is refused; the older session goes on.</summary>
    Refuse,
}
