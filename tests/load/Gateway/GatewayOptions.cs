using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FlashCall.Load.Gateway;

/// <summary>What is to be measured of the gateway; the script's help says what each means.</summary>
internal sealed record GatewayOptions
{
    public TimeSpan Length { get; private init; } = TimeSpan.FromSeconds(3);

    public int Rounds { get; private init; } = 3;

    public IReadOnlyList<int> Rates { get; private init; } = [250, 500, 1000];

    public int AtOnce { get; private init; } = 32;

    public static bool TryRead(
        ReadOnlySpan<string> args, [NotNullWhen(true)] out GatewayOptions? options, [NotNullWhen(false)] out string? mistake)
    {
        options = null;
        mistake = null;
        var read = new GatewayOptions();
        for (var i = 0; i < args.Length; i += 2)
        {
            var values = i + 1 < args.Length ? Numbers(args[i + 1]) : [];
            var next = (args[i], values) switch
            {
                ("--seconds", [>= 1 and <= 60 and var seconds]) => read with { Length = TimeSpan.FromSeconds(seconds) },
                ("--rounds", [>= 1 and <= 50 and var rounds]) => read with { Rounds = rounds },
                ("--rates", [_, ..]) when values.All(rate => rate is >= 1 and <= 100_000) => read with { Rates = values },
                ("--at-once", [>= 1 and <= 512 and var atOnce]) => read with { AtOnce = atOnce },
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

    private static int[] Numbers(string text) =>
        [.. text.Split(',').Select(one => int.TryParse(one, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)];
}
