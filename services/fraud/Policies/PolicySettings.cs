using System.Collections.Immutable;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Hosting;
using PhoneNumbers;

namespace FlashCall.Fraud.Policies;

/// <summary>Reads the first policy from the settings under <c>Fraud</c>, once at start: the default one with these destinations, limits and
/// thresholds.</summary>
internal sealed class PolicySettings
{
    private const string Section = "Fraud";
    private const int MaxLimit = 100_000;

    private static readonly TimeSpan LongestWindow = TimeSpan.FromDays(30);
    private static readonly TimeSpan ShortestWindow = TimeSpan.FromSeconds(1);

    private readonly IConfigurationSection _section;
    private readonly SettingsMistakes _mistakes = new();

    private PolicySettings(IConfiguration configuration) => _section = configuration.GetSection(Section);

    /// <summary>Reads the policy.</summary>
    /// <exception cref="SettingsException">Something is wrong; the message lists every mistake and what would be right.</exception>
    public static PolicyDocument Read(IConfiguration configuration) => new PolicySettings(configuration).Read();

    private PolicyDocument Read()
    {
        _mistakes.RefuseUnknown(
            _section, "AllowedDestinations", "Applications", "NumberVelocity", "AddressVelocity", "NetworkVelocity", "Thresholds",
            "ShadowRules", "AddressCountries");
        var destinations = Destinations(_section.GetSection("AllowedDestinations"));
        var applications = Applications(_section.GetSection("Applications"));
        VelocityLimit[] limits =
        [
            .. Limits("NumberVelocity", SubjectKind.Number),
            .. Limits("AddressVelocity", SubjectKind.Address),
            .. Limits("NetworkVelocity", SubjectKind.Network),
            .. VelocityLimit.Usual.Where(
                limit => limit.Subject is not (SubjectKind.Number or SubjectKind.Address or SubjectKind.Network)),
        ];
        var thresholds = _section.GetSection("Thresholds");
        _mistakes.RefuseUnknown(thresholds, "Challenge", "Block");
        var challengeAt = _mistakes.ReadNumber(thresholds.GetSection("Challenge"), 50, 1, 100);
        var blockAt = _mistakes.ReadNumber(thresholds.GetSection("Block"), 80, 1, 100);
        if (challengeAt > blockAt)
        {
            _mistakes.Add($"{thresholds.Path}:Challenge",
                $"is {challengeAt} and {SettingName.Of($"{thresholds.Path}:Block")} {blockAt}. The first may not be above the second.");
        }
        var shadow = ShadowRules(_section.GetSection("ShadowRules"));
        _mistakes.ThrowIfAny();
        return new PolicyDocument
        {
            Destinations = new DestinationLists { Allowed = destinations, Applications = applications },
            Velocity = [.. limits.OrderBy(limit => limit.Subject).ThenBy(limit => limit.WindowSeconds)],
            Thresholds = new Thresholds(challengeAt, blockAt),
            ShadowRules = shadow,
        };
    }

    private ImmutableSortedDictionary<string, ApplicationDestinations> Applications(IConfigurationSection section)
    {
        var applications = ImmutableSortedDictionary.CreateBuilder<string, ApplicationDestinations>(StringComparer.OrdinalIgnoreCase);
        foreach (var application in section.GetChildren())
        {
            _mistakes.RefuseUnknown(application, "AllowedDestinations");
            // An empty list closes the application; no list leaves it to the list for all.
            if (Has(application, "AllowedDestinations"))
            {
                applications[application.Key] = new ApplicationDestinations(
                    Destinations(application.GetSection("AllowedDestinations")),
                    ImmutableSortedDictionary<Purpose, ImmutableSortedSet<string>>.Empty);
            }
        }
        return applications.ToImmutable();
    }

    private ImmutableSortedSet<string> Destinations(IConfigurationSection section)
    {
        _mistakes.RefuseScalar(section, "a list of ISO 3166-1 countries, such as [\"SE\", \"GB\"]");
        var regions = PhoneNumberUtil.GetInstance().GetSupportedRegions();
        var destinations = new List<string>();
        foreach (var entry in section.GetChildren())
        {
            if (entry.Value is { } country && regions.Contains(country))
                destinations.Add(country);
            else
                _mistakes.Add(entry.Path, $"is '{entry.Value}'. Give an ISO 3166-1 country in two capital letters, such as SE.");
        }
        return destinations.ToImmutableSortedSet(StringComparer.Ordinal);
    }

    private IEnumerable<VelocityLimit> Limits(string name, SubjectKind subject)
    {
        if (!Has(_section, name))
            return VelocityLimit.Usual.Where(limit => limit.Subject == subject);
        var section = _section.GetSection(name);
        _mistakes.RefuseScalar(section, "a list of limits, such as [{ \"Limit\": 5, \"Window\": \"00:10:00\" }]");
        var limits = new List<VelocityLimit>();
        foreach (var entry in section.GetChildren())
        {
            _mistakes.RefuseUnknown(entry, "Limit", "Window");
            if (!Has(entry, "Limit"))
                _mistakes.Add($"{entry.Path}:Limit", "is missing. Give the number of requests that are usual within the window.");
            var limit = _mistakes.ReadNumber(entry.GetSection("Limit"), 1, 1, MaxLimit);
            if (!_mistakes.TryReadDuration(entry.GetSection("Window"), ShortestWindow, LongestWindow, out var window))
                continue;
            if (limits.Exists(other => other.Window.Length == window))
            {
                _mistakes.Add($"{entry.Path}:Window",
                    $"is '{entry["Window"]}', which another limit of {SettingName.Of(section.Path)} has too. Give each window once.");
            }
            limits.Add(new(subject, limit, (int)Math.Ceiling(window.TotalSeconds)));
        }
        return limits;
    }

    private ImmutableSortedSet<string> ShadowRules(IConfigurationSection section)
    {
        _mistakes.RefuseScalar(section, "a list of rules, such as [\"conversion\"]");
        foreach (var entry in section.GetChildren().Where(entry => !RuleBook.Names.Contains(entry.Value)))
            _mistakes.Add(entry.Path, $"is '{entry.Value}', which is no rule. The rules are: {string.Join(", ", RuleBook.Names)}.");
        return section.GetChildren().Select(entry => entry.Value ?? "").ToImmutableSortedSet(StringComparer.Ordinal);
    }

    private static bool Has(IConfigurationSection section, string name) =>
        section.GetChildren().Any(child => child.Key.Equals(name, StringComparison.OrdinalIgnoreCase));
}
