using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FlashCall.Dialer.Tests.Signalling;

/// <summary>What the dialer speaks SIP over, and how it finds trunks.</summary>
public sealed class TransportTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<SipEndpoint> _endpoints = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var endpoint in _endpoints)
            await endpoint.DisposeAsync();
    }

    [Fact]
    public async Task TCP_is_listened_on_at_the_port_of_UDP()
    {
        var endpoint = await StartAsync();
        using var trunk = new TcpClient();
        await trunk.ConnectAsync(endpoint.LocalEndPoint).WaitAsync(Patience);
        var options = $"""
            OPTIONS sip:{endpoint.LocalEndPoint} SIP/2.0
            Via: SIP/2.0/TCP {trunk.Client.LocalEndPoint};branch=z9hG4bK1
            Max-Forwards: 70
            From: <sip:trunk.example>;tag=peer
            To: <sip:{endpoint.LocalEndPoint}>
            Call-ID: call
            CSeq: 1 OPTIONS
            Content-Length: 0


            """.ReplaceLineEndings("\r\n");

        await trunk.GetStream().WriteAsync(Encoding.ASCII.GetBytes(options));

        var answer = new byte[15];
        await trunk.GetStream().ReadExactlyAsync(answer).AsTask().WaitAsync(Patience);
        Assert.Equal("SIP/2.0 200 OK\r", Encoding.ASCII.GetString(answer));
    }

    [Fact]
    public async Task A_trunk_over_TLS_with_an_authority_of_its_own()
    {
        var (authority, certificate, key) = Certificates();
        var settings = DialerSettings.Read(new ConfigurationBuilder()
            .AddInMemoryCollection([
                KeyValuePair.Create("Dialer:SipTls:Listen", (string?)$"127.0.0.1:{FreeTcpPort()}"),
                KeyValuePair.Create("Dialer:SipTls:Certificate", (string?)certificate),
                KeyValuePair.Create("Dialer:SipTls:Key", (string?)key),
            ])
            .Build());
        Assert.NotNull(settings.SipTls);
        await StartAsync(settings with { SipListen = new IPEndPoint(IPAddress.Loopback, 0) });
        var dialer = await StartAsync();
        var trunk = new Trunk
        {
            Name = "secure",
            Transport = SipTransportKind.Tls,
            Addresses = [settings.SipTls.Listen.ToString()],
            Tls = new TrunkTls { ServerName = "sip.trunk.example", CaCertificates = authority },
        };

        Assert.Equal(200, await AskAsync(dialer, (await dialer.HopsToAsync(trunk, CancellationToken.None))[0]));
        // By the wrong name it is not the trunk.
        var other = trunk with { Tls = trunk.Tls with { ServerName = "other.example" } };
        Assert.Null(await AskAsync(dialer, (await dialer.HopsToAsync(other, CancellationToken.None))[0]));
    }

    [Fact]
    public async Task Addresses_are_tried_in_their_order_over_the_transport_of_the_trunk()
    {
        var dialer = await StartAsync();
        var trunk = new Trunk { Name = "demo", Addresses = ["127.0.0.2:5090", "127.0.0.1", "[::1]:5060", "127.0.0.2:5090"] };

        async Task<string[]> Hops(Trunk one) =>
            [.. (await dialer.HopsToAsync(one, CancellationToken.None)).Select(hop => hop.ToString())];

        Assert.Equal(["UDP 127.0.0.2:5090", "UDP 127.0.0.1:5060"], await Hops(trunk));
        Assert.Equal(["TCP 127.0.0.2:5090", "TCP 127.0.0.1:5060"], await Hops(trunk with { Transport = SipTransportKind.Tcp }));
        Assert.Equal(["TLS 127.0.0.2:5090", "TLS 127.0.0.1:5061"], await Hops(trunk with { Transport = SipTransportKind.Tls }));
        var hops = await dialer.HopsToAsync(trunk with { Transport = SipTransportKind.Tls }, CancellationToken.None);
        Assert.Equal(["127.0.0.2", "127.0.0.1"], hops.Select(hop => hop.Tls?.ServerName));
    }

    [Fact]
    public async Task Where_no_address_can_be_reached_the_reason_is_told()
    {
        var dialer = await StartAsync();

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(async () => await dialer.HopsToAsync(
            new Trunk { Name = "six", Addresses = ["[::1]:5060"] }, CancellationToken.None));

        Assert.Contains("FLASHCALL_DIALER__SIPLISTEN", exception.Message, StringComparison.Ordinal);
    }

    private static int FreeTcpPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The status of the answer to an OPTIONS; null if it could not be sent.</summary>
    private static async Task<int?> AskAsync(SipEndpoint dialer, SipHop hop)
    {
        var uri = SipUri.Create(user: null, hop.Remote);
        var answer = new Answer();
        dialer.Stack.Send(
            SipRequest.Create(
                SipMethod.Options, uri, new SipAddress(uri).WithTag(SipId.NewTag()), new SipAddress(uri), SipId.NewCallId(), 1),
            hop, answer);
        return await answer.Task.WaitAsync(Patience);
    }

    /// <summary>An authority, and a certificate for sip.trunk.example with its key, in PEM form.</summary>
    private static (string Authority, string Certificate, string Key) Certificates()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=Trunk Authority", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var (from, until) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var root = rootRequest.CreateSelfSigned(from, until);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Trunk", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("sip.trunk.example");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(root, from, until, [1, 2, 3]);
        return (root.ExportCertificatePem(), certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private async Task<SipEndpoint> StartAsync(DialerSettings? settings = null)
    {
        var endpoint = new SipEndpoint(
            settings ?? new DialerSettings { SipListen = new IPEndPoint(IPAddress.Loopback, 0) },
            new MessageLog(NullLogger<MessageLog>.Instance),
            TimeProvider.System,
            NullLogger<SipEndpoint>.Instance);
        _endpoints.Add(endpoint);
        await endpoint.StartAsync(CancellationToken.None);
        return endpoint;
    }

    private sealed class Answer : TaskCompletionSource<int?>, ISipClient
    {
        public Answer()
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
        }

        public void OnResponse(SipClientTransaction transaction, SipResponse response) => TrySetResult(response.Status);

        public void OnFailure(SipClientTransaction transaction, SipClientFailure failure) => TrySetResult(null);
    }
}
