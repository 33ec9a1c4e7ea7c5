using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Channels;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Results;
using FlashCall.Verification.Sessions;

namespace FlashCall.Verification;

/// <summary>The rules of sessions by purpose: defaults of ours, over them <c>Verification:Policy</c> for all, over that
/// <c>Verification:Policies:{purpose}</c>, over that <c>Verification:Applications:{id}</c>.</summary>
internal sealed class Policies
{
    private const int LongestRoute = 5;
    private const int MostReports = 10;
    private const double HighestGuessBound = 0.1;
    private const double MostChallengeBits = 20;

    // The pool counts to ten million candidates: log2 of it is 23.3, and one guess in it has this chance.
    private const double HighestFloorBits = 23;
    private const double LowestGuessBound = 1e-7;

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
    private readonly Dictionary<string, Dictionary<Purpose, SessionPolicy>> _byApplication;

    private Policies(
        Dictionary<Purpose, SessionPolicy> byPurpose, Dictionary<string, Dictionary<Purpose, SessionPolicy>> byApplication)
    {
        _byPurpose = byPurpose;
        _byApplication = byApplication;
    }

    /// <summary>The rules for a purpose of an application.</summary>
    public SessionPolicy For(Purpose purpose, string applicationId) =>
        _byApplication.GetValueOrDefault(applicationId, _byPurpose)[purpose];

    /// <summary>Reads and checks all of them.</summary>
    /// <exception cref="SettingsException">Some are wrong; the message names every one and says what would be right.</exception>
    public static Policies Read(IConfiguration configuration)
    {
        var mistakes = new SettingsMistakes();
        var section = configuration.GetSection("Verification");
        mistakes.RefuseUnknown(section, "Policy", "Policies", "Applications", nameof(ResultSettings.SecretsKey));
        var purposes = section.GetSection("Policies");
        mistakes.RefuseUnknown(purposes, Enum.GetNames<Purpose>());
        var forAll = section.GetSection("Policy");
        var all = Overlay(Default, forAll, mistakes);
        var isFloorSet = forAll.GetSection(nameof(SessionPolicy.FloorBits)).Value is { Length: > 0 };
        var policies = Enum.GetValues<Purpose>().ToDictionary(
            purpose => purpose,
            purpose => Overlay(
                isFloorSet ? all : all with { FloorBits = FloorOf(purpose) }, purposes.GetSection(purpose.ToString()), mistakes));
        // Ids are compared as keys of settings are.
        var applications = section.GetSection("Applications").GetChildren().ToDictionary(
            application => application.Key, application => Overlay(policies, application, mistakes), StringComparer.OrdinalIgnoreCase);
        mistakes.ThrowIfAny();
        return new Policies(policies, applications);
    }

    /// <summary>The policies of all purposes with an application's own values over them: its choice goes first.</summary>
    private static Dictionary<Purpose, SessionPolicy> Overlay(
        Dictionary<Purpose, SessionPolicy> below, IConfigurationSection application, SettingsMistakes mistakes)
    {
        var overlaid = new Dictionary<Purpose, SessionPolicy>();
        foreach (var (purpose, policy) in below)
        {
            // The same values over each: what is wrong with them is told once.
            overlaid[purpose] = Overlay(policy, application, overlaid.Count == 0 ? mistakes : new SettingsMistakes());
        }
        return overlaid;
    }

    private static double FloorOf(Purpose purpose) =>
        purpose is Purpose.Kyc or Purpose.Transaction ? FloorBitsWhereMoreIsAtStake : Default.FloorBits;

    /// <summary>What is set above, and the rest as it is below. Each value is checked where it is set, so that a mistake in the policy
    /// for all is not one of every purpose.</summary>
    private static SessionPolicy Overlay(SessionPolicy below, IConfigurationSection above, SettingsMistakes mistakes)
    {
        mistakes.RefuseScalar(above, "a section, such as { \"Lifetime\": \"00:02:00\" }");
        mistakes.RefuseUnknown(
            above, nameof(SessionPolicy.Route), nameof(SessionPolicy.Lifetime), nameof(SessionPolicy.RingTime),
            nameof(SessionPolicy.PostDialDelayCap), nameof(SessionPolicy.MaxReports), nameof(SessionPolicy.GuessBound),
            nameof(SessionPolicy.FloorBits), nameof(SessionPolicy.ChallengeBits), nameof(SessionPolicy.OnRiskUnavailable));
        return new SessionPolicy
        {
            Route = ReadRoute(above.GetSection(nameof(SessionPolicy.Route)), below.Route, mistakes),
            Lifetime = mistakes.ReadDuration(
                above.GetSection(nameof(SessionPolicy.Lifetime)), below.Lifetime, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10)),
            RingTime = mistakes.ReadDuration(
                above.GetSection(nameof(SessionPolicy.RingTime)), below.RingTime, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30)),
            PostDialDelayCap = mistakes.ReadDuration(
                above.GetSection(nameof(SessionPolicy.PostDialDelayCap)), below.PostDialDelayCap,
                TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)),
            MaxReports = mistakes.ReadNumber(above.GetSection(nameof(SessionPolicy.MaxReports)), below.MaxReports, 1, MostReports),
            GuessBound = ReadFraction(
                above.GetSection(nameof(SessionPolicy.GuessBound)), below.GuessBound, LowestGuessBound, HighestGuessBound, "0.001", mistakes),
            FloorBits = ReadFraction(
                above.GetSection(nameof(SessionPolicy.FloorBits)), below.FloorBits, 0, HighestFloorBits, "9.9", mistakes),
            ChallengeBits = ReadBits(above.GetSection(nameof(SessionPolicy.ChallengeBits)), below.ChallengeBits, mistakes),
            OnRiskUnavailable = ReadFallback(
                above.GetSection(nameof(SessionPolicy.OnRiskUnavailable)), below.OnRiskUnavailable, mistakes),
        };
    }

    private static IReadOnlyList<string> ReadRoute(
        IConfigurationSection section, IReadOnlyList<string> otherwise, SettingsMistakes mistakes)
    {
        // An empty list of the settings file exists and has no children.
        if (!section.Exists())
            return otherwise;
        var names = section.GetChildren().ToList();
        if (names.Count is 0 or > LongestRoute)
        {
            mistakes.Add(section.Path,
                $"names {names.Count} channels. Give a list of 1 to {LongestRoute} of: {string.Join(", ", Channel.Names)}.");
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
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var bits) && bits is >= 0 and <= MostChallengeBits)
            return bits;
        mistakes.Add(setting.Path, string.Create(CultureInfo.InvariantCulture,
            $"is '{text}'. Give a number of bits from 0 to {MostChallengeBits}, such as 3.3."));
        return otherwise;
    }

    private static RiskFallback? ReadFallback(IConfigurationSection setting, RiskFallback? otherwise, SettingsMistakes mistakes)
    {
        switch (setting.Value)
        {
            case null or "":
                return otherwise;
            case "refuse":
                return RiskFallback.Refuse;
            case "allow":
                return RiskFallback.Allow;
            default:
                mistakes.Add(setting.Path, $"is '{setting.Value}'. Give refuse or allow.");
                return otherwise;
        }
    }
}
