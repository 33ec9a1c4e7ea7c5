using System.Text.Json;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;
using Xunit;

namespace FlashCall.Dialer.Tests.Trunks;

public sealed class TrunkValidatorTests
{
    private static readonly TrunkValidator Valid = new();

    [Fact]
    public void The_least_is_an_address_and_the_rest_has_defaults()
    {
        var document = Documents.Read("""{ "addresses": ["sip.carrier.example"] }""");
        Assert.Empty(Valid.Validate(document).Errors);

        var trunk = document.ToTrunk(TrunkState.Active);

        Assert.Equal(("carrier", SipTransportKind.Udp, CallerIdFormat.E164), (trunk.Name, trunk.Transport, trunk.CallerIdFormat));
        Assert.Equal(["sip.carrier.example"], trunk.Addresses);
        Assert.Equal((null, null, null, null), (trunk.Credentials, trunk.Tls, trunk.Domain, trunk.Currency));
        Assert.Empty(trunk.Headers);
        Assert.Empty(trunk.CallerIds);
        Assert.Empty(trunk.Destinations);
        Assert.Equal((null, null, null), (trunk.CallsPerSecond, trunk.Burst, trunk.Channels));
        Assert.Equal((null, null, TimeSpan.FromSeconds(30)), (trunk.RingTime, trunk.PostDialDelayCap, trunk.OptionsInterval));
        Assert.Equal((1, 1, false, false), (trunk.Priority, trunk.Weight, trunk.AllowRedirects, trunk.LogMessages));
    }

    [Fact]
    public void Every_field_is_taken()
    {
        var document = Documents.Read(Documents.Whole);
        Assert.Empty(Valid.Validate(document).Errors);

        var trunk = document.ToTrunk(TrunkState.Draining);

        Assert.Equal((SipTransportKind.Tls, CallerIdFormat.E164WithoutPlus), (trunk.Transport, trunk.CallerIdFormat));
        Assert.Equal(["sip1.carrier.example", "sip2.carrier.example:5061", "[2001:db8::10]"], trunk.Addresses);
        Assert.Equal(("calls.example.com", "EUR"), (trunk.Domain, trunk.Currency));
        Assert.Equal(("wholesale", "4711"), (trunk.Headers["X-Route"], trunk.Headers["x-account"]));
        Assert.Equal(["+44207946xxxx", "+46701740605"], trunk.CallerIds.Select(range => range.Pattern));
        Assert.Equal([new Destination("+44", 0.004m), new Destination("+4670"), new Destination("+")], trunk.Destinations);
        Assert.Equal((2.5, 5, 30), (trunk.CallsPerSecond, trunk.Burst, trunk.Channels));
        Assert.Equal((2.5, 8, 60),
            (trunk.RingTime?.TotalSeconds, trunk.PostDialDelayCap?.TotalSeconds, trunk.OptionsInterval.TotalSeconds));
        Assert.Equal((2, 3, true, true), (trunk.Priority, trunk.Weight, trunk.AllowRedirects, trunk.LogMessages));
        Assert.Equal(TrunkState.Draining, trunk.State);
    }

    [Theory]
    [InlineData("addresses", """["192.0.2.10:5060", "192.0.2.11"]""")]
    [InlineData("transport", "\"udp\"")]
    [InlineData("transport", "\"tcp\"")]
    [InlineData("callerIdFormat", "\"national\"")]
    [InlineData("domain", "\"[2001:db8::1]\"")]
    [InlineData("headers", "{}")]
    [InlineData("callerIds", "[]")]
    [InlineData("destinations", """[{ "prefix": "+44", "price": null }]""")]
    [InlineData("callsPerSecond", "0.01")]
    [InlineData("callsPerSecond", "10000")]
    [InlineData("channels", "100000")]
    [InlineData("ringTimeSeconds", "30")]
    [InlineData("postDialDelayCapSeconds", "60")]
    [InlineData("optionsIntervalSeconds", "0")]
    [InlineData("optionsIntervalSeconds", "5")]
    [InlineData("optionsIntervalSeconds", "600")]
    [InlineData("priority", "100")]
    [InlineData("weight", "1000")]
    public void What_is_right_passes(string field, string value) =>
        Assert.Empty(Valid.Validate(Documents.With(field, value)).Errors);

