using System.Diagnostics.CodeAnalysis;

namespace FlashCall.Sip;

/// <summary>What a peer asks for with WWW-Authenticate or Proxy-Authenticate (RFC 3261 §20.44, RFC 7616 §3.3).</summary>
internal sealed record DigestChallenge
{
    /// <summary>What the credentials are for.</summary>
    public required string Realm { get; init; }

    /// <summary>What they are hashed with.</summary>
    public required string Nonce { get; init; }

    /// <summary>To be sent back as it is; null if there is none.</summary>
    public string? Opaque { get; init; }

    /// <summary>The algorithm as the peer writes it; null if it does not.</summary>
    public string? AlgorithmName { get; init; }

    /// <summary>The algorithm.</summary>
    public required DigestAlgorithm Algorithm { get; init; }

    /// <summary>Whether the answer counts its uses of the nonce (<c>qop=auth</c>); else it is that of RFC 2069.</summary>
    public required bool HasQop { get; init; }

    /// <summary>The credentials were right, the nonce was too old (RFC 7616 §3.3).</summary>
    public bool IsStale { get; init; }

    /// <summary>Reads a challenge that we can answer. One for another scheme, algorithm or quality of protection is none, which is how
    /// the rest of several is found (RFC 8760 §2.4).</summary>
    public static bool TryParse(string value, [NotNullWhen(true)] out DigestChallenge? challenge)
    {
        challenge = null;
        if (!DigestParameters.TryParse(value, out var parameters)
            || !parameters.TryGetValue("realm", out var realm) || !parameters.TryGetValue("nonce", out var nonce)
            || !DigestAlgorithm.TryParse(parameters.GetValueOrDefault("algorithm"), out var algorithm))
        {
            return false;
        }
        var qop = parameters.GetValueOrDefault("qop");
        // auth-int would bind the body too; whoever offers only that is not answered.
        if (qop is not null && !qop.Split(',', StringSplitOptions.TrimEntries).Contains("auth", StringComparer.OrdinalIgnoreCase))
            return false;
        challenge = new DigestChallenge
        {
            Realm = realm,
            Nonce = nonce,
            Opaque = parameters.GetValueOrDefault("opaque"),
            AlgorithmName = parameters.GetValueOrDefault("algorithm"),
            Algorithm = algorithm,
            HasQop = qop is not null,
            IsStale = string.Equals(parameters.GetValueOrDefault("stale"), "true", StringComparison.OrdinalIgnoreCase),
        };
        return true;
    }
}

/// <summary>The parameters of the Digest scheme, in challenges and in credentials.</summary>
internal static class DigestParameters
{
    private const string Scheme = "Digest";

    /// <summary>Reads <c>Digest a="b", c=d</c>; names without regard to case, values without their quotes.</summary>
    public static bool TryParse(string value, [NotNullWhen(true)] out Dictionary<string, string>? parameters)
    {
        parameters = null;
        var text = SipText.Trim(value);
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || text.Length == Scheme.Length
            || text[Scheme.Length] is not (' ' or '\t'))
        {
            return false;
        }
        text = text[Scheme.Length..];
        var read = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (!text.IsEmpty)
        {
            var comma = SipText.IndexOutsideQuotes(text, ',');
            var part = SipText.Trim(comma < 0 ? text : text[..comma]);
            text = comma < 0 ? [] : text[(comma + 1)..];
            if (part.IsEmpty)
                continue;
            var equals = part.IndexOf('=');
            if (equals <= 0)
                return false;
            var raw = SipText.Trim(part[(equals + 1)..]);
            if (raw is ['"', ..] && SipText.QuotedLength(raw) != raw.Length)
                return false;
            // The first counts if a parameter stands twice.
            read.TryAdd(SipText.Trim(part[..equals]).ToString(), raw is ['"', ..] ? SipText.Unquote(raw) : raw.ToString());
        }
        parameters = read;
        return true;
    }
}
