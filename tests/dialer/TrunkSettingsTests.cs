using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>What a trunk's settings ask of a call, against peers that insist on it: credentials, TCP, TLS, and the next trunk when one is
/// full.</summary>
public sealed class TrunkSettingsTests(ServersFixture servers) : IAsyncLifetime
{
    private const string Username = "flashcall";
    private const string Password = "let me ring";

    private TestPlatform? _platform;

    private TestPlatform Platform => _platform!;

    public async ValueTask InitializeAsync() => _platform = await TestPlatform.StartAsync(servers);

    public async ValueTask DisposeAsync()
    {
        if (_platform is not null)
            await _platform.DisposeAsync();
    }

    [Theory]
    [InlineData("asks-who", CallDisposition.Rang, 487)]
    [InlineData("asks-again", CallDisposition.Rang, 487)]
    [InlineData("refuses-who", CallDisposition.TrunkFailed, 401)]
    public async Task SIPp_gets_the_credentials_that_it_asks_for(string scenario, CallDisposition disposition, int status)
    {
        var port = FreePort.Next();
        await using var sipp = await Sipp.StartAsync(scenario, port);

        var end = await CallAsync(port, Credentials);

        Assert.Equal((disposition, status), (end.Disposition, end.SipStatus));
        await sipp.SucceedsAsync();
    }

    [Theory]
    [InlineData("MD5")]
    [InlineData("SHA-256")]
    public async Task Kamailio_believes_the_credentials(string algorithm)
    {
        var (port, phone) = (FreePort.Next(), FreePort.Next());
        await using var sipp = await Sipp.StartAsync("rings", phone);
        await using var proxy = await Kamailio.StartAsync(
            port, [phone], "WITH_DIGEST", $"DIGEST_ALGORITHM=\"{algorithm}\"", "NONCE_SECONDS=60");

        var end = await CallAsync(port, Credentials);

        Assert.True((end.Disposition, end.SipStatus) == (CallDisposition.Rang, 487), $"{end.Disposition} {end.SipStatus}. {proxy.Output}");
        Assert.Equal(2, proxy.Count("takes INVITE over udp"));
        await sipp.SucceedsAsync();
    }

    [Theory]
    [InlineData("rings", CallDisposition.Rang, 487)]
    [InlineData("answers", CallDisposition.Answered, 200)]
    [InlineData("busy", CallDisposition.Busy, 486)]
    public async Task SIPp_is_called_over_tcp_and_what_an_answered_call_cost_is_told(string scenario, CallDisposition disposition, int status)
    {
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Next());
        await using var sipp = await Sipp.StartAsync(scenario, address, tcp: true);

        var end = await CallAsync(
            address.Port,
            [
                "--Trunks:0:Transport=tcp", "--Trunks:0:Currency=EUR", "--Trunks:0:Destinations:0:Prefix=+46",
                "--Trunks:0:Destinations:0:Price=0.0042",
            ],
            ringSeconds: disposition == CallDisposition.Answered ? 10 : 1);

