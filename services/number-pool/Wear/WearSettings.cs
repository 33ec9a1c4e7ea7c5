using System.Globalization;
using FlashCall.Hosting;

namespace FlashCall.NumberPool.Wear;

/// <summary>The settings under <c>NumberPool:Wear</c>: when a number rests by itself, and for how long.</summary>
/// <param name="Enabled">Whether numbers rest by themselves; true by default. When false, what became of calls is still counted, and
/// numbers on trial stay so until an operator activates them.</param>
/// <param name="Ratio">A number is worn when it verifies no more than this share of what its peers verify; 0.1 to 0.9, 0.5 by default. The
/// nearer to 1, the smaller the fall that counts, and the more calls it takes to be sure of it.</param>
/// <param name="CallsPerFalseAlarm">A number that is as good as its peers rests by mistake no more often than once in so many of its calls,
/// on average; 100 to 1,000,000,000, 100,000 by default.</param>
/// <param name="LeastTrials">Calls of other numbers that there must be to measure one by, over the same trunk to the same destination;
/// 20 to 100,000, 100 by default.</param>
/// <param name="FirstRest">How long a number rests the first time; each time after that twice as long. 1 minute to 30 days, 1 day by
/// default.</param>
/// <param name="MaxRests">So many rests without having shown itself in between, then it is retired; 0 to 10, 4 by default.</param>
/// <param name="PeerDays">Over how many days (UTC), today included, numbers are measured, and how long a number is on trial at most;
/// 2 to 30, 7 by default.</param>
internal sealed record WearSettings(
    bool Enabled, double Ratio, int CallsPerFalseAlarm, int LeastTrials, TimeSpan FirstRest, int MaxRests, int PeerDays)
{
    private static readonly TimeSpan ShortestFirstRest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestFirstRest = TimeSpan.FromDays(30);

    /// <summary>What is so when nothing is set.</summary>
    public static WearSettings Default { get; } = new(
        Enabled: true, Ratio: 0.5, CallsPerFalseAlarm: 100_000, LeastTrials: 100, FirstRest: TimeSpan.FromDays(1), MaxRests: 4,
        PeerDays: 7);

    /// <summary>Reads the settings.</summary>
    /// <param name="section">The section <c>NumberPool:Wear</c>; may be missing.</param>
    /// <param name="mistakes">Takes what is wrong.</param>
    public static WearSettings Read(IConfigurationSection section, SettingsMistakes mistakes)
    {
        mistakes.RefuseScalar(section, "a section, such as { \"FirstRest\": \"1.00:00:00\" }");
        mistakes.RefuseUnknown(
            section, "Enabled", "Ratio", "CallsPerFalseAlarm", "LeastTrials", "FirstRest", "MaxRests", "PeerDays");
        return new WearSettings(
            ReadEnabled(section.GetSection("Enabled"), mistakes),
            ReadRatio(section.GetSection("Ratio"), mistakes),
            mistakes.ReadNumber(section.GetSection("CallsPerFalseAlarm"), Default.CallsPerFalseAlarm, 100, 1_000_000_000),
            mistakes.ReadNumber(section.GetSection("LeastTrials"), Default.LeastTrials, 20, 100_000),
            mistakes.ReadDuration(section.GetSection("FirstRest"), Default.FirstRest, ShortestFirstRest, LongestFirstRest),
            mistakes.ReadNumber(section.GetSection("MaxRests"), Default.MaxRests, 0, 10),
            mistakes.ReadNumber(section.GetSection("PeerDays"), Default.PeerDays, 2, 30));
    }

    private static bool ReadEnabled(IConfigurationSection setting, SettingsMistakes mistakes)
    {
        if (setting.Value is not { Length: > 0 } text)
            return Default.Enabled;
        if (bool.TryParse(text, out var enabled))
            return enabled;
        mistakes.Add(setting.Path, $"is '{text}'. Give true or false.");
        return Default.Enabled;
    }

    private static double ReadRatio(IConfigurationSection setting, SettingsMistakes mistakes)
    {
        if (setting.Value is not { Length: > 0 } text)
            return Default.Ratio;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio)
            && ratio is >= 0.1 and <= 0.9)
        {
            return ratio;
        }
        mistakes.Add(setting.Path, $"is '{text}'. Give a share from 0.1 to 0.9, such as 0.5.");
        return Default.Ratio;
    }
}
