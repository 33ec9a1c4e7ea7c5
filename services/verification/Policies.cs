using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Channels;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Results;
using FlashCall.Verification.Sessions;

namespace FlashCall.Verification;

/// <summary>The rules of sessions by purpose: defaults of ours, over them <c>Verification:Policy</c> for all, over that
/// <c>Verification:Policies:{purpose}</c>, over that what the application chose, which comes with its requests.</summary>
internal sealed class Policies
{
    /// <summary>Claims that are kept read: some times more than a platform has applications.</summary>
    private const int MostKept = 1000;

    private static readonly SessionPolicy Default = new()
    {
        Route = [FlashCallChannel.ChannelName],
        Lifetime = TimeSpan.FromMinutes(2),
        RingTime = TimeSpan.FromSeconds(4),
        PostDialDelayCap = TimeSpan.FromSeconds(12),
        MaxReports = 3,
        GuessBound = 0.001,
        // A thousand numbers, which is what the bound asks for anyway: a higher bound does not lower it unnoticed.
        FloorBits = 9.9,
        // A tenth of the chance, a little less strict so that a pool of 10,000 numbers still leaves one report.
        ChallengeBits = 3.3,
    };

    /// <summary>4,096 numbers, for what a thief would pay more to get through: all three reports stay allowed, with a chance to guess of
    /// less than 0.08 %. A carrier's block of ten thousand has them even when every second number rang this phone today.</summary>
    private const double FloorBitsWhereMoreIsAtStake = 12;

    private readonly Dictionary<Purpose, SessionPolicy> _byPurpose;

    /// <summary>The policies of applications, by the text that says them: an application's is the same with each request until somebody
    /// changes it.</summary>
    private readonly ConcurrentDictionary<string, Dictionary<Purpose, SessionPolicy>> _byClaim = new(StringComparer.Ordinal);

    private Policies(Dictionary<Purpose, SessionPolicy> byPurpose) => _byPurpose = byPurpose;

    /// <summary>The claims that are kept read.</summary>
    public int Kept => _byClaim.Count;

    /// <summary>The rules for a purpose of the application that asks.</summary>
    /// <exception cref="JsonException">The caller's policies cannot be read: the gateway is none that fits this release.</exception>
    public SessionPolicy For(Purpose purpose, ClaimsPrincipal caller)
    {
        if (caller.FindFirstValue(InternalIdentity.PoliciesClaim) is not { } claim)
            return _byPurpose[purpose];
        // What was chosen before and is asked for no more goes with the rest; what is asked for comes back with its next request.
        if (_byClaim.Count >= MostKept)
            _byClaim.Clear();
        return _byClaim.GetOrAdd(claim, WithOwn)[purpose];
    }

    /// <summary>Reads and checks all of them.</summary>
    /// <exception cref="SettingsException">Some are wrong; the message names every one and says what would be right.</exception>
    public static Policies Read(IConfiguration configuration)
    {
        var mistakes = new SettingsMistakes();
        var section = configuration.GetSection("Verification");
        mistakes.RefuseUnknown(section, "Policy", "Policies", nameof(ResultSettings.SecretsKey));
        var purposes = section.GetSection("Policies");
        mistakes.RefuseUnknown(purposes, Enum.GetNames<Purpose>());
        var forAll = section.GetSection("Policy");
        var all = Overlay(Default, forAll, mistakes);
        var isFloorSet = forAll.GetSection(nameof(SessionPolicy.FloorBits)).Value is { Length: > 0 };
        var policies = Enum.GetValues<Purpose>().ToDictionary(
            purpose => purpose,
            purpose => Overlay(
                isFloorSet ? all : all with { FloorBits = FloorOf(purpose) }, purposes.GetSection(purpose.ToString()), mistakes));
        mistakes.ThrowIfAny();
        return new Policies(policies);
    }

    private static double FloorOf(Purpose purpose) =>
        purpose is Purpose.Kyc or Purpose.Transaction ? FloorBitsWhereMoreIsAtStake : Default.FloorBits;

    private Dictionary<Purpose, SessionPolicy> WithOwn(string claim)
    {
        var own = PolicyClaim.Read(claim);
        return _byPurpose.ToDictionary(
            policy => policy.Key, policy => own.TryGetValue(policy.Key, out var above) ? Overlay(policy.Value, above) : policy.Value);
    }

    /// <summary>What the application chose, and the rest as it is below. The gateway has checked it; a word that only a later release
    /// knows is left to the settings.</summary>
    private static SessionPolicy Overlay(SessionPolicy below, PurposePolicy above) => below with
    {
        Route = above.Route is { Count: > 0 } route && route.All(Channel.Exists) ? route : below.Route,
        Lifetime = above.Lifetime ?? below.Lifetime,
        RingTime = above.RingTime ?? below.RingTime,
        PostDialDelayCap = above.PostDialDelayCap ?? below.PostDialDelayCap,
        MaxReports = above.MaxReports ?? below.MaxReports,
        GuessBound = above.GuessBound ?? below.GuessBound,
        FloorBits = above.FloorBits ?? below.FloorBits,
        ChallengeBits = above.ChallengeBits ?? below.ChallengeBits,
        OnRiskUnavailable = WordOf<RiskFallback>(above.OnRiskUnavailable) ?? below.OnRiskUnavailable,
        OnSecondSession = WordOf<SecondSession>(above.OnSecondSession) ?? below.OnSecondSession,
    };

