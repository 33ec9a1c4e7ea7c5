using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;

namespace FlashCall.Fraud.Rules;

/// <summary>
/// Which prefixes of a number are judged. The longest always; a shorter one, whose block would stop many honest people, only after several
/// longer ones under it had to be blocked within a day, so that an attack on one range does not close a network.
/// </summary>
internal static class Prefixes
{
    private const int BlocksForEachDigit = 3;

    private static readonly Window Day = new(TimeSpan.FromDays(1));

    /// <summary>What has to be read to know.</summary>
    public static IEnumerable<Need> NeedsOf(IReadOnlyList<int> digits) =>
        digits.Where(length => length < digits.Max()).Select(length => new Need(SubjectKind.Prefix, Measure.NarrowerBlocks, Day, length));

    /// <summary>The prefixes, longest first.</summary>
    /// <param name="digits">How many digits they have, most first.</param>
    /// <param name="request">The request.</param>
    /// <param name="readings">What was read.</param>
    public static IEnumerable<Subject> ToJudge(int[] digits, RiskRequest request, Readings readings)
    {
        var longest = digits[0];
        foreach (var length in digits)
        {
            foreach (var prefix in request.PrefixOf(length))
            {
                if (length == longest || readings.Of(prefix, Measure.NarrowerBlocks, Day) >= BlocksForEachDigit * (longest - length))
                    yield return prefix;
            }
        }
    }
}
