using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using FlashCall.Gateway.Applications;

namespace FlashCall.Gateway.Tests.Access;

/// <summary>Signs requests as a client does, written anew and not with the gateway's own code.</summary>
internal static class Signing
{
    /// <summary>Signs a request whose body and address are as they will be sent.</summary>
    public static async Task<HttpRequestMessage> SignAsync(this HttpRequestMessage request, NewKey key, DateTimeOffset? at = null)
    {
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync();
        var timestamp = (at ?? DateTimeOffset.UtcNow).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
        var signature = Of(
            key.SigningSecret, request.Method.Method, body, request.Content?.Headers.ContentType?.ToString() ?? "", timestamp,
            request.RequestUri!.OriginalString);
        request.Headers.Add("x-timestamp", timestamp);
        request.Headers.Authorization = new AuthenticationHeaderValue("Application", $"{key.Id}:{signature}");
        return request;
    }

    public static string Of(byte[] secret, string method, byte[] body, string contentType, string timestamp, string path)
    {
        // What the protocol asks for; nothing rests on it but what the signature covers.
#pragma warning disable CA5351
        var md5 = body.Length == 0 ? "" : Convert.ToBase64String(MD5.HashData(body));
#pragma warning restore CA5351
        var text = string.Join('\n', method, md5, contentType, "x-timestamp:" + timestamp, path);
        return Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(text)));
    }
}
