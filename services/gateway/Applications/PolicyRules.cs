using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Hosting;

namespace FlashCall.Gateway.Applications;

/// <summary>What an application's policy for a purpose has to be: within the ranges of <see cref="PurposePolicy"/>.</summary>
internal static class PolicyRules
{
    /// <summary>What is wrong, by the property's name.</summary>
    public static IEnumerable<(string Field, string Problem)> Mistakes(PolicyDocument policy) =>
        new (string Field, string? Problem)[]
        {
            (nameof(policy.Route), OfRoute(policy.Route)),
            (nameof(policy.Lifetime), OfSpan(policy.Lifetime, PurposePolicy.ShortestLifetime, PurposePolicy.LongestLifetime)),
            (nameof(policy.RingTime), OfSpan(policy.RingTime, PurposePolicy.ShortestRing, PurposePolicy.LongestRing)),
            (nameof(policy.PostDialDelayCap),
                OfSpan(policy.PostDialDelayCap, PurposePolicy.ShortestPostDialDelayCap, PurposePolicy.LongestPostDialDelayCap)),
            (nameof(policy.MaxReports), OfNumber(policy.MaxReports, 1, PurposePolicy.MostReports)),
            (nameof(policy.GuessBound), OfNumber(policy.GuessBound, PurposePolicy.LowestGuessBound, PurposePolicy.HighestGuessBound)),
            (nameof(policy.FloorBits), OfNumber(policy.FloorBits, 0, PurposePolicy.HighestFloorBits)),
            (nameof(policy.ChallengeBits), OfNumber(policy.ChallengeBits, 0, PurposePolicy.HighestChallengeBits)),
            (nameof(policy.OnRiskUnavailable), OfWord(policy.OnRiskUnavailable, PurposePolicy.OnRiskUnavailableWords)),
            (nameof(policy.OnSecondSession), OfWord(policy.OnSecondSession, PurposePolicy.OnSecondSessionWords)),
        }
        .Where(field => field.Problem is not null)
        .Select(field => (field.Field, field.Problem!))
        .Concat((policy.Unknown?.Keys ?? []).Select(name => (name, UnknownFields.Problem)));

    private static string? OfRoute(IReadOnlyList<string?>? route) =>
        route is null
        || (route.Count is >= 1 and <= PurposePolicy.LongestRoute && route.All(channel => PurposePolicy.Channels.Contains(channel)))
            ? null
            : $"is no route. Give 1 to {PurposePolicy.LongestRoute} of: {string.Join(", ", PurposePolicy.Channels)}.";

    private static string? OfSpan(string? text, TimeSpan shortest, TimeSpan longest) =>
        text is null || (Duration.TryParse(text, out var span) && span >= shortest && span <= longest)
            ? null
            : $"is out of range or no duration. Give {Duration.Write(shortest)} to {Duration.Write(longest)} as {Duration.Form}.";

    private static string? OfNumber(double? number, double lowest, double highest) =>
        number is null || (number >= lowest && number <= highest)
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"is out of range. Give {lowest} to {highest}.");

    private static string? OfWord(string? word, IReadOnlyList<string> words) =>
        word is null || words.Contains(word, StringComparer.Ordinal) ? null : $"is unknown. Give {string.Join(" or ", words)}.";
}
