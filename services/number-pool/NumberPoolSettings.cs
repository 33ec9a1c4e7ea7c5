using System.Globalization;
using FlashCall.Hosting;
using FlashCall.NumberPool.Limits;
using FlashCall.NumberPool.Numbers;
using FlashCall.NumberPool.Wear;

namespace FlashCall.NumberPool;

/// <summary>The settings under <c>NumberPool</c>, read once at start.</summary>
/// <param name="Ranges">The numbers of the pool; no two ranges share one. None at all is allowed: every lease is then refused.</param>
/// <param name="RestPeriod">How long a caller ID is not given to the same callee again, so that an old entry of a call log cannot be taken
/// for a new one. 1 minute to 90 days, 24 hours by default.</param>
/// <param name="HourlyCap">How many calls one number makes in any hour, so that no carrier takes it for a robot's; 1 to 600, 60 by default.
/// Null, written <c>none</c>: as many as there are.</param>
/// <param name="ProbeShare">How likely a number on trial is leased, compared with one that is active; 0 to 1, 0.25 by default. At 0 a
/// number that has rested stays away until an operator activates it.</param>
/// <param name="Limits">How many caller IDs one callee, one client and all together are given.</param>
/// <param name="Wear">When a number rests by itself.</param>
internal sealed record NumberPoolSettings(
    IReadOnlyList<SettingsRange> Ranges, TimeSpan RestPeriod, int? HourlyCap, double ProbeShare, LimitSettings Limits, WearSettings Wear)
{
    private const string Section = "NumberPool";

    private const int DefaultHourlyCap = 60;
    private const int HighestHourlyCap = 600;
    private const double DefaultProbeShare = 0.25;

    private static readonly TimeSpan DefaultRestPeriod = TimeSpan.FromHours(24);
    private static readonly TimeSpan ShortestRestPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRestPeriod = TimeSpan.FromDays(90);

    /// <summary>Reads the settings.</summary>
    /// <exception cref="SettingsException">Something is wrong; the message lists every mistake and what would be right.</exception>
    public static NumberPoolSettings Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var mistakes = new SettingsMistakes();
        mistakes.RefuseUnknown(section, "Ranges", "RestPeriod", "HourlyCap", "ProbeShare", "Limits", "Wear");
        var ranges = ReadRanges(section.GetSection("Ranges"), mistakes);
        var restPeriod = mistakes.ReadDuration(
            section.GetSection("RestPeriod"), DefaultRestPeriod, ShortestRestPeriod, LongestRestPeriod);
        var hourlyCap = ReadHourlyCap(section.GetSection("HourlyCap"), mistakes);
        var probeShare = ReadProbeShare(section.GetSection("ProbeShare"), mistakes);
        var limits = LimitSettings.Read(section.GetSection("Limits"), mistakes);
        var wear = WearSettings.Read(section.GetSection("Wear"), mistakes);
        mistakes.ThrowIfAny();
        return new NumberPoolSettings(ranges, restPeriod, hourlyCap, probeShare, limits, wear);
    }

    private static int? ReadHourlyCap(IConfigurationSection setting, SettingsMistakes mistakes)
    {
        if (setting.Value is not { Length: > 0 } text)
            return DefaultHourlyCap;
        if (text.Equals("none", StringComparison.OrdinalIgnoreCase))
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var cap) && cap is >= 1 and <= HighestHourlyCap)
            return cap;
        mistakes.Add(setting.Path, $"is '{text}'. Give a whole number from 1 to {HighestHourlyCap}, or none.");
        return DefaultHourlyCap;
    }

    private static double ReadProbeShare(IConfigurationSection setting, SettingsMistakes mistakes)
    {
        if (setting.Value is not { Length: > 0 } text)
            return DefaultProbeShare;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1)
            return share;
        mistakes.Add(setting.Path, $"is '{text}'. Give a share from 0 to 1, such as 0.25.");
        return DefaultProbeShare;
    }

    private static List<SettingsRange> ReadRanges(IConfigurationSection section, SettingsMistakes mistakes)
    {
        mistakes.RefuseScalar(section, "a list of ranges, such as [{ \"Pattern\": \"+44207946xxxx\", \"Trunk\": \"demo\" }]");
        var ranges = new List<(string Path, string Pattern, SettingsRange Range)>();
        foreach (var entry in section.GetChildren())
        {
            mistakes.RefuseUnknown(entry, "Pattern", "Trunk");
            var trunk = entry["Trunk"];
            // Whether there is such a trunk is not for the settings to say: trunks come and go while the platform runs.
            if (string.IsNullOrWhiteSpace(trunk))
                mistakes.Add($"{entry.Path}:Trunk", "is missing. Name the trunk whose carrier may present these numbers.");
            else if (NumberWords.MistakeInTrunk(trunk) is { } mistake)
                mistakes.Add($"{entry.Path}:Trunk", mistake);
            var pattern = entry["Pattern"] ?? "";
            if (!NumberSpan.TryParse(pattern, out var numbers, out var problem))
                mistakes.Add($"{entry.Path}:Pattern", pattern.Length == 0 ? problem : $"is '{pattern}', which {problem}");
            else if (!NumberingPlan.TryFindCountry(numbers, given: null, out var country, out var noCountry))
                mistakes.Add($"{entry.Path}:Pattern", $"is '{pattern}', which {noCountry.Text}");
            else
                ranges.Add((entry.Path, pattern, new SettingsRange(numbers, trunk ?? "", country)));
        }
        ranges.Sort((one, other) => one.Range.Numbers.First.CompareTo(other.Range.Numbers.First));
        for (var i = 1; i < ranges.Count; i++)
        {
            var (lower, upper) = (ranges[i - 1], ranges[i]);
            if (upper.Range.Numbers.First <= lower.Range.Numbers.Last)
            {
                mistakes.Add($"{lower.Path}:Pattern",
                    $"is '{lower.Pattern}' and shares numbers with {SettingName.Of($"{upper.Path}:Pattern")}, "
                    + $"which is '{upper.Pattern}'. Give each number once.");
            }
        }
        return [.. ranges.Select(entry => entry.Range)];
    }
}

/// <summary>Numbers that the settings bring in.</summary>
/// <param name="Numbers">Which.</param>
/// <param name="Trunk">The trunk whose carrier may present them.</param>
/// <param name="Country">ISO 3166-1 alpha-2, or the calling code where no country has it.</param>
internal sealed record SettingsRange(NumberSpan Numbers, string Trunk, string Country);
