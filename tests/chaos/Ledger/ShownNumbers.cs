using System.Globalization;
using System.Text.RegularExpressions;

namespace FlashCall.Chaos.Ledger;

/// <summary>Finds the phones and caller IDs of a run in what the services wrote.</summary>
internal static partial class ShownNumbers
{
    private const int ShownAround = 80;

    /// <summary>The lines that have a number, in words: where, and what stands around it.</summary>
    /// <param name="program">Who wrote.</param>
    /// <param name="lines">What.</param>
    public static IEnumerable<string> In(string program, IEnumerable<string> lines)
    {
        foreach (var (index, line) in lines.Index())
        {
            if (Number().Match(line) is not { Success: true } match)
                continue;
            var from = Math.Max(0, match.Index - ShownAround);
            var around = line.Substring(from, Math.Min(line.Length - from, match.Length + (2 * ShownAround)));
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{program} wrote a number in line {index + 1}: {Number().Replace(around, "•••")}");
        }
    }

    /// <summary>E.164 with or without plus, which JSON writes as <c>\u002B</c>, or national; no part of an id or of a longer
    /// number.</summary>
    [GeneratedRegex(@"(?:(?<![0-9A-Za-z-])|(?<=u002B))\+?(?:(?:46|0)722\d{6}|(?:44|0)207946\d{4})(?![0-9A-Za-z])")]
    private static partial Regex Number();
}
