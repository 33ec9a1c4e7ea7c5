using System.Diagnostics.CodeAnalysis;
using FlashCall.Contracts;

namespace FlashCall.Dialer.Trunks;

/// <summary>Caller IDs that a trunk may present: <c>+44207946xxxx</c> is +442079460000 to +442079469999.</summary>
internal sealed record CallerIdRange
{
    /// <summary>What a range has to be, for the text of an error.</summary>
    public const string Form =
        "Give a plus sign, the fixed digits, then an x for each free one, 7 to 15 in all, such as +44207946xxxx or +442079460123.";

    private readonly string _fixed;

    private CallerIdRange(string pattern)
    {
        Pattern = pattern;
        _fixed = pattern.TrimEnd('x');
    }

    /// <summary>As it was written.</summary>
    public string Pattern { get; }

    /// <summary>Whether the caller ID is one of them.</summary>
    public bool Covers(CallerId callerId) =>
        callerId.E164.Length == Pattern.Length && callerId.E164.StartsWith(_fixed, StringComparison.Ordinal);

    /// <summary>Reads a range that is known to be right.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static CallerIdRange Parse(string text) => TryParse(text, out var range) ? range : throw new FormatException(Form);

    /// <summary>Reads a range. The country code does not begin with 0 and is not free (ITU-T E.164 §6.2.1).</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out CallerIdRange? range)
    {
        range = null;
        if (text is not { Length: >= 8 and <= 16 } || text[0] != '+' || text[1] is < '1' or > '9')
            return false;
        if (text.AsSpan(1).TrimEnd('x').ContainsAnyExceptInRange('0', '9'))
            return false;
        range = new CallerIdRange(text);
        return true;
    }

    /// <summary>The pattern.</summary>
    public override string ToString() => Pattern;
}
