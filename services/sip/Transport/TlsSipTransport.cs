using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace FlashCall.Sip;

/// <summary>
/// SIP over TLS 1.2 and 1.3 (RFC 3261 §26.2.1). Peers that we connect to must show a certificate that is valid, leads to a trusted root
/// and names the domain of the hop's <see cref="SipTlsProfile"/> (RFC 5922). Listens if it has a certificate to show.
/// </summary>
public sealed class TlsSipTransport : SipConnectionTransport
{
    private const SslProtocols Versions = SslProtocols.Tls12 | SslProtocols.Tls13;

    private readonly SslStreamCertificateContext? _server;

    /// <summary>Binds and listens, if there is a certificate.</summary>
    /// <param name="local">Address and port to listen on; port 0 takes a free one.</param>
    /// <param name="certificate">What we show to peers that connect to us, with its private key; null to only connect to others.</param>
    /// <param name="intermediates">What leads from the certificate to its root, to be shown with it.</param>
    /// <param name="advertised">Where peers reach us, if a NAT stands between; null for the local address.</param>
    /// <param name="limits">Null for the defaults.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <exception cref="SocketException">The port is taken, or the address is not ours.</exception>
    /// <exception cref="ArgumentException">The certificate has no private key.</exception>
    public TlsSipTransport(
        IPEndPoint local,
        X509Certificate2? certificate = null,
        X509Certificate2Collection? intermediates = null,
        IPEndPoint? advertised = null,
        SipConnectionLimits? limits = null,
        TimeProvider? time = null)
        : base(local, listens: certificate is not null, SipTransportKinds.DefaultTlsPort, advertised, limits, time)
    {
        if (certificate is null)
            return;
        if (!certificate.HasPrivateKey)
            throw new ArgumentException("A server certificate needs its private key; load both together.", nameof(certificate));
        _server = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
    }

    /// <inheritdoc/>
    public override SipTransportKind Kind => SipTransportKind.Tls;

    private protected override async Task<Stream> GreetAsync(Socket socket, SipHop hop, CancellationToken cancellationToken)
    {
        // A hop that nobody made a profile for, such as the way back to a peer whose connection has ended, is known by its address alone.
        var profile = hop.Tls ?? new SipTlsProfile(hop.Remote.Address.ToString());
        SipCertificateException? judged = null;
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = profile.ServerName,
            EnabledSslProtocols = Versions,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = PolicyOf(profile),
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                judged = SipConnectionErrors.Judge(errors, chain, certificate as X509Certificate2, profile.ServerName);
                return judged is null;
            },
        };
        if (profile.ClientCertificate is { } own)
        {
            options.ClientCertificateContext =
                SslStreamCertificateContext.Create(own, new X509Certificate2Collection(profile.Roots.ToArray()), offline: true);
        }
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(options, cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            // What is wrong with the certificate says more than that the handshake failed over it.
            if (judged is not null)
                throw judged;
            throw;
        }
    }

    private protected override async Task<Stream> WelcomeAsync(Socket socket, CancellationToken cancellationToken)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificateContext = _server, EnabledSslProtocols = Versions },
                cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static X509ChainPolicy PolicyOf(SipTlsProfile profile)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck };
        // serverAuth, unless the certificate says nothing of its use.
        policy.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.1"));
        if (profile.Roots.Count == 0)
            return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        foreach (var certificate in profile.Roots)
        {
            // Trusted is what signed itself; the rest helps to build the chain.
            var isRoot = certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
            (isRoot ? policy.CustomTrustStore : policy.ExtraStore).Add(certificate);
        }
        return policy;
    }
}
