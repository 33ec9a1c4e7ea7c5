using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FlashCall.Load;

/// <summary>What a scenario can be told; the script's help says what each option means.</summary>
/// <typeparam name="T">The options themselves.</typeparam>
internal interface IScenarioOptions<T> where T : class
{
    /// <summary>The same with one option more.</summary>
    /// <param name="name">With its dashes: <c>--seconds</c>.</param>
    /// <param name="values">What was given, numbers with commas between; none for an option that takes none. What is no whole number, or
    /// below 0, is -1.</param>
    /// <returns>Null where there is no such option, or not with these values.</returns>
    T? With(string name, int[] values);
}

/// <summary>Reads options, each a name with whole numbers or with none.</summary>
internal static class CommandLine
{
    /// <summary>Reads all of them.</summary>
    /// <param name="args">What was given.</param>
    /// <param name="defaults">What holds where nothing is said.</param>
    /// <param name="options">The options.</param>
    /// <param name="mistake">Which one is wrong, and where the right ones stand.</param>
    public static bool TryRead<T>(
        ReadOnlySpan<string> args, T defaults, [NotNullWhen(true)] out T? options, [NotNullWhen(false)] out string? mistake)
        where T : class, IScenarioOptions<T>
    {
        options = defaults;
        mistake = null;
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i];
            var values = i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal) ? Numbers(args[++i]) : [];
            if (options.With(name, values) is not { } next)
            {
                options = null;
                mistake = $"'{name}' with its value is no option; tests/load/run --help names the options and their ranges.";
                return false;
            }
            options = next;
        }
        return true;
    }

    private static int[] Numbers(string text) => [.. text.Split(',').Select(Number)];

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
