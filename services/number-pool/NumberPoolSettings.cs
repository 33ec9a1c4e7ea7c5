using FlashCall.Hosting;
using FlashCall.NumberPool.Numbers;
using FlashCall.NumberPool.Ranges;
using FlashCall.NumberPool.Wear;

namespace FlashCall.NumberPool;

/// <summary>The settings under <c>NumberPool</c>, read once at start.</summary>
/// <param name="Ranges">The numbers of the pool; no two ranges share one. None at all is allowed: every lease is then refused.</param>
/// <param name="RestPeriod">How long a caller ID is not given to the same callee again, so that an old entry of a call log cannot be taken
/// for a new one. 1 minute to 90 days, 24 hours by default.</param>
/// <param name="Wear">When a number rests by itself.</param>
internal sealed record NumberPoolSettings(IReadOnlyList<NumberRange> Ranges, TimeSpan RestPeriod, WearSettings Wear)
{
    private const string Section = "NumberPool";

    private static readonly TimeSpan DefaultRestPeriod = TimeSpan.FromHours(24);
    private static readonly TimeSpan ShortestRestPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRestPeriod = TimeSpan.FromDays(90);

    /// <summary>Reads the settings.</summary>
    /// <exception cref="SettingsException">Something is wrong; the message lists every mistake and what would be right.</exception>
    public static NumberPoolSettings Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var mistakes = new SettingsMistakes();
        mistakes.RefuseUnknown(section, "Ranges", "RestPeriod", "Wear");
        var ranges = ReadRanges(section.GetSection("Ranges"), mistakes);
        var restPeriod = mistakes.ReadDuration(
            section.GetSection("RestPeriod"), DefaultRestPeriod, ShortestRestPeriod, LongestRestPeriod);
        var wear = WearSettings.Read(section.GetSection("Wear"), mistakes);
        mistakes.ThrowIfAny();
        return new NumberPoolSettings(ranges, restPeriod, wear);
    }

    private static List<NumberRange> ReadRanges(IConfigurationSection section, SettingsMistakes mistakes)
    {
        mistakes.RefuseScalar(section, "a list of ranges, such as [{ \"Pattern\": \"+44207946xxxx\", \"Trunk\": \"demo\" }]");
        var ranges = new List<(string Path, NumberRange Range)>();
        foreach (var entry in section.GetChildren())
        {
            mistakes.RefuseUnknown(entry, "Pattern", "Trunk");
            var trunk = entry["Trunk"];
            // Whether there is such a trunk is not for the settings to say: trunks come and go while the platform runs.
            if (string.IsNullOrWhiteSpace(trunk))
                mistakes.Add($"{entry.Path}:Trunk", "is missing. Name the trunk whose carrier may present these numbers.");
            else if (NumberWords.MistakeInTrunk(trunk) is { } mistake)
                mistakes.Add($"{entry.Path}:Trunk", mistake);
            if (!NumberRange.TryParse(entry["Pattern"], trunk ?? "", out var range, out var problem))
                mistakes.Add($"{entry.Path}:Pattern", problem);
            else if (!NumberingPlan.TryFindCountry(new NumberSpan(range.First, range.Last), given: null, out _, out var noCountry))
                mistakes.Add($"{entry.Path}:Pattern", $"is '{range.Pattern}', which {noCountry.Text}");
            else
                ranges.Add((entry.Path, range));
        }
        ranges.Sort((one, other) => one.Range.First.CompareTo(other.Range.First));
        for (var i = 1; i < ranges.Count; i++)
        {
            var (lower, upper) = (ranges[i - 1], ranges[i]);
            if (upper.Range.First <= lower.Range.Last)
            {
                mistakes.Add($"{lower.Path}:Pattern",
                    $"is '{lower.Range.Pattern}' and shares numbers with {SettingName.Of($"{upper.Path}:Pattern")}, "
                    + $"which is '{upper.Range.Pattern}'. Give each number once.");
            }
        }
        return [.. ranges.Select(entry => entry.Range)];
    }
}
