using System.Collections.Frozen;
using System.Globalization;
using PhoneNumbers;

namespace FlashCall.Verification.Channels.FlashCalls;

/// <summary>
/// What the digits that a phone shows can mean. Networks and phones write one number in many ways: international, with the exit code of
/// the callee's country or of the one it roams in, as it is dialled in the caller's country or in the callee's, with a carrier's code, or
/// without its head. Knows of the caller ID only what the client was told. Pure.
/// </summary>
internal static class CallerIdReadings
{
    // Exit codes in use (ITU-T E.164 supplement, operational bulletin): a phone that roams may show that of the country it is in. Codes
    // that select a carrier, as in Brazil, Korea or Hong Kong, are left to the numbering plan of the callee's country.
    private static readonly string[] ExitCodes =
        ["00", "000", "001", "002", "003", "005", "006", "007", "008", "009", "010", "011", "0011", "0060", "119", "810"];

    // Two plans in which a mobile number has one more digit when it is dialled from abroad than when it is not, which some networks write
    // and others leave out: Argentina (9) and, until 2019, Mexico (1). With it or without it is one and the same subscriber.
    private static readonly (string With, string Without)[] ExtraDigits = [("+549", "+54"), ("+521", "+52")];
    private const int DigitsBehindTheExtra = 10;

    private static readonly PhoneNumberUtil Numbering = PhoneNumberUtil.GetInstance();
    private static readonly FrozenSet<int> CallingCodes = Numbering.GetSupportedCallingCodes().ToFrozenSet();

    /// <summary>Every reading in E.164 form. How many there are follows from the text and the countries alone.</summary>
    /// <param name="shown">What the phone showed.</param>
    /// <param name="disclosedPrefix">How the caller ID begins, as the client was told.</param>
    /// <param name="length">The length of the caller ID with its plus sign, as the client was told.</param>
    /// <param name="calleeRegion">The country of the phone that rang (ISO 3166-1 alpha-2).</param>
    public static IReadOnlyList<string> Of(CallerIdText shown, string disclosedPrefix, int length, string calleeRegion)
    {
        var readings = new List<string> { "+" + shown.Digits };
        if (shown.IsInternational)
        {
            // Knows the 0 that some write behind the country code.
            Add(readings, Parsed("+" + shown.Digits, region: null));
        }
        else
        {
            foreach (var code in ExitCodes.Where(code => shown.Digits.StartsWith(code, StringComparison.Ordinal)))
                readings.Add("+" + shown.Digits[code.Length..]);
            AddNational(readings, shown.Digits, disclosedPrefix);
            Add(readings, Parsed(shown.Digits, calleeRegion));
            if (shown.IsNumber)
                Add(readings, Completed(shown.Digits, disclosedPrefix, length));
        }
        for (var i = readings.Count - 1; i >= 0; i--)
            Add(readings, Otherwise(readings[i]));
        return readings;
    }

    /// <summary>As it is dialled in the country of the caller ID.</summary>
    private static void AddNational(List<string> readings, string digits, string disclosedPrefix)
    {
        if (CallingCodeOf(disclosedPrefix) is not { } code)
            return;
        Add(readings, Parsed(digits, Numbering.GetRegionCodeForCountryCode(code)));
        // Numbering plans change, and a library that does not know a new range of ours leaves its trunk prefix where it is.
        readings.Add(string.Create(CultureInfo.InvariantCulture, $"+{code}{digits}"));
        if (digits.StartsWith('0'))
            readings.Add(string.Create(CultureInfo.InvariantCulture, $"+{code}{digits[1..]}"));
    }

    private static void Add(List<string> readings, string? reading)
    {
        if (reading is not null)
            readings.Add(reading);
    }

    private static string? Parsed(string digits, string? region)
    {
        try
        {
            return Numbering.Format(Numbering.Parse(digits, region), PhoneNumberFormat.E164);
        }
        catch (NumberParseException)
        {
            // Not a number in that country's spelling, which is an answer: this reading does not exist.
            return null;
        }
    }

    /// <summary>The end of a number, put behind what was disclosed where the two overlap: as much as was not disclosed, or more.</summary>
    private static string? Completed(string digits, string prefix, int length)
    {
        var rest = length - prefix.Length;
        if (digits.Length < rest || digits.Length >= length - 1)
            return null;
        var overlap = digits[..^rest];
        return prefix.EndsWith(overlap, StringComparison.Ordinal) ? prefix + digits[^rest..] : null;
    }

    /// <summary>The same number with or without the digit that is dialled from abroad alone.</summary>
    private static string? Otherwise(string reading)
    {
        foreach (var (with, without) in ExtraDigits)
        {
            if (reading.Length == with.Length + DigitsBehindTheExtra && reading.StartsWith(with, StringComparison.Ordinal))
                return without + reading[with.Length..];
            if (reading.Length == without.Length + DigitsBehindTheExtra && reading.StartsWith(without, StringComparison.Ordinal))
                return with + reading[without.Length..];
        }
        return null;
    }

    /// <summary>The calling code that a prefix begins with; null if it is too short to tell.</summary>
    private static int? CallingCodeOf(string prefix)
    {
        const int LongestCode = 3;
        var code = 0;
        foreach (var digit in prefix.Skip(1).Take(LongestCode))
        {
            code = code * 10 + (digit - '0');
            if (CallingCodes.Contains(code))
                return code;
        }
        return null;
    }
}
