using System.Globalization;
using FlashCall.Gateway.Access;

namespace FlashCall.Gateway.Webhooks.Deliveries;

/// <summary>Signs callbacks of the Sinch-compatible surface as that has its requests signed (<see cref="RequestSignature"/>).</summary>
internal static class SinchSignature
{
    /// <summary>The <c>Content-Type</c> that is signed, and has to be sent as it stands.</summary>
    public const string ContentType = "application/json";

    /// <summary>The headers of the signature.</summary>
    /// <param name="keyId">The key, by which the receiver finds the secret.</param>
    /// <param name="secret">The key's signing secret.</param>
    /// <param name="method">The request's method.</param>
    /// <param name="url">Where to; the path alone is signed.</param>
    /// <param name="body">The body as it is sent.</param>
    /// <param name="now">The time of sending (UTC).</param>
    public static KeyValuePair<string, string>[] Of(
        Guid keyId, byte[] secret, HttpMethod method, Uri url, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var timestamp = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var signature = Convert.ToBase64String(
            RequestSignature.Of(secret, method.Method, body, ContentType, timestamp, url.AbsolutePath));
        // In lower case: a validator in use refuses the scheme otherwise.
        return [new("Authorization", $"application {keyId}:{signature}"), new(RequestSignature.TimestampHeader, timestamp)];
    }
}
