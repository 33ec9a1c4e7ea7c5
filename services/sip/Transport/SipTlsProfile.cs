using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FlashCall.Sip;

/// <summary>
/// Whom we expect at the other end of a TLS connection, and as whom we appear. Connections are shared among hops whose profiles say the
/// same. Immutable; the certificates are the caller's to dispose, after the stack.
/// </summary>
public sealed class SipTlsProfile : IEquatable<SipTlsProfile>
{
    private readonly string _identity;

    /// <summary>Makes a profile.</summary>
    /// <param name="serverName">The domain that the peer's certificate must name (RFC 5922 §7.1): that of the trunk, also where SRV
    /// records lead to other hosts. A host name or an IP address.</param>
    /// <param name="roots">The authorities to trust; null or none for those of the system. Intermediate certificates among them help to
    /// build the chain, and are not trusted by themselves.</param>
    /// <param name="clientCertificate">What we show if the peer asks, with its private key; null for nothing.</param>
    /// <exception cref="ArgumentException">The name is empty, or the client certificate has no private key.</exception>
    public SipTlsProfile(string serverName, IReadOnlyCollection<X509Certificate2>? roots = null, X509Certificate2? clientCertificate = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(serverName);
        if (clientCertificate is { HasPrivateKey: false })
            throw new ArgumentException("A client certificate needs its private key; load both together.", nameof(clientCertificate));
        ServerName = serverName.Trim('[', ']');
        Roots = [.. roots ?? []];
        ClientCertificate = clientCertificate;
        _identity = string.Join('|',
            Roots.Select(Fingerprint).Order(StringComparer.Ordinal)
                .Prepend(clientCertificate is null ? "" : Fingerprint(clientCertificate))
                .Prepend(ServerName.ToLowerInvariant()));
    }

    /// <summary>The domain that the peer's certificate must name.</summary>
    public string ServerName { get; }

    /// <summary>The authorities to trust; empty for those of the system.</summary>
    public IReadOnlyList<X509Certificate2> Roots { get; }

    /// <summary>What we show if the peer asks.</summary>
    public X509Certificate2? ClientCertificate { get; }

    /// <summary>The same profile for another host, such as the next hop of a dialog.</summary>
    public SipTlsProfile For(string serverName) =>
        string.Equals(serverName.Trim('[', ']'), ServerName, StringComparison.OrdinalIgnoreCase)
            ? this
            : new SipTlsProfile(serverName, Roots, ClientCertificate);

    /// <summary>Whether both expect and show the same.</summary>
    public bool Equals(SipTlsProfile? other) => other is not null && string.Equals(_identity, other._identity, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SipTlsProfile);

    /// <inheritdoc/>
    public override int GetHashCode() => _identity.GetHashCode(StringComparison.Ordinal);

    /// <summary>The name that is expected.</summary>
    public override string ToString() => ServerName;

    private static string Fingerprint(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);
}
