using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.NumberPool.Numbers.Operations;

/// <summary>The numbers of the pool in ascending order, page by page: <c>GET /v1/numbers</c>, with the filters <c>country</c>,
/// <c>trunk</c>, <c>tag</c>, <c>state</c> and <c>prefix</c>, <c>limit</c>, and <c>cursor</c> as the page before gave it.</summary>
internal static class ListNumbers
{
    private const int UsualLimit = 100;
    private const int HighestLimit = 1000;
    private const int LongestPrefix = 15;

    /// <summary>A page.</summary>
    /// <param name="Numbers">Runs of numbers that are the same in everything.</param>
    /// <param name="Next">The cursor of the next page; left out where there is none.</param>
    internal sealed record View(IReadOnlyList<RunView> Numbers, string? Next);

    public static async Task<Results<Ok<View>, ProblemHttpResult>> HandleAsync(
        NumberCatalogue catalogue, TimeProvider time, CancellationToken cancellationToken, string? country = null, string? trunk = null,
        string? tag = null, string? state = null, string? prefix = null, int limit = UsualLimit, string? cursor = null)
    {
        var mistakes = new NumberMistakes();
        if (limit is < 1 or > HighestLimit)
            mistakes.Add("limit", $"is out of range. Give 1 to {HighestLimit}.");
        if (!TryReadCursor(cursor, out var after))
            mistakes.Add("cursor", "is none. Give the one that the page before has as 'next', or leave it out for the first page.");
        var shown = ReadState(state, mistakes);
        var digits = ReadPrefix(prefix, mistakes);
        if (!mistakes.None)
            return mistakes.ToProblem();
        // One more than is shown says whether there is another page.
        var runs = await catalogue.ListAsync(
            new NumberFilter(country?.ToUpperInvariant(), trunk, tag, shown, digits), after, limit + 1, cancellationToken);
        var now = time.GetUtcNow();
        return TypedResults.Ok(new View(
            [.. runs.Take(limit).Select(run => RunView.Of(run, now))],
            runs.Count > limit ? WriteCursor(runs[limit - 1].Numbers.First) : null));
    }

    private static ShownState? ReadState(string? state, NumberMistakes mistakes)
    {
        ShownState? read = state switch
        {
            "active" => ShownState.Active,
            "resting" => ShownState.Resting,
            "on_trial" => ShownState.OnTrial,
            "retired" => ShownState.Retired,
            _ => null,
        };
        if (state is not null && read is null)
            mistakes.Add("state", "is none. Give one of: active, resting, on_trial, retired.");
        return read;
    }

    private static string? ReadPrefix(string? prefix, NumberMistakes mistakes)
    {
        // In an address an unescaped plus sign stands for a space.
        var digits = prefix?.TrimStart('+', ' ');
        if (digits is null)
            return null;
        if (digits.Length is >= 1 and <= LongestPrefix && digits[0] != '0' && !digits.AsSpan().ContainsAnyExceptInRange('0', '9'))
            return digits;
        mistakes.Add("prefix", $"is none. Give a plus sign and 1 to {LongestPrefix} digits, such as +4420 (%2B4420 in an address).");
        return null;
    }

    private static string WriteCursor(long after) =>
        Base64Url.EncodeToString(Encoding.ASCII.GetBytes(after.ToString(CultureInfo.InvariantCulture)));

    private static bool TryReadCursor(string? cursor, out long after)
    {
        after = 0;
        if (string.IsNullOrEmpty(cursor))
            return true;
        Span<byte> text = stackalloc byte[24];
        return Base64Url.DecodeFromChars(cursor, text, out _, out var length) == OperationStatus.Done
            && long.TryParse(text[..length], NumberStyles.None, CultureInfo.InvariantCulture, out after);
    }
}