    [Theory]
    [InlineData("addresses", "[]", "Addresses")]
    [InlineData("addresses", "null", "Addresses")]
    [InlineData("addresses", """["h", "h:0"]""", "Addresses[1]")]
    [InlineData("addresses", """["h:65536"]""", "Addresses[0]")]
    [InlineData("addresses", """["sip:h"]""", "Addresses[0]")]
    [InlineData("addresses", """["2001:db8::10"]""", "Addresses[0]")]
    [InlineData("addresses", """["[2001:db8::10%eth0]"]""", "Addresses[0]")]
    [InlineData("addresses", """["[h]:5060"]""", "Addresses[0]")]
    [InlineData("addresses", """["h:+5060"]""", "Addresses[0]")]
    [InlineData("addresses", """["h h"]""", "Addresses[0]")]
    [InlineData("addresses", """["b\u00fccher.example", "192.0.2", "0x7f.0.0.1", "192.0.2.010", "[192.0.2.1]", "h.example/x"]""",
        "Addresses[0]", "Addresses[1]", "Addresses[2]", "Addresses[3]", "Addresses[4]", "Addresses[5]")]
    [InlineData("addresses", """[null]""", "Addresses[0]")]
    [InlineData("addresses", """["h", "H"]""", "Addresses")]
    [InlineData("addresses", """["i","j","k","l","m","n","o","p","q","a","b","c","d","e","f","g","h"]""", "Addresses")]
    [InlineData("transport", "\"sctp\"", "Transport")]
    [InlineData("transport", "\"\"", "Transport")]
    [InlineData("credentials", """{ "username": "u" }""", "Credentials.Password")]
    [InlineData("credentials", """{ "username": "u", "password": "" }""", "Credentials.Password")]
    [InlineData("credentials", """{ "username": "u", "password": null }""", "Credentials.Password")]
    [InlineData("credentials", """{ "password": "p" }""", "Credentials.Username")]
    [InlineData("credentials", """{ "username": "u\n", "password": "p" }""", "Credentials.Username")]
    [InlineData("credentials", """{ "username": "u", "password": "p", "pasword": "q" }""", "Credentials.pasword")]
    [InlineData("tls", "{}", "Tls")]
    [InlineData("callerIdFormat", "\"E164\"", "CallerIdFormat")]
    [InlineData("domain", "\"sip.example.com:5060\"", "Domain")]
    [InlineData("domain", "\"\"", "Domain")]
    [InlineData("headers", """{ "From": "x" }""", "Headers.From")]
    [InlineData("headers", """{ "p-asserted-identity": "x" }""", "Headers.p-asserted-identity")]
    [InlineData("headers", """{ "f": "x" }""", "Headers.f")]
    [InlineData("headers", """{ "X Y": "x" }""", "Headers.X Y")]
    [InlineData("headers", """{ "X-Y": "a\r\nVia: b" }""", "Headers.X-Y")]
    [InlineData("headers", """{ "X-Y": "" }""", "Headers.X-Y")]
    [InlineData("headers", """{ "X-Y": null }""", "Headers.X-Y")]
    [InlineData("headers", """{ "X-Y": "a", "x-y": "b" }""", "Headers.x-y")]
    [InlineData("callerIds", """["+44207946xxxx", "44207946xxxx"]""", "CallerIds[1]")]
    [InlineData("callerIds", """["+xxxxxxxx"]""", "CallerIds[0]")]
    [InlineData("callerIds", """["+0123456789"]""", "CallerIds[0]")]
    [InlineData("callerIds", """["+44x07946xxxx"]""", "CallerIds[0]")]
    [InlineData("callerIds", """["+44207"]""", "CallerIds[0]")]
    [InlineData("callerIds", """[null]""", "CallerIds[0]")]
    [InlineData("destinations", """[{ "prefix": "44" }]""", "Destinations[0].Prefix")]
    [InlineData("destinations", """[{ "price": 1 }]""", "Destinations[0].Prefix", "Currency")]
    [InlineData("destinations", """[{ "prefix": "+44", "price": -1 }]""", "Destinations[0].Price", "Currency")]
    [InlineData("destinations", """[{ "prefix": "+44", "price": 0 }]""", "Currency")]
    [InlineData("destinations", """[{ "prefix": "+44" }, { "prefix": "+44" }]""", "Destinations")]
    [InlineData("destinations", """[{ "prefix": "+44", "cost": 1 }]""", "Destinations[0].cost")]
    [InlineData("destinations", "[null]", "Destinations[0]")]
    [InlineData("currency", "\"eur\"", "Currency")]
    [InlineData("callsPerSecond", "0.009", "CallsPerSecond")]
    [InlineData("callsPerSecond", "10001", "CallsPerSecond")]
    [InlineData("burst", "1", "Burst")]
    [InlineData("burst", "0", "Burst")]
    [InlineData("channels", "0", "Channels")]
    [InlineData("channels", "100001", "Channels")]
    [InlineData("ringTimeSeconds", "0.9", "RingTime")]
    [InlineData("ringTimeSeconds", "31", "RingTime")]
    [InlineData("ringTimeSeconds", "1e300", "RingTime")]
    [InlineData("postDialDelayCapSeconds", "0.9", "PostDialDelayCap")]
    [InlineData("postDialDelayCapSeconds", "61", "PostDialDelayCap")]
    [InlineData("optionsIntervalSeconds", "4.9", "OptionsInterval")]
    [InlineData("optionsIntervalSeconds", "601", "OptionsInterval")]
    [InlineData("optionsIntervalSeconds", "-5", "OptionsInterval")]
    [InlineData("priority", "0", "Priority")]
    [InlineData("priority", "101", "Priority")]
    [InlineData("weight", "0", "Weight")]
    [InlineData("weight", "1001", "Weight")]
    [InlineData("address", "\"h\"", "address")]
    [InlineData("state", "\"draining\"", "state")]
    public void What_is_wrong_is_named_with_what_would_be_right(string field, string value, params string[] named)
    {
        var errors = Valid.Validate(Documents.With(field, value)).Errors;
        Assert.Equal(named.Order(StringComparer.Ordinal), errors.Select(error => error.PropertyName).Order(StringComparer.Ordinal));
        Assert.All(errors, error => Assert.Matches("(Give|Leave|Set) .*[.…]$", error.ErrorMessage));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("Carrier")]
    [InlineData("-carrier")]
    [InlineData("../carrier")]
    [InlineData("carrier\n")]
    [InlineData("a-name-of-more-than-sixty-four-characters-is-more-than-anyone-reads")]
    public void A_name_has_few_characters(string? name)
    {
        var errors = Valid.Validate(Documents.Read("""{ "addresses": ["h"] }""", name)).Errors;
        Assert.Equal("Name", Assert.Single(errors).PropertyName);
    }

