using System.Text.RegularExpressions;

namespace FlashCall.Gateway.Applications;

/// <summary>Which texts can be an application's id.</summary>
internal static partial class ApplicationId
{
    /// <summary>What is said of a text that cannot.</summary>
    public const string Form = "is no application's id. Give 1 to 64 of the characters a-z, 0-9, '-' and '_'.";

    /// <summary>Whether this one can.</summary>
    public static bool IsOne(string? text) => text is not null && Pattern().IsMatch(text);

    [GeneratedRegex(@"\A[a-z0-9_-]{1,64}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();
}