        Assert.Equal((disposition, status), (end.Disposition, end.SipStatus));
        Assert.Equal(disposition == CallDisposition.Answered ? (0.0042m, "EUR") : (null, null), (end.Cost, end.Currency));
        await sipp.SucceedsAsync();
    }

    [Theory]
    [InlineData("tcp", "rings", CallDisposition.Rang, 487)]
    [InlineData("tcp", "answers", CallDisposition.Answered, 200)]
    [InlineData("tls", "rings", CallDisposition.Rang, 487)]
    [InlineData("tls", "answers", CallDisposition.Answered, 200)]
    public async Task Kamailio_is_called_over_connections(string transport, string scenario, CallDisposition disposition, int status)
    {
        var folder = Directory.CreateTempSubdirectory("tls-");
        try
        {
            var (port, phone) = (FreePort.Next(count: 2), FreePort.Next());
            var (configuration, authority) = await WriteCertificateAsync(folder);
            await using var sipp = await Sipp.StartAsync(scenario, phone);
            await using var proxy = await Kamailio.StartAsync(port, [phone], "WITH_TLS", $"TLS_CONFIG=\"{configuration}\"");
            var tls = transport == "tls";

            var end = await CallAsync(
                tls ? port + 1 : port,
                [$"--Trunks:0:Transport={transport}", .. tls ? [$"--Trunks:0:Tls:CaCertificates={authority}"] : Array.Empty<string>()],
                ringSeconds: disposition == CallDisposition.Answered ? 10 : 1);

            Assert.True((end.Disposition, end.SipStatus) == (disposition, status), $"{end.Disposition} {end.SipStatus}. {proxy.Output}");
            Assert.Equal(1, proxy.Count($"takes INVITE over {transport}"));
            await sipp.SucceedsAsync();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_trunk_that_is_full_leaves_the_call_to_the_next_one()
    {
        var (full, next) = (FreePort.Next(), FreePort.Next());
        await using var overloaded = await Sipp.StartAsync("overloaded", full);
        await using var rings = await Sipp.StartAsync("rings", next);
        await using var dialer = await DialerReplica.StartAsync(
            Platform,
            new Dictionary<string, string> { ["full"] = $"127.0.0.1:{full}", ["next"] = $"127.0.0.1:{next}" },
            "--Trunks:0:CallerIds:0=+44207946xxxx", "--Trunks:1:CallerIds:0=+44207946xxxx", "--Trunks:1:Priority=2");
        var call = Commands.Place("full");
        await Platform.SendAsync(call);

        var end = await Platform.EndOfAsync(call);

        Assert.Equal((CallDisposition.Rang, 487), (end.Disposition, end.SipStatus));
        await overloaded.SucceedsAsync();
        await rings.SucceedsAsync();
    }

    [Fact]
    public async Task A_phone_that_rang_for_its_time_has_rung_even_if_the_proxy_reports_the_busy_one_beside_it()
    {
        // Of 486 and 487 a proxy forwards which it likes (RFC 3261 §16.7); Kamailio the lower one.
        var (port, busy, ringing) = (FreePort.Next(), FreePort.Next(), FreePort.Next());
        await using var one = await Sipp.StartAsync("busy", busy);
        await using var other = await Sipp.StartAsync("rings", ringing);
        await using var proxy = await Kamailio.StartAsync(port, [busy, ringing]);

        var end = await CallAsync(port, []);

        Assert.Equal((CallDisposition.Rang, 486, true), (end.Disposition, end.SipStatus, end.RangAt is not null));
        await one.SucceedsAsync();
        await other.SucceedsAsync();
    }

    private static string[] Credentials =>
    [
        $"--Trunks:0:Credentials:Username={Username}", $"--Trunks:0:Credentials:Password={Password}",
        $"--Dialer:SecretsKey={Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}",
    ];

    private async Task<FlashCallEnded> CallAsync(int port, string[] settings, double ringSeconds = 1)
    {
        var trunks = new Dictionary<string, string> { ["peer"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}") };
        await using var dialer = await DialerReplica.StartAsync(Platform, trunks, settings);
        var call = Commands.Place("peer", ringSeconds);
        await Platform.SendAsync(call);
        return await Platform.EndOfAsync(call);
    }

    /// <summary>A certificate for 127.0.0.1 that is its own authority.</summary>
    /// <returns>The configuration file of Kamailio's TLS module, and the certificate as PEM.</returns>
    private static async Task<(string Configuration, string Authority)> WriteCertificateAsync(DirectoryInfo folder)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=trunk.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string File(string name) => Path.Combine(folder.FullName, name);
        var authority = certificate.ExportCertificatePem();
        await System.IO.File.WriteAllTextAsync(File("certificate.pem"), authority);
        await System.IO.File.WriteAllTextAsync(File("key.pem"), key.ExportPkcs8PrivateKeyPem());
        await System.IO.File.WriteAllTextAsync(
            File("tls.cfg"),
            $"""
            [server:default]
            method = TLSv1.2+
            verify_certificate = no
            require_certificate = no
            certificate = {File("certificate.pem")}
            private_key = {File("key.pem")}

            """);
        return (File("tls.cfg"), authority);
    }
}
