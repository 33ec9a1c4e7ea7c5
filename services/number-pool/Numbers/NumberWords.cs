using System.Text.RegularExpressions;

namespace FlashCall.NumberPool.Numbers;

/// <summary>The words that go with numbers, whichever way they come in. Mistakes go on after the field's name.</summary>
internal static partial class NumberWords
{
    /// <summary>Tags of a number at most.</summary>
    public const int MostTags = 16;

    private static readonly char[] TagSeparators = [';'];

    /// <summary>What is wrong with the name of a trunk; null if nothing is. Whether there is such a trunk the dialer knows alone: trunks come
    /// and go while the platform runs.</summary>
    public static string? MistakeInTrunk(string? trunk) =>
        string.IsNullOrEmpty(trunk) ? "is missing. Name the trunk whose carrier may present these numbers."
        : TrunkName().IsMatch(trunk) ? null
        : "is no trunk's name. Give 1 to 64 of a-z, 0-9, '.', '_' and '-', the first a letter or digit.";

    /// <summary>Reads tags.</summary>
    /// <param name="given">As they were given.</param>
    /// <param name="tags">In order, each once.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static string? ReadTags(IEnumerable<string?> given, out string[] tags)
    {
        tags = [.. given.Select(tag => tag?.Trim() ?? "").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (tags.Length > MostTags)
            return $"has too many. Give at most {MostTags} tags.";
        return tags.All(tag => Tag().IsMatch(tag))
            ? null
            : "has one that is no tag. Give 1 to 64 letters, digits, '.', '_', ':', '/' and '-'.";
    }

    /// <summary>Reads tags in one text, with semicolons between them; an empty text has none.</summary>
    /// <inheritdoc cref="ReadTags(IEnumerable{string?}, out string[])"/>
    public static string? ReadTags(string given, out string[] tags) =>
        ReadTags(given.Split(TagSeparators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), out tags);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TrunkName();

    [GeneratedRegex(@"\A[\p{L}\p{Nd}._:/-]{1,64}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tag();
}
