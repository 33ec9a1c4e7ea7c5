using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace FlashCall.Verification.Verifications;

/// <summary>The version of a session in HTTP: its entity tag is the number of its last event (RFC 9110 §8.8.3).</summary>
internal static class VerificationHeaders
{
    /// <summary>Tells which version the answer shows.</summary>
    public static void SetVersion(HttpResponse response, long revision) => response.Headers.ETag = TagOf(revision);

    /// <summary>Whether the client has the session as it stands (<c>If-None-Match</c>, RFC 9110 §13.1.2, compared weakly).</summary>
    public static bool HasVersion(HttpRequest request, long revision)
    {
        var tag = TagOf(revision);
        return EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var tags)
            && tags.Any(known => known.Tag == tag || known.Equals(EntityTagHeaderValue.Any));
    }

    /// <summary>Whether the client names a version that it has.</summary>
    public static bool NamesVersion(HttpRequest request) => request.Headers.IfNoneMatch.Count > 0;

    private static string TagOf(long revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");
}
