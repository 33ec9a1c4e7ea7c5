using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FlashCall.Load.Leases;

/// <summary>What is to be measured of leases; the script's help says what each means.</summary>
internal sealed record LeaseOptions
{
    public TimeSpan Length { get; private init; } = TimeSpan.FromSeconds(5);

    public int Callers { get; private init; } = 16;

    public int Largest { get; private init; } = 10_000_000;

    public int Draws { get; private init; } = 1_000_000;

    public static bool TryRead(
        ReadOnlySpan<string> args, [NotNullWhen(true)] out LeaseOptions? options, [NotNullWhen(false)] out string? mistake)
    {
        options = null;
        mistake = null;
        var read = new LeaseOptions();
        for (var i = 0; i < args.Length; i += 2)
        {
            var text = i + 1 < args.Length ? args[i + 1] : null;
            var value = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
            var next = (args[i], value) switch
            {
                ("--seconds", >= 1 and <= 60) => read with { Length = TimeSpan.FromSeconds(value) },
                ("--callers", >= 4 and <= 64) => read with { Callers = value },
                ("--largest", >= 1_000 and <= 10_000_000) => read with { Largest = value },
                ("--draws", >= 0 and <= 10_000_000) => read with { Draws = value },
                _ => null,
            };
            if (next is null)
            {
                mistake = $"'{args[i]}' with its value is no option; tests/load/run --help names the options and their ranges.";
                return false;
            }
            read = next;
        }
        options = read;
        return true;
    }
}
