using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FlashCall.NumberPool.Ranges;

/// <summary>Consecutive numbers that a carrier gave us: <c>+44207946xxxx</c> is +442079460000 to +442079469999.</summary>
internal sealed record NumberRange
{
    /// <summary>A billion numbers: no carrier assigns more in one block, so more is a slip of the pen.</summary>
    public const int MaxFreeDigits = 9;

    /// <summary>Digits at the end that are never disclosed, however small the range: they are what a person types.</summary>
    public const int HiddenDigits = 4;

    private NumberRange(string pattern, int freeDigits, string trunk)
    {
        Pattern = pattern;
        Trunk = trunk;
        Size = PowerOfTen(freeDigits);
        First = long.Parse(pattern.AsSpan(1, pattern.Length - 1 - freeDigits), CultureInfo.InvariantCulture) * Size;
        var hidden = Math.Max(freeDigits, HiddenDigits);
        DisclosedPrefix = pattern[..^hidden];
        var matching = PowerOfTen(hidden);
        FirstMatching = First / matching * matching;
        LastMatching = FirstMatching + matching - 1;
    }

    /// <summary>As it was written: a plus sign, digits, then an x for each free digit.</summary>
    public string Pattern { get; }

    /// <summary>The trunk whose carrier may present these numbers.</summary>
    public string Trunk { get; }

    /// <summary>The lowest number, without the plus sign. Country codes do not begin with 0, so a number and its value are one
    /// thing.</summary>
    public long First { get; }

    /// <summary>The highest number.</summary>
    public long Last => First + Size - 1;

    /// <summary>How many numbers, 1 to a billion.</summary>
    public long Size { get; }

    /// <summary>What may be told of a number of this range before it has rung: the fixed digits, less where they would give away more
    /// than all but the last <see cref="HiddenDigits"/>.</summary>
    public string DisclosedPrefix { get; }

    /// <summary>The lowest number of this length that begins with <see cref="DisclosedPrefix"/>, of this range or not.</summary>
    public long FirstMatching { get; }

    /// <summary>The highest such number.</summary>
    public long LastMatching { get; }

    /// <summary>Reads a range.</summary>
    /// <param name="pattern">A plus sign and 7 to 15 digits (ITU-T E.164 §6.2.1), the last of which may be x.</param>
    /// <param name="trunk">The trunk's name.</param>
    /// <param name="range">The range, if the pattern is one.</param>
    /// <param name="problem">Otherwise what is wrong and what would be right.</param>
    public static bool TryParse(
        string? pattern, string trunk, [NotNullWhen(true)] out NumberRange? range, [NotNullWhen(false)] out string? problem)
    {
        range = null;
        problem = Problem(pattern);
        if (problem is not null)
            return false;
        range = new NumberRange(pattern!, pattern!.AsSpan().Count('x'), trunk);
        return true;
    }

    private static string? Problem(string? pattern)
    {
        if (string.IsNullOrEmpty(pattern))
            return "is missing. Write a plus sign, the fixed digits and an x for each free one, such as +44207946xxxx.";
        var digits = pattern.AsSpan(1);
        var free = digits.Count('x');
        if (pattern[0] != '+' || digits.TrimEnd('x').ContainsAnyExceptInRange('0', '9'))
        {
            return $"is '{pattern}'. Write a plus sign, the fixed digits, then an x for each free one and nothing between them, "
                + "such as +44207946xxxx.";
        }
        if (digits.Length is < 7 or > 15)
        {
            return $"is '{pattern}', which has {digits.Length} digits. An international number has 7 to 15, "
                + "the country code and the free digits (x) included.";
        }
        if (free == digits.Length || digits[0] == '0')
            return $"is '{pattern}'. A number begins with its country code, which does not begin with 0 and is not free.";
        return free > MaxFreeDigits
            ? $"is '{pattern}', which leaves {free} digits free. At most {MaxFreeDigits} may be (a billion numbers). "
                + "Give the digits that your carrier assigned."
            : null;
    }

    private static long PowerOfTen(int exponent)
    {
        var power = 1L;
        for (; exponent > 0; exponent--)
            power *= 10;
        return power;
    }
}