    [Theory]
    [InlineData("callsPerSecond", "0.2", 1)]
    [InlineData("callsPerSecond", "2.1", 3)]
    [InlineData("callsPerSecond", "20", 20)]
    public void The_burst_follows_the_rate_unless_it_is_given(string field, string value, int burst) =>
        Assert.Equal(burst, Documents.With(field, value).ToTrunk(TrunkState.Active).Burst);

    [Fact]
    public void Tls_takes_certificates_and_the_key_that_belongs_to_one()
    {
        var (certificate, key) = Documents.NewCertificate();
        var (other, _) = Documents.NewCertificate();
        Assert.Empty(Errors(new { serverName = "sip.carrier.example", caCertificates = $"{certificate}\n{other}" }));
        Assert.Empty(Errors(new { clientCertificate = $"{certificate}\n{other}", clientKey = key }));
        Assert.Equal(["Tls.ServerName"], Errors(new { serverName = "192.0.2.1" }));
        Assert.Equal(["Tls.CaCertificates"], Errors(new { caCertificates = "certificate" }));
        Assert.Equal(["Tls.CaCertificates"], Errors(new { caCertificates = certificate.Replace("MI", "??", StringComparison.Ordinal) }));
        Assert.Equal(["Tls.ClientCertificate"], Errors(new { clientCertificate = key, clientKey = key }));
        Assert.Equal(["Tls.ClientKey"], Errors(new { clientCertificate = other, clientKey = key }));
        Assert.Equal(["Tls.ClientKey"], Errors(new { clientCertificate = certificate, clientKey = certificate }));
        Assert.Equal(["Tls.ClientKey"], Errors(new { clientCertificate = certificate }));
        Assert.Equal(["Tls.ClientCertificate"], Errors(new { clientKey = key }));
        Assert.Equal(["Tls.verify"], Errors(new { verify = false }));
    }

    [Fact]
    public void No_mistake_quotes_a_secret()
    {
        var errors = Valid.Validate(Documents.Read(
            """
            { "addresses": ["h"], "transport": "tls", "credentials": { "username": "u", "password": "hush\n" },
              "tls": { "clientCertificate": "c", "clientKey": "hush" } }
            """)).Errors;
        Assert.NotEmpty(errors);
        Assert.All(errors, error => Assert.DoesNotContain("hush", error.ErrorMessage, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Errors(object tls)
    {
        var trunk = Documents.Read($$"""{ "addresses": ["h"], "transport": "tls", "tls": {{JsonSerializer.Serialize(tls)}} }""");
        return Valid.Validate(trunk).Errors.Select(error => error.PropertyName);
    }
}
