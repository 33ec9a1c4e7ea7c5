using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FlashCall.Load.Sessions;

/// <summary>What is to be measured of sessions; the script's help says what each means.</summary>
internal sealed record SessionOptions
{
    public TimeSpan Length { get; private init; } = TimeSpan.FromSeconds(5);

    public TimeSpan WarmUp { get; private init; } = TimeSpan.FromSeconds(10);

    public int Rounds { get; private init; } = 3;

    public IReadOnlyList<int> AtOnce { get; private init; } = [1, 16, 64];

    public int Replicas { get; private init; } = 1;

    public static bool TryRead(
        ReadOnlySpan<string> args, [NotNullWhen(true)] out SessionOptions? options, [NotNullWhen(false)] out string? mistake)
    {
        options = null;
        mistake = null;
        var read = new SessionOptions();
        for (var i = 0; i < args.Length; i += 2)
        {
            var texts = i + 1 < args.Length ? args[i + 1].Split(',') : [""];
            var values = Array.ConvertAll(
                texts, static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1);
            var next = (args[i], values) switch
            {
                ("--seconds", [>= 1 and <= 60]) => read with { Length = TimeSpan.FromSeconds(values[0]) },
                ("--warm-up", [>= 1 and <= 120]) => read with { WarmUp = TimeSpan.FromSeconds(values[0]) },
                ("--rounds", [>= 1 and <= 20]) => read with { Rounds = values[0] },
                ("--replicas", [>= 1 and <= 4]) => read with { Replicas = values[0] },
                ("--at-once", [_, ..]) when Array.TrueForAll(values, static value => value is >= 1 and <= 512) =>
                    read with { AtOnce = values },
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
