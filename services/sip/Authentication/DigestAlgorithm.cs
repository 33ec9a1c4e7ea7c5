using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace FlashCall.Sip;

/// <summary>A way to hash for digest authentication (RFC 7616 §3.2, RFC 8760 §2), the stronger the greater.</summary>
internal enum DigestHash
{
    /// <summary>What everybody has, and nobody should.</summary>
    Md5 = 1,

    /// <summary>RFC 8760.</summary>
    Sha256 = 2,
}

/// <summary>The <c>algorithm</c> of a challenge.</summary>
/// <param name="Hash">The hash.</param>
/// <param name="IsSession">Whether the password is hashed with the nonces once a session: <c>-sess</c> (RFC 7616 §3.4.2).</param>
internal readonly record struct DigestAlgorithm(DigestHash Hash, bool IsSession)
{
    /// <summary>Reads <c>MD5</c>, <c>MD5-sess</c>, <c>SHA-256</c>, <c>SHA-256-sess</c>; without a name it is MD5. Others are not
    /// known: SHA-512-256 is not in the platform's library, and no carrier was seen to ask for it.</summary>
    public static bool TryParse(string? name, out DigestAlgorithm algorithm)
    {
        algorithm = new DigestAlgorithm(DigestHash.Md5, IsSession: false);
        if (name is null)
            return true;
        const string Session = "-sess";
        var isSession = name.EndsWith(Session, StringComparison.OrdinalIgnoreCase);
        var hash = (isSession ? name[..^Session.Length] : name).ToUpperInvariant() switch
        {
            "MD5" => DigestHash.Md5,
            "SHA-256" => DigestHash.Sha256,
            _ => default,
        };
        algorithm = new DigestAlgorithm(hash, isSession);
        return hash != default;
    }

    /// <summary>The hash of a text in lower-case hexadecimal digits: <c>H</c> of RFC 7616 §3.3.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "The peer chooses; SHA-256 is preferred where it is offered.")]
    public string Of(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Convert.ToHexStringLower(Hash == DigestHash.Sha256 ? SHA256.HashData(bytes) : MD5.HashData(bytes));
    }
}
