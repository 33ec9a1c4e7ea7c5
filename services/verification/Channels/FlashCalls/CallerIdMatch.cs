using System.Security.Cryptography;
using System.Text;
using FlashCall.Contracts;
using PhoneNumbers;
using PhoneNumber = FlashCall.Contracts.PhoneNumber;

namespace FlashCall.Verification.Channels.FlashCalls;

/// <summary>Compares a reported caller ID with the leased one: as numbers, whatever the spelling, in a time that says nothing of how
/// close it was.</summary>
internal static class CallerIdMatch
{
    private static readonly PhoneNumberUtil Numbering = PhoneNumberUtil.GetInstance();

    /// <summary>Whether the report names the caller ID.</summary>
    /// <param name="report">What the client saw.</param>
    /// <param name="callerId">What rang.</param>
    /// <param name="callee">The phone that rang: it may show the number in the spelling of its own country.</param>
    public static bool IsMatch(ReportedCallerId report, CallerId callerId, PhoneNumber callee) => report switch
    {
        ReportedCallerId.LastDigits typed => EndsWith(callerId, typed.Digits),
        ReportedCallerId.Whole shown => IsSameNumber(shown.Text, callerId, callee),
        _ => throw new InvalidOperationException($"Unknown report {report.GetType().Name}."),
    };

    private static bool EndsWith(CallerId callerId, string digits) =>
        digits.Length < callerId.E164.Length && FixedTimeEquals(callerId.E164[^digits.Length..], digits);

    private static bool IsSameNumber(string text, CallerId callerId, PhoneNumber callee)
    {
        // Every reading is compared, right or wrong, so that the time does not depend on which one fits.
        var matched = false;
        foreach (var reading in Readings(text, RegionOf(callerId), callee.Region))
            matched |= FixedTimeEquals(reading, callerId.E164);
        return matched;
    }

    /// <summary>What the text can mean: international with +, 00 or nothing before it, or in the spelling of the caller's country or of
    /// the callee's (whose international prefix may be 011, 0011 or another).</summary>
    private static IEnumerable<string> Readings(string text, string callerRegion, string calleeRegion)
    {
        var digits = string.Concat(text.Where(char.IsAsciiDigit));
        yield return "+" + digits;
        if (digits.StartsWith("00", StringComparison.Ordinal))
            yield return "+" + digits[2..];
        if (Read(text, callerRegion) is { } there)
            yield return there;
        if (Read(text, calleeRegion) is { } here)
            yield return here;
    }

    private static string? Read(string text, string region)
    {
        try
        {
            return Numbering.Format(Numbering.Parse(text, region), PhoneNumberFormat.E164);
        }
        catch (NumberParseException)
        {
            // Not a number in that country's spelling, which is an answer: this reading does not exist.
            return null;
        }
    }

    private static string RegionOf(CallerId callerId)
    {
        try
        {
            return Numbering.GetRegionCodeForCountryCode(Numbering.Parse(callerId.E164, null).CountryCode);
        }
        catch (NumberParseException)
        {
            return "ZZ";
        }
    }

    private static bool FixedTimeEquals(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));
}
