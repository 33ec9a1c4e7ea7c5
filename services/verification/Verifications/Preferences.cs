using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace FlashCall.Verification.Verifications;

/// <summary>What a client would like of an answer (RFC 7240). A preference that is not understood is ignored, as the RFC asks.</summary>
internal static class Preferences
{
    private const string Applied = "Preference-Applied";

    /// <summary>No answer waits longer; a client that asks for more gets this much and is told.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>How long the client would have the answer wait (<c>wait</c>, §4.3): 0 to 60 whole seconds; null where it does not
    /// say.</summary>
    public static TimeSpan? Wait(HttpRequest request)
    {
        foreach (var preference in Split(request.Headers["Prefer"]))
        {
            var equals = preference.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !preference.AsSpan(0, equals).Trim().Equals("wait", StringComparison.OrdinalIgnoreCase))
                continue;
            var value = preference.AsSpan(equals + 1);
            var parameters = value.IndexOf(';');
            value = (parameters < 0 ? value : value[..parameters]).Trim().Trim('"');
            // Of several the first counts (§2).
            return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                ? TimeSpan.FromSeconds(Math.Min(seconds, LongestWait.TotalSeconds))
                : null;
        }
        return null;
    }

    /// <summary>Tells the client that the answer waited as it wished, or would have.</summary>
    public static void SetApplied(HttpResponse response, TimeSpan wait) =>
        response.Headers[Applied] = string.Create(CultureInfo.InvariantCulture, $"wait={wait.TotalSeconds:F0}");

    private static IEnumerable<string> Split(StringValues header) =>
        header.SelectMany(line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
