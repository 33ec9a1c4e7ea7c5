using FlashCall.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.NumberPool.Numbers.Operations;

/// <summary>How strong the codes are, by country, trunk and tag, and how many numbers more would make them stronger:
/// <c>GET /v1/numbers/strength</c>. <c>?to=+46…</c> counts the trunks alone that take calls to this phone at present; <c>?level=</c> says
/// how many numbers are wanted behind a prefix that is told, as a power of ten.</summary>
internal static class GetStrength
{
    private const int UsualLevel = 4;

    /// <summary>What operators aim at: bits, and the numbers they take.</summary>
    private static readonly (double Bits, long Numbers)[] Goals = [(10, 1 << 10), (13.3, 10_000), (16.6, 100_000), (20, 1 << 20)];

    /// <summary>The strengths.</summary>
    /// <param name="Level">Numbers wanted behind a prefix, as a power of ten.</param>
    /// <param name="All">Of all numbers.</param>
    /// <param name="Countries">By country.</param>
    /// <param name="Trunks">By trunk.</param>
    /// <param name="Tags">By tag.</param>
    internal sealed record View(
        int Level, StrengthView All, IReadOnlyList<StrengthView> Countries, IReadOnlyList<StrengthView> Trunks,
        IReadOnlyList<StrengthView> Tags);

    /// <summary>The strength of some numbers.</summary>
    /// <param name="Name">The country, trunk or tag; left out for all.</param>
    /// <param name="Active">How many are active.</param>
    /// <param name="Bits">log2 of it: the strength if nothing were told. Left out without numbers.</param>
    /// <param name="Least">The weakest prefix that is told; left out for tags, which no lease chooses by, and without numbers.</param>
    /// <param name="Most">The strongest.</param>
    /// <param name="Missing">How many active numbers more would give so many bits.</param>
    internal sealed record StrengthView(
        string? Name, long Active, double? Bits, PrefixView? Least, PrefixView? Most, IReadOnlyList<MissingView> Missing);

    /// <summary>A prefix that is told before the phone rings.</summary>
    /// <param name="Prefix">The prefix.</param>
    /// <param name="Trunk">The trunk of the numbers.</param>
    /// <param name="Active">Active numbers that are told by it.</param>
    /// <param name="Bits">log2 of it.</param>
    internal sealed record PrefixView(string Prefix, string Trunk, long Active, double Bits);

    /// <summary>What is missing to a strength.</summary>
    /// <param name="Bits">The strength.</param>
    /// <param name="Numbers">Active numbers more; 0 where it is reached.</param>
    internal sealed record MissingView(double Bits, long Numbers);

    public static async Task<Results<Ok<View>, ProblemHttpResult>> HandleAsync(
        NumberFigures figures, CancellationToken cancellationToken, string? to = null, int level = UsualLevel)
    {
        var mistakes = new NumberMistakes();
        PhoneNumber? phone = null;
        // In an address an unescaped plus sign stands for a space.
        if (to is not null && !PhoneNumber.TryParse(to.StartsWith(' ') ? $"+{to.AsSpan(1)}" : to, out phone))
            mistakes.Add("to", "is no phone number. Give it with plus sign and country code (%2B46… in an address), or leave it out.");
        if (level is < Disclosure.LowestLevel or > Disclosure.HighestLevel)
            mistakes.Add("level", $"is out of range. Give {Disclosure.LowestLevel} to {Disclosure.HighestLevel}, such as 4 for 10,000.");
        if (!mistakes.None)
            return mistakes.ToProblem();
        var trunks = phone is null ? null : await figures.TrunksToAsync(phone, cancellationToken);
        var counts = await figures.CountAsync(trunks, cancellationToken);
        var prefixes = new Prefixes();
        await foreach (var cell in figures.CellsAsync(level, trunks, cancellationToken))
            prefixes.Add(cell);
        return TypedResults.Ok(new View(
            level, By(CountedBy.All)[0], By(CountedBy.Country), By(CountedBy.Trunk), By(CountedBy.Tag)));

        List<StrengthView> By(CountedBy by) =>
            [.. counts.Where(count => count.By == by).Select(count => ViewOf(count, prefixes))];
    }

    private static StrengthView ViewOf(NumberCount count, Prefixes prefixes)
    {
        var (least, most) = prefixes.Of(count);
        return new StrengthView(
            count.By == CountedBy.All ? null : count.Name, count.Active, count.Active == 0 ? null : BitsOf(count.Active), least, most,
            [.. Goals.Select(goal => new MissingView(goal.Bits, Math.Max(0, goal.Numbers - count.Active)))]);
    }

    private static double BitsOf(long numbers) => Math.Round(Math.Log2(numbers), 1);

    /// <summary>The weakest and the strongest prefix of each kind. Cells come weakest first.</summary>
    private sealed class Prefixes
    {
        private readonly Dictionary<(CountedBy By, string Name), (CellCount Least, CellCount Most)> _known = [];

        public void Add(CellCount cell)
        {
            Add(CountedBy.All, "", cell);
            Add(CountedBy.Trunk, cell.Trunk, cell);
            foreach (var country in NumberingPlan.CountriesOf(NumberFigures.CallingCodeOf(cell)))
                Add(CountedBy.Country, country, cell);
        }

        public (PrefixView? Least, PrefixView? Most) Of(NumberCount count) =>
            count.Active > 0 && _known.TryGetValue((count.By, count.Name), out var known)
                ? (ViewOf(known.Least), ViewOf(known.Most))
                : (null, null);

        private void Add(CountedBy by, string name, CellCount cell) =>
            _known[(by, name)] = _known.TryGetValue((by, name), out var known) ? (known.Least, cell) : (cell, cell);

        private static PrefixView ViewOf(CellCount cell) => new(cell.Prefix, cell.Trunk, cell.Active, BitsOf(cell.Active));
    }
}
