using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace FlashCall.Handset.Phones;

/// <summary>
/// A set of numbers: a digit mask, in which <c>x</c> is any digit (<c>+4670174060x</c>), or a regular expression for the whole number,
/// whose leading plus stands for itself (<c>+46701740\d*</c>).
/// </summary>
internal sealed class NumberPattern
{
    private readonly Regex _regex;

    private NumberPattern(string text, Regex regex) => (Text, _regex) = (text, regex);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Reads a pattern; it begins with a plus sign.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out NumberPattern? pattern)
    {
        pattern = null;
        if (text is null || text.Length < 2)
            return false;
        var rest = text.StartsWith("\\+", StringComparison.Ordinal) ? text[2..] : text[0] == '+' ? text[1..] : "";
        if (rest.Length == 0)
            return false;
        var expression = rest.All(c => char.IsAsciiDigit(c) || c is 'x' or 'X') ? Masked(rest) : rest;
        try
        {
            // Without backtracking: a pattern from outside cannot make matching slow.
            pattern = new NumberPattern(text,
                new Regex($@"\A\+(?:{expression})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return false;
        }
        return true;
    }

    /// <summary>Whether the number, with its plus sign, is one of the set.</summary>
    public bool Matches(string number) => _regex.IsMatch(number);

    private static string Masked(string mask)
    {
        var expression = new StringBuilder();
        foreach (var c in mask)
            expression.Append(c is 'x' or 'X' ? "[0-9]" : c);
        return expression.ToString();
    }
}
