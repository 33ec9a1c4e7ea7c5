using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FlashCall.Dialer.Trunks;

namespace FlashCall.Dialer.Tests.Trunks;

/// <summary>Trunks as operators write them.</summary>
internal static class Documents
{
    /// <summary>Every field there is, but for TLS and the credentials.</summary>
    public const string Whole =
        """
        {
          "transport": "tls",
          "addresses": ["sip1.carrier.example", "sip2.carrier.example:5061", "[2001:db8::10]"],
          "callerIdFormat": "e164_without_plus",
          "domain": "calls.example.com",
          "headers": { "X-Route": "wholesale", "X-Account": "4711" },
          "callerIds": ["+44207946xxxx", "+46701740605"],
          "destinations": [{ "prefix": "+44", "price": 0.004 }, { "prefix": "+4670" }, { "prefix": "+" }],
          "currency": "EUR",
          "callsPerSecond": 2.5,
          "burst": 5,
          "channels": 30,
          "ringTimeSeconds": 2.5,
          "postDialDelayCapSeconds": 8,
          "priority": 2,
          "weight": 3,
          "allowRedirects": true,
          "logMessages": true,
          "optionsIntervalSeconds": 60
        }
        """;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static TrunkDocument Read(string json, string? name = "carrier") =>
        JsonSerializer.Deserialize<TrunkDocument>(json, Json)! with { Name = name };

    /// <summary>The least that a trunk needs, and a field more.</summary>
    public static TrunkDocument With(string field, string value) =>
        Read(field == "addresses" ? $$"""{ "addresses": {{value}} }""" : $$"""{ "addresses": ["h"], "{{field}}": {{value}} }""");

    /// <summary>A certificate of its own and its key, in PEM form.</summary>
    public static (string Certificate, string Key) NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=flashcall", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
