using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using FlashCall.Hosting;
using Microsoft.IdentityModel.Tokens;

namespace FlashCall.Verification.Results;

/// <summary>When a key is published and signs.</summary>
/// <param name="Generation">Which key it is, counted from 1.</param>
/// <param name="Kid">Its name, the thumbprint of its public part (RFC 7638).</param>
/// <param name="SignsFrom">From when it signs, until the next generation does (UTC). It is published before.</param>
internal sealed record ResultKeyTerm(int Generation, string Kid, DateTimeOffset SignsFrom);

/// <summary>A key that signs results: ECDSA over P-256 (ES256, RFC 7518 §3.4).</summary>
internal sealed class ResultKey
{
    private ResultKey(ECDsa key)
    {
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        Public = PublicKey.Of(q);
        Signing = new SigningCredentials(new ECDsaSecurityKey(key) { KeyId = Public.Kid }, SecurityAlgorithms.EcdsaSha256);
    }

    /// <summary>What everybody may know of it.</summary>
    public PublicKey Public { get; }

    /// <summary>What signs.</summary>
    public SigningCredentials Signing { get; }

    /// <summary>A new one, and its private part encrypted for the database.</summary>
    public static (ResultKey Key, byte[] Sealed) Create(SealedBox box)
    {
        var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = new ResultKey(made);
        var secret = made.ExportPkcs8PrivateKey();
        var sealedSecret = box.Seal(OwnerOf(key.Public.Kid), secret);
        CryptographicOperations.ZeroMemory(secret);
        return (key, sealedSecret);
    }

    /// <summary>The key that was stored under the name.</summary>
    /// <returns>Null where it was encrypted under another key, or is not the one of this name.</returns>
    public static ResultKey? Open(SealedBox box, string kid, byte[] sealedSecret)
    {
        if (box.Open(OwnerOf(kid), sealedSecret) is not { } secret)
            return null;
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(secret, out _);
        CryptographicOperations.ZeroMemory(secret);
        var opened = new ResultKey(key);
        return opened.Public.Kid == kid ? opened : null;
    }

    private static string OwnerOf(string kid) => $"result key {kid}";

    /// <summary>A public key as JSON Web Key (RFC 7517).</summary>
    /// <param name="X">The point's x coordinate, 32 bytes in base64url.</param>
    /// <param name="Y">Its y coordinate.</param>
    /// <param name="Kid">The key's name.</param>
    internal sealed record PublicKey(
        [property: JsonPropertyName("x")] string X,
        [property: JsonPropertyName("y")] string Y,
        [property: JsonPropertyName("kid")] string Kid)
    {
        [JsonPropertyName("kty")]
        public string Type { get; } = "EC";

        [JsonPropertyName("crv")]
        public string Curve { get; } = "P-256";

        [JsonPropertyName("alg")]
        public string Algorithm { get; } = SecurityAlgorithms.EcdsaSha256;

        [JsonPropertyName("use")]
        public string Use { get; } = "sig";

        public static PublicKey Of(ECPoint point)
        {
            var (x, y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
            // The members that make the key, in lexical order and without spaces (RFC 7638 §3).
            var members = $$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}""";
            return new PublicKey(x, y, Base64Url.EncodeToString(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(members))));
        }
    }
}
