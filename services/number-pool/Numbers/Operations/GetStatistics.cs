using FlashCall.NumberPool.Wear;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.NumberPool.Numbers.Operations;

/// <summary>How many numbers there are, in which states, and what became of their calls: <c>GET /v1/numbers/statistics</c>.</summary>
internal static class GetStatistics
{
    /// <summary>The figures.</summary>
    /// <param name="All">All numbers.</param>
    /// <param name="Countries">By country.</param>
    /// <param name="Trunks">By trunk.</param>
    /// <param name="Tags">By tag; a number with several is in each.</param>
    /// <param name="LeasesOfLastHour">Calls that numbers were leased for within the last hour.</param>
    /// <param name="Wear">What became of calls, by trunk.</param>
    /// <param name="Groups">How calls did in the last days and do lately, by trunk and destination, whichever number calls: those that fall
    /// first, then the most called, 1000 at most.</param>
    internal sealed record View(
        CountView All, IReadOnlyList<CountView> Countries, IReadOnlyList<CountView> Trunks, IReadOnlyList<CountView> Tags,
        long LeasesOfLastHour, IReadOnlyList<WearTotal> Wear, IReadOnlyList<GroupFigures> Groups);

    private const int MostGroups = 1000;

    /// <summary>Numbers by state.</summary>
    /// <param name="Name">The country, trunk or tag; left out for all.</param>
    /// <param name="Numbers">All of them.</param>
    /// <param name="Active">Active.</param>
    /// <param name="Resting">Resting.</param>
    /// <param name="OnTrial">On trial.</param>
    /// <param name="Retired">Retired.</param>
    internal sealed record CountView(string? Name, long Numbers, long Active, long Resting, long OnTrial, long Retired);

    public static async Task<Ok<View>> HandleAsync(NumberFigures figures, WearFigures wear, CancellationToken cancellationToken)
    {
        var counts = await figures.CountAsync(trunks: null, cancellationToken);
        return TypedResults.Ok(new View(
            By(CountedBy.All)[0], By(CountedBy.Country), By(CountedBy.Trunk), By(CountedBy.Tag),
            await figures.LeasesOfLastHourAsync(cancellationToken), await figures.WearAsync(cancellationToken),
            await wear.GroupsAsync(MostGroups, cancellationToken)));

        List<CountView> By(CountedBy by) =>
        [
            .. counts.Where(count => count.By == by).Select(count => new CountView(
                by == CountedBy.All ? null : count.Name, count.Active + count.Resting + count.OnTrial + count.Retired, count.Active,
                count.Resting, count.OnTrial, count.Retired)),
        ];
    }
}
