namespace FlashCall.Contracts;

/// <summary>What an application chooses for its sessions of one purpose. Each value that it leaves out is the verification service's
/// own.</summary>
public sealed record PurposePolicy
{
    /// <summary>The most channels of a <see cref="Route"/>.</summary>
    public const int LongestRoute = 5;

    /// <summary>The highest <see cref="MaxReports"/>.</summary>
    public const int MostReports = 10;

    /// <summary>The lowest <see cref="GuessBound"/>: one guess in the ten million candidates that the pool counts to.</summary>
    public const double LowestGuessBound = 1e-7;

    /// <summary>The highest <see cref="GuessBound"/>.</summary>
    public const double HighestGuessBound = 0.1;

    /// <summary>The highest <see cref="FloorBits"/>: log2 of ten million is 23.3.</summary>
    public const double HighestFloorBits = 23;

    /// <summary>The highest <see cref="ChallengeBits"/>.</summary>
    public const double HighestChallengeBits = 20;

    /// <summary>The shortest and the longest <see cref="Lifetime"/> (NIST SP 800-63B allows 10 min at most).</summary>
    public static readonly TimeSpan ShortestLifetime = TimeSpan.FromSeconds(30), LongestLifetime = TimeSpan.FromMinutes(10);

    /// <summary>The shortest and the longest <see cref="RingTime"/>.</summary>
    public static readonly TimeSpan ShortestRing = TimeSpan.FromSeconds(1), LongestRing = TimeSpan.FromSeconds(30);

    /// <summary>The shortest and the longest <see cref="PostDialDelayCap"/>.</summary>
    public static readonly TimeSpan ShortestPostDialDelayCap = TimeSpan.FromSeconds(1), LongestPostDialDelayCap = TimeSpan.FromSeconds(60);

    /// <summary>The channels there are.</summary>
    public static readonly IReadOnlyList<string> Channels = ["flash_call"];

    /// <summary>What <see cref="OnRiskUnavailable"/> may be.</summary>
    public static readonly IReadOnlyList<string> OnRiskUnavailableWords = ["refuse", "allow"];

    /// <summary>What <see cref="OnSecondSession"/> may be.</summary>
    public static readonly IReadOnlyList<string> OnSecondSessionWords = ["supersede", "refuse"];

    /// <summary>The channels to try, in order, 1 to <see cref="LongestRoute"/> of <see cref="Channels"/>.</summary>
    public IReadOnlyList<string>? Route { get; init; }

    /// <summary>How long a session lives, from request to the last report.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>How long the phone rings.</summary>
    public TimeSpan? RingTime { get; init; }

    /// <summary>How long to wait for the ring, from the INVITE.</summary>
    public TimeSpan? PostDialDelayCap { get; init; }

    /// <summary>Reports allowed at most, the right one included: 1 to <see cref="MostReports"/>.</summary>
    public int? MaxReports { get; init; }

    /// <summary>The highest chance of guessing right over all reports of an attempt.</summary>
    public double? GuessBound { get; init; }

    /// <summary>How strong a caller ID has to be at least, in bits: log2 of the numbers that could have rung; 0 to
    /// <see cref="HighestFloorBits"/>.</summary>
    public double? FloorBits { get; init; }

    /// <summary>How much stronger the code has to be when the risk assessment says challenge, in bits: 0 to
    /// <see cref="HighestChallengeBits"/>.</summary>
    public double? ChallengeBits { get; init; }

    /// <summary>What becomes of a session whose risk is not assessed in time: <c>refuse</c> or <c>allow</c>.</summary>
    public string? OnRiskUnavailable { get; init; }

    /// <summary>What becomes of a request for a number that a session of the application is under way for: <c>supersede</c> (the newer
    /// one takes its place) or <c>refuse</c>.</summary>
    public string? OnSecondSession { get; init; }
}
