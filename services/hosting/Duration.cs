using System.Globalization;
using System.Text.RegularExpressions;

namespace FlashCall.Hosting;

/// <summary>
/// Durations in settings, as people write them: <c>hh:mm:ss</c> with any number of hours, or <c>d.hh:mm:ss</c>.
/// <see cref="TimeSpan.Parse(string)"/> reads <c>24:00:00</c> as 24 days, which no one means who writes it.
/// </summary>
public static partial class Duration
{
    /// <summary>How a duration is written, for the text of an error.</summary>
    public const string Form = "hh:mm:ss or d.hh:mm:ss, such as 24:00:00 for a day";

    /// <summary>Reads a duration that is not negative.</summary>
    /// <param name="text"><c>hh:mm</c>, <c>hh:mm:ss</c> or <c>d.hh:mm:ss</c>, with a fraction of a second if wanted.</param>
    /// <param name="duration">The duration, zero if the text is none.</param>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text is null || Pattern().Match(text) is not { Success: true } match)
            return false;
        var days = Number(match.Groups["d"]);
        var hours = Number(match.Groups["h"]);
        if (match.Groups["d"].Success && hours > 23)
            return false;
        var fraction = match.Groups["f"].Success
            ? long.Parse(match.Groups["f"].Value.PadRight(7, '0'), CultureInfo.InvariantCulture)
            : 0;
        duration = new TimeSpan(days, hours, Number(match.Groups["m"]), Number(match.Groups["s"])) + TimeSpan.FromTicks(fraction);
        return true;
    }

    /// <summary>Writes a duration so that <see cref="TryParse"/> reads it, for the text of an error.</summary>
    /// <param name="duration">A duration that is not negative.</param>
    public static string Write(TimeSpan duration)
    {
        var text = duration.ToString("c", CultureInfo.InvariantCulture);
        // The format gives a fraction seven digits where there is one.
        return duration.Ticks % TimeSpan.TicksPerSecond == 0 ? text : text.TrimEnd('0');
    }

    private static int Number(Group group) => group.Success ? int.Parse(group.ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(
        @"^(?:(?<d>[0-9]{1,5})\.)?(?<h>[0-9]{1,6}):(?<m>[0-5][0-9])(?::(?<s>[0-5][0-9])(?:\.(?<f>[0-9]{1,7}))?)?\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
