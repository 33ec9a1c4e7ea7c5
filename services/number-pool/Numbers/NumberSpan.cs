using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace FlashCall.NumberPool.Numbers;

/// <summary>Consecutive numbers of one length, without their plus sign. Country codes do not begin with 0, so a number and its value are
/// one thing.</summary>
/// <param name="First">The lowest.</param>
/// <param name="Last">The highest; the same as <paramref name="First"/> for a single number.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct NumberSpan(long First, long Last)
{
    /// <summary>How spans are written, for the text of an error.</summary>
    public const string Form =
        "Write a number (+442079460000), a block with an x for each free digit at its end (+44207946xxxx), or the first and the last "
        + "number with a hyphen between them (+442079460000-+442079460499).";

    /// <summary>A billion: no carrier assigns more in one block, so more is a slip of the pen.</summary>
    public const long MostNumbers = 1_000_000_000;

    private const int FewestDigits = 7;
    private const int MostDigits = 15;

    /// <summary>How many numbers.</summary>
    public long Count => Last - First + 1;

    /// <summary>Digits of each number (ITU-T E.164 §6.2.1: at most 15).</summary>
    public int Length => LengthOf(First);

    /// <summary>Whether the number is one of these.</summary>
    public bool Contains(long number) => number >= First && number <= Last;

    /// <summary>Digits of a number.</summary>
    public static int LengthOf(long number)
    {
        var length = 1;
        for (; number >= 10; number /= 10)
            length++;
        return length;
    }

    /// <summary>10 to the power.</summary>
    /// <param name="exponent">0 to 18.</param>
    public static long PowerOfTen(int exponent)
    {
        var power = 1L;
        for (; exponent > 0; exponent--)
            power *= 10;
        return power;
    }

    /// <summary>Reads a span.</summary>
    /// <param name="text">As <see cref="Form"/> has it; each number with a plus sign and 7 to 15 digits.</param>
    /// <param name="span">The span, if the text is one.</param>
    /// <param name="problem">Otherwise what is wrong and what would be right, as it goes on after the field's name. The text is not in it:
    /// it may be a caller ID.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out NumberSpan span, [NotNullWhen(false)] out string? problem)
    {
        span = default;
        var hyphen = text.IndexOf('-');
        if (hyphen < 0)
            return TryParseBlock(text, out span, out problem);
        if (!TryParseBlock(text[..hyphen], out var first, out problem) || !TryParseBlock(text[(hyphen + 1)..], out var last, out problem))
            return false;
        if (first.Count > 1 || last.Count > 1)
            problem = "has an x beside a hyphen. Write the first and the last number in full.";
        else if (first.Length != last.Length)
            problem = "goes from a number to one of another length. Give a span for each length.";
        else if (first.First > last.First)
            problem = "goes from a higher number to a lower one. Write the lower one first.";
        else if (last.First - first.First >= MostNumbers)
            problem = "has more than a billion numbers. Give the numbers that your carrier assigned.";
        span = new NumberSpan(first.First, last.First);
        return problem is null;
    }

    private static bool TryParseBlock(ReadOnlySpan<char> text, out NumberSpan span, [NotNullWhen(false)] out string? problem)
    {
        span = default;
        if (text.IsEmpty)
        {
            problem = $"is missing. {Form}";
            return false;
        }
        var digits = text[1..];
        var given = digits.TrimEnd("xX");
        var free = digits.Length - given.Length;
        if (text[0] != '+' || given.ContainsAnyExceptInRange('0', '9'))
        {
            problem = $"is no number. {Form}";
        }
        else if (digits.Length is < FewestDigits or > MostDigits)
        {
            problem = string.Create(CultureInfo.InvariantCulture,
                $"has {digits.Length} digits. An international number has {FewestDigits} to {MostDigits}, the country code included.");
        }
        else if (given.IsEmpty || given[0] == '0')
        {
            problem = "does not begin with a country code. That never begins with 0, and is not free.";
        }
        else if (PowerOfTen(free) > MostNumbers)
        {
            problem = "has more than a billion numbers. Give the digits that your carrier assigned.";
        }
        else
        {
            problem = null;
            var size = PowerOfTen(free);
            var first = long.Parse(given, NumberStyles.None, CultureInfo.InvariantCulture) * size;
            span = new NumberSpan(first, first + size - 1);
        }
        return problem is null;
    }

    /// <summary>The span with all digits but the last five hidden at its end, fit for logs.</summary>
    public override string ToString()
    {
        var shown = First / 100_000;
        return string.Create(CultureInfo.InvariantCulture, $"+{shown}••••• ({Count})");
    }
}
