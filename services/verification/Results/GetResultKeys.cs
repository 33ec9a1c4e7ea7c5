using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Results;

/// <summary>The keys that result tokens are checked with, for everybody: <c>GET /.well-known/jwks.json</c> (RFC 7517 §5).</summary>
internal static class GetResultKeys
{
    /// <summary>The address.</summary>
    public const string Path = "/.well-known/jwks.json";

    private const string MediaType = "application/jwk-set+json";

    /// <summary>Caches may keep it no longer than this, so that a key that had to be replaced at once is soon replaced
    /// everywhere.</summary>
    private static readonly TimeSpan LongestAge = TimeSpan.FromHours(1);

    public static async Task<JsonHttpResult<KeySet>> HandleAsync(
        ResultKeys keys, ResultSettings settings, HttpResponse response, CancellationToken cancellationToken)
    {
        var published = await keys.PublishedAsync(cancellationToken);
        var age = settings.PublishAhead < LongestAge ? settings.PublishAhead : LongestAge;
        response.Headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={age.TotalSeconds:F0}");
        return TypedResults.Json(new KeySet(published), contentType: MediaType);
    }

    /// <summary>A JSON Web Key Set.</summary>
    internal sealed record KeySet([property: JsonPropertyName("keys")] IReadOnlyList<ResultKey.PublicKey> Keys);
}
