using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace FlashCall.Sip;

/// <summary>Whom a certificate is for, as far as the TLS library does not look: URIs (RFC 5922 §7.1).</summary>
internal static class SipCertificateNames
{
    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);

    /// <summary>Whether the certificate names the domain by a URI <c>sip:domain</c>, without a user.</summary>
    public static bool HasSipUri(X509Certificate2 certificate, string domain)
    {
        foreach (var name in Uris(certificate))
        {
            // One with a user speaks for that user alone.
            if (SipUri.TryParse(name, out var uri) && uri.Scheme == "sip" && uri.User is null
                && string.Equals(uri.Host.Trim('[', ']'), domain, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The names, for people.</summary>
    public static string Describe(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(one => one.ToString())))
            .Concat(Uris(certificate))
            .Take(8)
            .ToList();
        return names.Count > 0 ? string.Join(", ", names) : certificate.Subject;
    }

    private static List<string> Uris(X509Certificate2 certificate)
    {
        var uris = new List<string>();
        foreach (var extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            try
            {
                var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    if (names.PeekTag().HasSameClassAndValue(Uri))
                        uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, Uri));
                    else
                        names.ReadEncodedValue();
                }
            }
            catch (AsnContentException)
            {
                // Names that cannot be read name nobody: the certificate does not match by them.
                uris.Clear();
            }
        }
        return uris;
    }
}
