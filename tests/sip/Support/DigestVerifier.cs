using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace FlashCall.Sip.Tests;

/// <summary>A peer that wants credentials, and checks them in a way of its own (RFC 7616 §3.4).</summary>
internal sealed partial class DigestVerifier(string user, string password, string algorithm = "MD5", string? qop = "auth", int status = 401)
{
    private readonly HashSet<string> _seen = [];
    private string _nonce = "nonce0";
    private bool _stale;

    public int Challenges { get; private set; }

    public string Realm { get; set; } = "trunk.example";

    /// <summary>Makes the nonce new, as it does after a while.</summary>
    public void Renew(bool saysSo)
    {
        _nonce = $"nonce \"{Challenges + 1}\"";
        _stale = saysSo;
        _seen.Clear();
    }

    /// <summary>200, or a challenge.</summary>
    public SipResponse Answer(SipRequest request)
    {
        var value = request.Headers.All(status == 407 ? "Proxy-Authorization" : "Authorization")
            .FirstOrDefault(one => one.Contains($"realm=\"{Realm}\"", StringComparison.Ordinal));
        if (value is not null && IsRight(request, value))
            return SipResponse.For(request, 200, "phone");
        Challenges++;
        var response = SipResponse.For(request, status, "phone");
        response.Headers.Add(status == 407 ? "Proxy-Authenticate" : "WWW-Authenticate",
            $"Digest realm=\"{Realm}\",nonce=\"{_nonce.Replace("\"", "\\\"")}\",opaque=\"o\",algorithm={algorithm}"
            + (qop is null ? "" : $",qop=\"{qop}\"") + (_stale ? ", stale=TRUE" : ""));
        return response;
    }

    private bool IsRight(SipRequest request, string value)
    {
        var given = Parameter().Matches(value).ToDictionary(
            match => match.Groups[1].Value,
            match => match.Groups[2].Success ? match.Groups[2].Value.Replace("\\\"", "\"") : match.Groups[3].Value);
        var a1 = $"{user}:{Realm}:{password}";
        if (algorithm.EndsWith("-sess", StringComparison.Ordinal))
            a1 = $"{Hash(a1)}:{given["nonce"]}:{given["cnonce"]}";
        var a2 = Hash($"{request.Method}:{given["uri"]}");
        var expected = qop is null
            ? Hash($"{Hash(a1)}:{_nonce}:{a2}")
            : Hash($"{Hash(a1)}:{_nonce}:{given["nc"]}:{given["cnonce"]}:auth:{a2}");
        // A count comes once.
        return given["response"] == expected && given["nonce"] == _nonce && given["opaque"] == "o" && given["username"] == user
            && given["uri"] == request.Uri.Text && given["algorithm"] == algorithm && (qop is null || _seen.Add(given["nc"]));
    }

    private string Hash(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
#pragma warning disable CA5351 // What is tested is that we can do it.
        return Convert.ToHexString(algorithm.StartsWith("SHA-256", StringComparison.Ordinal) ? SHA256.HashData(bytes) : MD5.HashData(bytes))
            .ToLowerInvariant();
#pragma warning restore CA5351
    }

    [GeneratedRegex("(\\w+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^,\" ]+))")]
    private static partial Regex Parameter();
}
