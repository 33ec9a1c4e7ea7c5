using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace FlashCall.Hosting.Tracing;

/// <summary>Which traces are exported (<c>docs/decisions/0045</c>).</summary>
/// <param name="Ratio">Of the traces in which nothing failed and nothing was slow, this part; 0 to 1. The same traces in every
/// service.</param>
/// <param name="Slow">What takes so long is slow.</param>
internal sealed record TracingSettings(double Ratio, TimeSpan Slow)
{
    private const string Section = "Tracing";

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>Whether every trace is exported as it comes.</summary>
    public bool IsAll => Ratio >= 1;

    /// <summary>Reads <c>Tracing:Ratio</c> (1 by default) and <c>Tracing:Slow</c> (2 s by default).</summary>
    /// <exception cref="SettingsException">One of them is wrong.</exception>
    public static TracingSettings Read(IConfiguration configuration)
    {
        var mistakes = new SettingsMistakes();
        var section = configuration.GetSection(Section);
        mistakes.RefuseUnknown(section, nameof(Ratio), nameof(Slow));
        var ratio = 1.0;
        var given = section.GetSection(nameof(Ratio));
        if (given.Value is { Length: > 0 } text
            && (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out ratio) || !(ratio <= 1)))
        {
            mistakes.Add(given.Path, $"is '{text}'. Give a number from 0 to 1, such as 0.05 for one trace in twenty.");
        }
        var slow = mistakes.ReadDuration(section.GetSection(nameof(Slow)), TimeSpan.FromSeconds(2), Shortest, Longest);
        mistakes.ThrowIfAny();
        return new TracingSettings(ratio, slow);
    }
}
