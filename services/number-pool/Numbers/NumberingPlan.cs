using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using PhoneNumbers;

namespace FlashCall.NumberPool.Numbers;

/// <summary>Which country a number of ours belongs to. Numbers need not be assignable by the library's plan: a carrier may have given us
/// a block that is newer than it.</summary>
internal static class NumberingPlan
{
    private const int LongestCallingCode = 3;

    /// <summary>The library's region of calling codes that no country has (+883).</summary>
    private const string NoCountry = "001";

    /// <summary>Numbers that differ in the last four digits alone are in one country in every plan that several share.</summary>
    private const long Block = 10_000;

    private const int MostBlocksKept = 200_000;

    private static readonly PhoneNumberUtil Plans = PhoneNumberUtil.GetInstance();

    private static readonly FrozenDictionary<int, string[]> Countries = Plans.GetSupportedCallingCodes().ToFrozenDictionary(
        code => code,
        code => Plans.GetRegionCodesForCountryCode(code)
            .Select(region => region == NoCountry ? string.Create(CultureInfo.InvariantCulture, $"+{code}") : region).ToArray());

    // Finding the country in a plan that several share matches patterns, one after the other.
    private static readonly ConcurrentDictionary<(long Block, int Length), string> Known = new();

    /// <summary>The calling code of a number; null if it begins with none. No calling code begins with another (ITU-T E.164).</summary>
    public static int? CallingCode(long number)
    {
        var beyond = NumberSpan.PowerOfTen(NumberSpan.LengthOf(number));
        for (var length = 1; length <= LongestCallingCode; length++)
        {
            beyond /= 10;
            if (beyond > 0 && Countries.ContainsKey((int)(number / beyond)))
                return (int)(number / beyond);
        }
        return null;
    }

    /// <summary>The countries that have a calling code.</summary>
    public static IReadOnlyList<string> CountriesOf(int callingCode) => Countries[callingCode];

    /// <summary>Finds the country of all numbers of a span.</summary>
    /// <param name="span">The span.</param>
    /// <param name="given">What the operator says it is: ISO 3166-1 alpha-2, or the calling code (+883) where no country has it; null
    /// where it is to be found.</param>
    /// <param name="country">The country, spelt the same way.</param>
    /// <param name="problem">Or why there is none, as it goes on after the field's name; it names no number.</param>
    /// <returns>False if the numbers begin with no calling code or are of several countries, or the given country is not one of
    /// those that have the calling code.</returns>
    public static bool TryFindCountry(
        NumberSpan span, string? given, [NotNullWhen(true)] out string? country, [NotNullWhen(false)] out CountryProblem? problem)
    {
        country = null;
        problem = null;
        if (CallingCode(span.First) is not { } code)
        {
            problem = new CountryProblem(IsOfNumber: true, "does not begin with a calling code that is in use.");
        }
        else if (CallingCode(span.Last) != code)
        {
            problem = new CountryProblem(IsOfNumber: true, "has numbers of several calling codes. Give a span for each.");
        }
        else if (given is not null)
        {
            country = Countries[code].FirstOrDefault(one => string.Equals(one, given, StringComparison.OrdinalIgnoreCase));
            if (country is null)
                problem = new CountryProblem(IsOfNumber: false, $"does not have the calling code +{code}. {OneOf(code)}, or leave it out.");
        }
        else if (Find(span.First, code) is var first && Find(span.Last, code) != first)
        {
            problem = new CountryProblem(IsOfNumber: false, $"is missing, and the span has numbers of several countries. {OneOf(code)}.");
        }
        else
        {
            country = first;
        }

        return problem is null;
    }

    private static string OneOf(int code) => Countries[code] is { Length: <= 8 } few
        ? $"Give {string.Join(" or ", few)}"
        : "Give the country as ISO 3166-1 alpha-2, such as US";

    private static string Find(long number, int code)
    {
        var countries = Countries[code];
        if (countries.Length == 1)
            return countries[0];
        var key = (number / Block, NumberSpan.LengthOf(number));
        if (Known.TryGetValue(key, out var known))
            return known;
        // Bounded: a pool has few blocks, scattered numbers may have any.
        if (Known.Count >= MostBlocksKept)
            Known.Clear();
        var parsed = Plans.Parse(string.Create(CultureInfo.InvariantCulture, $"+{number}"), defaultRegion: null);
        return Known[key] = Plans.GetRegionCodeForNumber(parsed) is { Length: 2 } region ? region : countries[0];
    }
}

/// <summary>Why a span has no country.</summary>
/// <param name="IsOfNumber">Whether the number is wrong, and not the country.</param>
/// <param name="Text">What is wrong and what would be right, as it goes on after the field's name.</param>
internal sealed record CountryProblem(bool IsOfNumber, string Text);
