using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlashCall.Hosting;

namespace FlashCall.Dialer;

/// <summary><c>Dialer:SipTls</c>: where trunks may connect to us over TLS, and what we show them. Calls to trunks over TLS need none of
/// it.</summary>
internal sealed record SipTlsSettings
{
    /// <summary><c>Dialer:SipTls:Listen</c>: the address and the TCP port.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary><c>Dialer:SipTls:Certificate</c>, in PEM form, with the key of <c>Dialer:SipTls:Key</c>.</summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>What stands after the certificate: the chain to its root, to be shown with it.</summary>
    public required X509Certificate2Collection Intermediates { get; init; }

    private const string KeyName = "Key";

    /// <summary>Reads and checks them.</summary>
    /// <returns>Null where nothing is set, or something is wrong, which is then noted.</returns>
    public static SipTlsSettings? Read(IConfigurationSection section, SettingsMistakes mistakes)
    {
        mistakes.RefuseScalar(section, $"a section with {nameof(Listen)}, {nameof(Certificate)} and {KeyName}");
        mistakes.RefuseUnknown(section, nameof(Listen), nameof(Certificate), KeyName);
        if (!section.GetChildren().Any())
            return null;
        var listen = ListenSetting.Read(section.GetSection(nameof(Listen)), otherwise: null, mistakes);
        if (string.IsNullOrEmpty(section[nameof(Listen)]))
            mistakes.Add(section.GetSection(nameof(Listen)).Path, "is missing. Give an IP address and a port, such as 0.0.0.0:5071.");
        var certificates = ReadCertificate(section, mistakes);
        return listen is null || certificates is null
            ? null
            : new SipTlsSettings
            {
                Listen = listen,
                Certificate = certificates.Value.Own,
                Intermediates = certificates.Value.Chain,
            };
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "Handed over to the settings, which live as long as the process.")]
    private static (X509Certificate2 Own, X509Certificate2Collection Chain)? ReadCertificate(
        IConfigurationSection section, SettingsMistakes mistakes)
    {
        var (certificate, key) = (section[nameof(Certificate)], section[KeyName]);
        try
        {
            var own = X509Certificate2.CreateFromPem(certificate, key);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate);
            chain.RemoveAt(0);
            return (own, chain);
        }
        catch (CryptographicException)
        {
            // Neither is shown: the one may be the other by mistake.
            mistakes.Add(section.GetSection(nameof(Certificate)).Path,
                $"and {SettingName.Of($"{section.Path}:{KeyName}")} are not a certificate and its unencrypted private key in PEM form. "
                + "Give both; the chain to the root may follow the certificate.");
            return null;
        }
    }
}
