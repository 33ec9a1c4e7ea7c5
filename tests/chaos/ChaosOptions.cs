using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FlashCall.Chaos;

/// <summary>What a run is to do; the script's help says what each option means.</summary>
internal sealed record ChaosOptions
{
    /// <summary>How long clients begin sessions and faults are injected.</summary>
    public TimeSpan Length { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Chooses clients and faults.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Sessions that begin in a second.</summary>
    public double Rate { get; init; } = 10;

    /// <summary>The share, 0 to 1, that has to be verified of the sessions whose client and phone want it.</summary>
    public double LeastShare { get; init; } = 0.5;

    /// <summary>Where the services' logs are kept; null where they are not.</summary>
    public string? Logs { get; init; }

    /// <summary>How long after its deadline a session may end, and what follows from it may take. What the platform promises, where the
    /// machine is its own.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Sessions that have to be verified before the run ends, as long as it has not taken <see cref="Longest"/>.</summary>
    public int LeastVerified { get; init; }

    /// <summary>The longest that clients begin sessions.</summary>
    public TimeSpan Longest => LeastVerified > 0 ? 4 * Length : Length;

    /// <summary>For tests: few and short faults.</summary>
    public bool IsBrief { get; init; }

    /// <summary>Reads the command line.</summary>
    public static bool TryRead(
        IReadOnlyList<string> args, [NotNullWhen(true)] out ChaosOptions? options, [NotNullWhen(false)] out string? mistake)
    {
        (options, mistake) = (null, null);
        var read = new ChaosOptions();
        for (var i = 0; i < args.Count; i += 2)
        {
            var value = double.TryParse(
                i + 1 < args.Count ? args[i + 1] : null, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                ? number
                : -1;
            var next = (args[i], value) switch
            {
                ("--minutes", >= 0.2 and <= 1440) => read with { Length = TimeSpan.FromMinutes(value) },
                ("--seed", >= 0 and <= int.MaxValue) when double.IsInteger(value) => read with { Seed = (int)value },
                ("--rate", >= 0.1 and <= 1000) => read with { Rate = value },
                ("--verified", >= 0 and <= 100) => read with { LeastShare = value / 100 },
                ("--logs", _) when i + 1 < args.Count => read with { Logs = args[i + 1] },
                _ => null,
            };
            if (next is null)
            {
                mistake = $"'{string.Join(' ', args.Skip(i).Take(2))}' is no option with a value in its range. "
                    + "There are --minutes (0.2 to 1440), "
                    + "--seed (a whole number, 0 or more), --rate (0.1 to 1000 sessions a second), --verified (0 to 100 percent) "
                    + "and --logs (a folder).";
                return false;
            }
            read = next;
        }
        if (read.Length.TotalSeconds * read.Rate > 100_000)
        {
            mistake = $"--minutes and --rate make {read.Length.TotalSeconds * read.Rate:0} sessions; there are phones for 100,000. "
                + "Lower one of them.";
            return false;
        }
        options = read;
        return true;
    }
}
