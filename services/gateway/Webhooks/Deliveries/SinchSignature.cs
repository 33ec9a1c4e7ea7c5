using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FlashCall.Gateway.Webhooks.Deliveries;

/// <summary>Signs callbacks of the Sinch-compatible surface as that has its requests signed: HMAC-SHA256 over method, body, type, time and
/// path.</summary>
internal static class SinchSignature
{
    /// <summary>The <c>Content-Type</c> that is signed, and has to be sent as it stands.</summary>
    public const string ContentType = "application/json";

    /// <summary>The headers of the signature.</summary>
    /// <param name="keyId">The key, by which the receiver finds the secret.</param>
    /// <param name="secret">The key's signing secret.</param>
    /// <param name="method">The request's method.</param>
    /// <param name="url">Where to; the path alone is signed.</param>
    /// <param name="body">The body as it is sent; signed by its MD5, as the scheme has it.</param>
    /// <param name="now">The time of sending (UTC).</param>
    public static KeyValuePair<string, string>[] Of(
        Guid keyId, byte[] secret, HttpMethod method, Uri url, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var timestamp = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var digest = body.IsEmpty ? "" : DigestOf(body);
        var signed = $"{method.Method}\n{digest}\n{ContentType}\nx-timestamp:{timestamp}\n{url.AbsolutePath}";
        var signature = Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(signed)));
        // In lower case: a validator in use refuses the scheme otherwise.
        return [new("Authorization", $"application {keyId}:{signature}"), new("x-timestamp", timestamp)];
    }

#pragma warning disable CA5351 // The scheme names MD5; what keeps the body whole is the HMAC over it together with TLS.
    private static string DigestOf(ReadOnlySpan<byte> body) => Convert.ToBase64String(MD5.HashData(body));
#pragma warning restore CA5351
}
