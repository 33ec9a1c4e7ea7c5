using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FlashCall.Load;

/// <summary>What is to be measured; the script's help says what each means.</summary>
internal sealed record LoadOptions
{
    public TimeSpan Length { get; private init; } = TimeSpan.FromSeconds(3);

    public int Pairs { get; private init; } = 3;

    public TimeSpan RingTime { get; private init; } = TimeSpan.FromMilliseconds(50);

    public int Phones { get; private init; } = 10_000;

    /// <summary>The only rate to try, in calls a second; null to search the highest.</summary>
    public int? Rate { get; private init; }

    /// <summary>Whether server and client get cores of their own where there are two or more.</summary>
    public bool Pinning { get; private init; } = true;

    public static bool TryRead(string[] args, [NotNullWhen(true)] out LoadOptions? options, [NotNullWhen(false)] out string? mistake)
    {
        options = null;
        mistake = null;
        if (args is not ["dialer", .. var rest])
        {
            mistake = $"'{(args is [var name, ..] ? name : "")}' is no scenario; there are five: dialer, leases, risk, gateway and sessions.";
            return false;
        }
        var read = new LoadOptions();
        for (var i = 0; i < rest.Length; i += 2)
        {
            if (rest[i] == "--no-pinning")
            {
                read = read with { Pinning = false };
                i--;
                continue;
            }
            var text = i + 1 < rest.Length ? rest[i + 1] : null;
            var value = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
            var next = (rest[i], value) switch
            {
                ("--seconds", >= 1 and <= 60) => read with { Length = TimeSpan.FromSeconds(value) },
                ("--pairs", >= 1 and <= 20) => read with { Pairs = value },
                ("--ring-ms", >= 1 and <= 10_000) => read with { RingTime = TimeSpan.FromMilliseconds(value) },
                ("--phones", >= 0 and <= 50_000) => read with { Phones = value },
                ("--rate", >= 1 and <= 100_000) => read with { Rate = value },
                _ => null,
            };
            if (next is null)
            {
                mistake = $"'{rest[i]}' with its value is no option; tests/load/run --help names the options and their ranges.";
                return false;
            }
            read = next;
        }
        options = read;
        return true;
    }
}
