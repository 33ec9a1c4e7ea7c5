using System.Text;
using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;
using FlashCall.Sip;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FlashCall.Dialer.Tests.Trunks;

/// <summary>Trunks as a settings file has them.</summary>
public sealed class TrunkSettingsTests
{
    private const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    [Fact]
    public void Every_field_is_read()
    {
        var (certificate, key) = Documents.NewCertificate();
        var trunk = Assert.Single(Read(
            $$"""
            {
              "Dialer": { "SecretsKey": "{{Key}}" },
              "Trunks": [{
                "Name": "carrier",
                "Transport": "tls",
                "Addresses": ["sip1.carrier.example", "192.0.2.10:5061"],
                "Credentials": { "Username": "flashcall", "Password": "hush\n" },
                "Tls": { "ServerName": "sip.carrier.example", "CaCertificates": "{{Line(certificate)}}",
                  "ClientCertificate": "{{Line(certificate)}}", "ClientKey": "{{Line(key)}}" },
                "CallerIdFormat": "national",
                "Domain": "calls.example.com",
                "Headers": { "X-Account": "4711" },
                "CallerIds": ["+44207946xxxx"],
                "Destinations": [{ "Prefix": "+44", "Price": 0.004 }, { "Prefix": "+46" }],
                "Currency": "EUR",
                "CallsPerSecond": 2.5,
                "Burst": 5,
                "Channels": 30,
                "RingTime": "00:00:02.5",
                "PostDialDelayCap": "00:00:08",
                "Priority": 2,
                "Weight": 3,
                "AllowRedirects": true,
                "LogMessages": true,
                "OptionsInterval": "00:01:00"
              }]
            }
            """).Trunks).ToTrunk(TrunkState.Active);

        Assert.Equal(("carrier", SipTransportKind.Tls), (trunk.Name, trunk.Transport));
        Assert.Equal(["sip1.carrier.example", "192.0.2.10:5061"], trunk.Addresses);
        Assert.Equal(new TrunkCredentials("flashcall", "hush"), trunk.Credentials);
        Assert.Equal(("sip.carrier.example", certificate, certificate, key),
            (trunk.Tls?.ServerName, trunk.Tls?.CaCertificates, trunk.Tls?.ClientCertificate, trunk.Tls?.ClientKey));
        Assert.Equal((CallerIdFormat.National, "calls.example.com"), (trunk.CallerIdFormat, trunk.Domain));
        Assert.Equal([KeyValuePair.Create("X-Account", "4711")], trunk.Headers);
        Assert.Equal(["+44207946xxxx"], trunk.CallerIds.Select(range => range.Pattern));
        Assert.Equal([new Destination("+44", 0.004m), new Destination("+46")], trunk.Destinations);
        Assert.Equal(("EUR", 2.5, 5, 30), (trunk.Currency, trunk.CallsPerSecond, trunk.Burst, trunk.Channels));
        Assert.Equal((2.5, 8, 60),
            (trunk.RingTime?.TotalSeconds, trunk.PostDialDelayCap?.TotalSeconds, trunk.OptionsInterval.TotalSeconds));
        Assert.Equal((2, 3, true, true), (trunk.Priority, trunk.Weight, trunk.AllowRedirects, trunk.LogMessages));
    }

    [Fact]
    public void Without_optional_fields_the_defaults_stand()
    {
        var trunk = Assert.Single(Read("""{ "Trunks": [{ "Name": "carrier", "Addresses": ["h"] }] }""").Trunks);
        Assert.Equal(new TrunkDocument { Name = "carrier", Addresses = trunk.Addresses }, trunk);
    }

    [Theory]
    [InlineData("\"Transport\": \"sctp\"", "TRANSPORT")]
    [InlineData("\"Addresses\": \"h\"", "ADDRESSES")]
    [InlineData("\"Credentials\": \"user:password\"", "CREDENTIALS")]
    [InlineData("\"Credentials\": { \"User\": \"u\" }", "CREDENTIALS__USER")]
    [InlineData("\"Tls\": { \"ServerName\": \"h\" }", "TLS")]
    [InlineData("\"Headers\": \"X: Y\"", "HEADERS")]
    [InlineData("\"Headers\": { \"Via\": \"x\" }", "HEADERS__VIA")]
    [InlineData("\"CallerIds\": \"+44207946xxxx\"", "CALLERIDS")]
    [InlineData("\"CallerIds\": [\"44\"]", "CALLERIDS__0")]
    [InlineData("\"Destinations\": [\"+44\"]", "DESTINATIONS__0")]
    [InlineData("\"Destinations\": [{ \"Prefix\": \"+44\" }, { \"Prefix\": \"46\" }]", "DESTINATIONS__1__PREFIX")]
    [InlineData("\"Destinations\": [{ \"Prefix\": \"+44\", \"Price\": \"cheap\" }]", "DESTINATIONS__0__PRICE")]
    [InlineData("\"CallsPerSecond\": \"many\"", "CALLSPERSECOND")]
    [InlineData("\"CallsPerSecond\": \"NaN\"", "CALLSPERSECOND")]
    [InlineData("\"Channels\": 1.5", "CHANNELS")]
    [InlineData("\"RingTime\": 3", "RINGTIME")]
    [InlineData("\"RingTime\": \"00:00:31\"", "RINGTIME")]
    [InlineData("\"AllowRedirects\": \"perhaps\"", "ALLOWREDIRECTS")]
    [InlineData("\"State\": \"draining\"", "STATE")]
    [InlineData("\"Name\": \"Carrier\"", "NAME")]
    public void A_mistake_is_named(string field, string setting)
    {
        var exception = Assert.Throws<SettingsException>(() => Read(
            field.StartsWith("\"Addresses", StringComparison.Ordinal) ? $$"""{ "Trunks": [{ "Name": "carrier", {{field}} }] }"""
            : field.StartsWith("\"Name", StringComparison.Ordinal) ? $$"""{ "Trunks": [{ "Addresses": ["h"], {{field}} }] }"""
            : $$"""{ "Trunks": [{ "Name": "carrier", "Addresses": ["h"], {{field}} }] }"""));
        Assert.Equal($"FLASHCALL_TRUNKS__0__{setting}", exception.Setting);
    }

    [Theory]
    [InlineData("")]
    [InlineData(", \"SecretsKey\": \"\"")]
    public void A_secret_needs_a_key_to_be_stored_under(string key)
    {
        var exception = Assert.Throws<SettingsException>(() => Read(
            $$"""
            { "Dialer": { "AliveFor": "00:00:05"{{key}} },
              "Trunks": [{ "Name": "carrier", "Addresses": ["h"], "Credentials": { "Username": "u", "Password": "hush" } }] }
            """));
        Assert.Equal("FLASHCALL_DIALER__SECRETSKEY", exception.Setting);
        Assert.Contains("openssl rand -base64 32", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_may_end_with_a_line_break() => Assert.Equal(
        Enumerable.Range(0, 32).Select(number => (byte)number), Read($$"""{ "Dialer": { "SecretsKey": "{{Key}}\n" } }""").SecretsKey);

    private static string Line(string pem) => pem.ReplaceLineEndings("\\n");

    private static DialerSettings Read(string json) =>
        DialerSettings.Read(new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build());
}