    /// <summary>What is set above, and the rest as it is below. Each value is checked where it is set, so that a mistake in the policy
    /// for all is not one of every purpose.</summary>
    private static SessionPolicy Overlay(SessionPolicy below, IConfigurationSection above, SettingsMistakes mistakes)
    {
        mistakes.RefuseScalar(above, "a section, such as { \"Lifetime\": \"00:02:00\" }");
        mistakes.RefuseUnknown(
            above, nameof(SessionPolicy.Route), nameof(SessionPolicy.Lifetime), nameof(SessionPolicy.RingTime),
            nameof(SessionPolicy.PostDialDelayCap), nameof(SessionPolicy.MaxReports), nameof(SessionPolicy.GuessBound),
            nameof(SessionPolicy.FloorBits), nameof(SessionPolicy.ChallengeBits), nameof(SessionPolicy.OnRiskUnavailable),
            nameof(SessionPolicy.OnSecondSession));
        return new SessionPolicy
        {
            Route = ReadRoute(above.GetSection(nameof(SessionPolicy.Route)), below.Route, mistakes),
            Lifetime = mistakes.ReadDuration(
                above.GetSection(nameof(SessionPolicy.Lifetime)), below.Lifetime, PurposePolicy.ShortestLifetime, PurposePolicy.LongestLifetime),
            RingTime = mistakes.ReadDuration(
                above.GetSection(nameof(SessionPolicy.RingTime)), below.RingTime, PurposePolicy.ShortestRing, PurposePolicy.LongestRing),
            PostDialDelayCap = mistakes.ReadDuration(
                above.GetSection(nameof(SessionPolicy.PostDialDelayCap)), below.PostDialDelayCap,
                PurposePolicy.ShortestPostDialDelayCap, PurposePolicy.LongestPostDialDelayCap),
            MaxReports = mistakes.ReadNumber(
                above.GetSection(nameof(SessionPolicy.MaxReports)), below.MaxReports, 1, PurposePolicy.MostReports),
            GuessBound = ReadFraction(
                above.GetSection(nameof(SessionPolicy.GuessBound)), below.GuessBound,
                PurposePolicy.LowestGuessBound, PurposePolicy.HighestGuessBound, "0.001", mistakes),
            FloorBits = ReadFraction(
                above.GetSection(nameof(SessionPolicy.FloorBits)), below.FloorBits, 0, PurposePolicy.HighestFloorBits, "9.9", mistakes),
            ChallengeBits = ReadBits(above.GetSection(nameof(SessionPolicy.ChallengeBits)), below.ChallengeBits, mistakes),
            OnRiskUnavailable = ReadWord(
                above.GetSection(nameof(SessionPolicy.OnRiskUnavailable)), below.OnRiskUnavailable, PurposePolicy.OnRiskUnavailableWords,
                mistakes),
            OnSecondSession = ReadWord(
                above.GetSection(nameof(SessionPolicy.OnSecondSession)), below.OnSecondSession, PurposePolicy.OnSecondSessionWords,
                mistakes),
        };
    }

    private static IReadOnlyList<string> ReadRoute(
        IConfigurationSection section, IReadOnlyList<string> otherwise, SettingsMistakes mistakes)
    {
        // An empty list of the settings file exists and has no children.
        if (!section.Exists())
            return otherwise;
        var names = section.GetChildren().ToList();
        if (names.Count is 0 or > PurposePolicy.LongestRoute)
        {
            mistakes.Add(section.Path,
                $"names {names.Count} channels. Give a list of 1 to {PurposePolicy.LongestRoute} of: {string.Join(", ", Channel.Names)}.");
        }
        foreach (var name in names.Where(name => name.Value is null || !Channel.Exists(name.Value)))
            mistakes.Add(name.Path, $"is '{name.Value}', which is no channel. Give one of: {string.Join(", ", Channel.Names)}.");
        return [.. names.Select(name => name.Value ?? "")];
    }

    private static double ReadFraction(
        IConfigurationSection setting, double otherwise, double lowest, double highest, string example, SettingsMistakes mistakes)
    {
        if (setting.Value is not { Length: > 0 } text)
            return otherwise;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= highest)
            return number;
        mistakes.Add(setting.Path, string.Create(CultureInfo.InvariantCulture,
            $"is '{text}'. Give a number from {lowest} to {highest}, such as {example}."));
        return otherwise;
    }

    private static double? ReadBits(IConfigurationSection setting, double? otherwise, SettingsMistakes mistakes)
    {
        if (setting.Value is not { Length: > 0 } text)
            return otherwise;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var bits)
            && bits is >= 0 and <= PurposePolicy.HighestChallengeBits)
        {
            return bits;
        }
        mistakes.Add(setting.Path, string.Create(CultureInfo.InvariantCulture,
            $"is '{text}'. Give a number of bits from 0 to {PurposePolicy.HighestChallengeBits}, such as 3.3."));
        return otherwise;
    }

    private static T? ReadWord<T>(IConfigurationSection setting, T? otherwise, IReadOnlyList<string> words, SettingsMistakes mistakes)
        where T : struct, Enum
    {
        if (setting.Value is not { Length: > 0 } text)
            return otherwise;
        if (words.Contains(text, StringComparer.Ordinal) && WordOf<T>(text) is { } value)
            return value;
        mistakes.Add(setting.Path, $"is '{text}'. Give {string.Join(" or ", words)}.");
        return otherwise;
    }

    /// <summary>The value that a word stands for; null where it stands for none.</summary>
    private static T? WordOf<T>(string? word) where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()) == word)
                return value;
        }
        return null;
    }
}
