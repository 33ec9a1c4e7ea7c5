using System.Security.Cryptography;
using System.Text;

namespace FlashCall.Gateway.Access;

/// <summary>
/// The signature over a request, the same on both surfaces: base64 of an HMAC-SHA256 (RFC 2104), under the key's signing secret, of five
/// lines: method, Content-MD5 (RFC 1864), Content-Type, <c>x-timestamp:</c> with its value, and the path with its query.
/// </summary>
internal static class RequestSignature
{
    /// <summary>The header with the time of signing.</summary>
    public const string TimestampHeader = "x-timestamp";

    /// <summary>The signature of a request.</summary>
    /// <param name="secret">The signing secret, decoded.</param>
    /// <param name="method">The method in capitals.</param>
    /// <param name="body">The body, byte for byte.</param>
    /// <param name="contentType">The Content-Type as it is sent; empty where none is.</param>
    /// <param name="timestamp">The x-timestamp as it is sent.</param>
    /// <param name="path">The path with its query.</param>
    public static byte[] Of(
        ReadOnlySpan<byte> secret, string method, ReadOnlySpan<byte> body, string contentType, string timestamp, string path) =>
        HMACSHA256.HashData(
            secret, Encoding.UTF8.GetBytes($"{method}\n{Md5Of(body)}\n{contentType}\n{TimestampHeader}:{timestamp}\n{path}"));

    /// <summary>Whether a signature is the one over the request, with its path as it was sent or with the path percent-decoded: client
    /// libraries differ in which they sign.</summary>
    public static bool Fits(
        ReadOnlySpan<byte> signature, ReadOnlySpan<byte> secret, string method, ReadOnlySpan<byte> body, string contentType,
        string timestamp, string target)
    {
        if (CryptographicOperations.FixedTimeEquals(signature, Of(secret, method, body, contentType, timestamp, target)))
            return true;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        var decoded = Uri.UnescapeDataString(path);
        return decoded != path && CryptographicOperations.FixedTimeEquals(
            signature, Of(secret, method, body, contentType, timestamp, query < 0 ? decoded : decoded + target[query..]));
    }

    // The scheme is that of the client libraries in use; what it rests on is the HMAC, which MD5's weakness to collisions leaves whole.
#pragma warning disable CA5351
    private static string Md5Of(ReadOnlySpan<byte> body) => body.IsEmpty ? "" : Convert.ToBase64String(MD5.HashData(body));
#pragma warning restore CA5351
}
