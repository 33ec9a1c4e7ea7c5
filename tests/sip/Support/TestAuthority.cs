using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FlashCall.Sip.Tests;

/// <summary>A certificate authority of the test's own.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly List<X509Certificate2> _issued = [];

    public TestAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test Authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        Root = request.CreateSelfSigned(Now.AddYears(-5), Now.AddYears(5));
        _issued.Add(Root);
    }

    public X509Certificate2 Root { get; }

    private static DateTimeOffset Now => DateTimeOffset.UtcNow;

    /// <summary>A certificate for a server, by default for the address 127.0.0.1, valid now.</summary>
    public X509Certificate2 Server(
        Action<SubjectAlternativeNameBuilder>? names = null,
        int validFromDays = -1,
        int validToDays = 1,
        string usage = ServerAuthentication)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test Trunk", key, HashAlgorithmName.SHA256);
        var alternative = new SubjectAlternativeNameBuilder();
        if (names is null)
            alternative.AddIpAddress(IPAddress.Loopback);
        else
            names(alternative);
        request.CertificateExtensions.Add(alternative.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        using var certificate = request.Create(
            Root, Now.AddDays(validFromDays), Now.AddDays(validToDays), RandomNumberGenerator.GetBytes(8));
        var issued = certificate.CopyWithPrivateKey(key);
        _issued.Add(issued);
        return issued;
    }

    public X509Certificate2 Client() => Server(names => names.AddDnsName("client.example"), usage: ClientAuthentication);

    public SipTlsProfile Trusting(string serverName, X509Certificate2? client = null) => new(serverName, [Root], client);

    public void Dispose()
    {
        foreach (var certificate in _issued)
            certificate.Dispose();
    }
}
