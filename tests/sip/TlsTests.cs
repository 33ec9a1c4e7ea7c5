using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>RFC 3261 §26.2.1 and RFC 5922, over real connections.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Flash_calls_over_one_connection_and_the_way_back_over_another()
    {
        await using var phone = new StackPeer(new TlsSipTransport(StackPeer.Loopback, _authority.Server()));
        await using var caller = new StackPeer(new TlsSipTransport(StackPeer.Loopback, _authority.Server()));
        var there = caller.Stack.HopTo(phone.Transport.LocalEndPoint, SipTransportKind.Tls, _authority.Trusting("127.0.0.1"));
        // Another profile that says the same.
        var again = caller.Stack.HopTo(phone.Transport.LocalEndPoint, SipTransportKind.Tls, _authority.Trusting("127.0.0.1"));
        var back = phone.Stack.HopTo(caller.Transport.LocalEndPoint, SipTransportKind.Tls, _authority.Trusting("127.0.0.1"));

        var call = await caller.RingAsync(phone, there);
        await caller.RingAsync(phone, again);
        Assert.Equal((1, 1), (ConnectionsOf(caller), ConnectionsOf(phone)));
        await phone.RingAsync(caller, back);

        Assert.Equal("TLS", call.Request.TopVia.Protocol);
        Assert.Equal($"sip:{caller.Transport.LocalEndPoint};transport=tls", there.Contact(null).Text);
        Assert.Equal((2, 2), (ConnectionsOf(caller), ConnectionsOf(phone)));
        Assert.Empty(phone.Faults.Concat(caller.Faults));
    }

    [Fact]
    public async Task Without_a_certificate_of_its_own_it_only_connects()
    {
        await using var phone = new StackPeer(new TlsSipTransport(StackPeer.Loopback, _authority.Server()));
        await using var caller = new StackPeer(new TlsSipTransport(StackPeer.Loopback));

        await caller.RingAsync(
            phone, caller.Stack.HopTo(phone.Transport.LocalEndPoint, SipTransportKind.Tls, _authority.Trusting("127.0.0.1")));

        Assert.Equal(5061, caller.Transport.LocalEndPoint.Port);
    }

    [Theory]
    [InlineData("sip.trunk.example", true)]
    [InlineData("SIP.TRUNK.EXAMPLE", true)]
    [InlineData("a.wild.example", true)]
    [InlineData("uri.example", true)]
    [InlineData("user.example", false)]
    [InlineData("other.example", false)]
    [InlineData("127.0.0.1", false)]
    public async Task The_certificate_names_the_domain(string domain, bool accepted)
    {
        var certificate = _authority.Server(names =>
        {
            names.AddDnsName("sip.trunk.example");
            names.AddDnsName("*.wild.example");
            names.AddUri(new Uri("sip:uri.example"));
            names.AddUri(new Uri("sip:someone@user.example"));
        });
        await using var phone = new StackPeer(new TlsSipTransport(StackPeer.Loopback, certificate));
        await using var caller = new StackPeer(new TlsSipTransport(StackPeer.Loopback));

        var failure = await TryAsync(caller, phone, _authority.Trusting(domain));

        Assert.Equal(accepted ? null : SipConnectionFailure.CertificateNameMismatch, failure?.Failure);
        if (!accepted)
        {
            Assert.Contains(
                $"sip.trunk.example, *.wild.example, sip:uri.example, sip:someone@user.example, not for '{domain}'", failure!.Reason);
        }
    }

    [Fact]
    public async Task A_certificate_that_is_out_of_date()
    {
        await using var phone = new StackPeer(new TlsSipTransport(StackPeer.Loopback, _authority.Server(null, -10, -1)));
        await using var caller = new StackPeer(new TlsSipTransport(StackPeer.Loopback));

        var failure = await TryAsync(caller, phone, _authority.Trusting("127.0.0.1"));

        Assert.Equal(SipConnectionFailure.CertificateExpired, failure?.Failure);
        Assert.Contains("CN=Test Trunk", failure!.Reason);
    }

    [Fact]
    public async Task A_certificate_of_another_authority()
    {
        using var other = new TestAuthority();
        await using var phone = new StackPeer(new TlsSipTransport(StackPeer.Loopback, other.Server()));
        await using var caller = new StackPeer(new TlsSipTransport(StackPeer.Loopback));

        var distrusted = await TryAsync(caller, phone, _authority.Trusting("127.0.0.1"));
        var bySystem = await TryAsync(caller, phone, new SipTlsProfile("127.0.0.1"));
        var byDefault = await TryAsync(caller, phone, null);

        Assert.All([distrusted, bySystem, byDefault], failure => Assert.Equal(SipConnectionFailure.CertificateUntrusted, failure?.Failure));
        Assert.Contains("CN=Test Authority", distrusted!.Reason);
    }

    [Fact]
    public async Task A_certificate_that_is_not_for_servers()
    {
        await using var phone = new StackPeer(
            new TlsSipTransport(StackPeer.Loopback, _authority.Server(usage: "1.3.6.1.5.5.7.3.2")));
        await using var caller = new StackPeer(new TlsSipTransport(StackPeer.Loopback));

        Assert.Equal(SipConnectionFailure.CertificateUnfit, (await TryAsync(caller, phone, _authority.Trusting("127.0.0.1")))?.Failure);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_peer_that_wants_to_know_us_gets_our_certificate(SslProtocols version)
    {
        await using var caller = new StackPeer(new TlsSipTransport(StackPeer.Loopback));
        using var listener = RawPeer.Listen();
        var hop = caller.Stack.HopTo(
            (IPEndPoint)listener.LocalEndPoint!, SipTransportKind.Tls, _authority.Trusting("127.0.0.1", _authority.Client()));

        caller.Stack.Send(Sample.Request("OPTIONS"), hop, caller);
        await using var accepted = await AcceptAsync(listener, version, wantsClient: true);

        Assert.Equal(SslPolicyErrors.None, accepted.Errors & ~SslPolicyErrors.RemoteCertificateChainErrors);
        Assert.Equal("CN=Test Trunk", accepted.Stream.RemoteCertificate?.Subject);
        var buffer = new byte[2000];
        Assert.True(await StackPeer.Within(accepted.Stream.ReadAsync(buffer)) > 0);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_peer_that_wants_a_certificate_and_gets_none_fails_the_call_at_once(SslProtocols version)
    {
        await using var caller = new StackPeer(new TlsSipTransport(StackPeer.Loopback));
        using var listener = RawPeer.Listen();
        var hop = caller.Stack.HopTo((IPEndPoint)listener.LocalEndPoint!, SipTransportKind.Tls, _authority.Trusting("127.0.0.1"));

        caller.Stack.Send(Sample.Request("OPTIONS"), hop, caller);
        await Assert.ThrowsAnyAsync<AuthenticationException>(() => AcceptAsync(listener, version, wantsClient: true));

        // With TLS 1.3 our side of the handshake is done by then; the peer has still not taken a message.
        Assert.NotEqual(SipClientFailure.Timeout, await caller.Take<SipClientFailure>());
        // How it says so is the peer's choice: an alert, or closing.
        Assert.True((await caller.TakeConnectionFailure()).Failure
            is SipConnectionFailure.HandshakeFailed or SipConnectionFailure.Reset or SipConnectionFailure.ClosedByPeer);
    }

    [Fact]
    public async Task A_peer_without_TLS()
    {
        await using var phone = new StackPeer(new TcpSipTransport(
            StackPeer.Loopback, limits: new SipConnectionLimits { MaxMessageBytes = 100 }));
        await using var caller = new StackPeer(new TlsSipTransport(
            StackPeer.Loopback, limits: new SipConnectionLimits { ConnectTimeout = TimeSpan.FromSeconds(1) }));

        var failure = await TryAsync(caller, phone, _authority.Trusting("127.0.0.1"));

        Assert.True(failure!.Failure
            is SipConnectionFailure.HandshakeFailed or SipConnectionFailure.TimedOut or SipConnectionFailure.Reset);
        Assert.False(failure.WasOpen);
    }

    [Fact]
    public async Task Who_connects_without_TLS_is_turned_away()
    {
        await using var phone = new StackPeer(new TlsSipTransport(StackPeer.Loopback, _authority.Server()));
        using var peer = await RawPeer.ConnectAsync(phone.Transport.LocalEndPoint);

        await peer.WriteAsync(Sample.Invite);

        var failed = await phone.TakeConnectionFailure();
        Assert.Equal((true, false, SipConnectionFailure.HandshakeFailed), (failed.IsInbound, failed.WasOpen, failed.Failure));
        await Eventually.TrueAsync(() => ConnectionsOf(phone) == 0, "no connection left");
    }

    [Fact]
    public void A_certificate_without_its_key_is_refused()
    {
        using var bare = X509CertificateLoader.LoadCertificate(_authority.Server().RawData);

        Assert.Throws<ArgumentException>(() => new SipTlsProfile("trunk.example", clientCertificate: bare));
        Assert.Throws<ArgumentException>(() => new SipTlsProfile(" "));
    }

    private static int ConnectionsOf(StackPeer peer) => ((SipConnectionTransport)peer.Transport).Connections;

    /// <summary>Sends an OPTIONS; null if it is answered.</summary>
    private static async Task<SipConnectionFailed?> TryAsync(StackPeer caller, StackPeer phone, SipTlsProfile? profile)
    {
        caller.Stack.Send(
            Sample.Request("OPTIONS"), caller.Stack.HopTo(phone.Transport.LocalEndPoint, SipTransportKind.Tls, profile), caller);
        var asked = phone.Take<SipServerTransaction>();
        var failed = caller.TakeConnectionFailure();
        if (await Task.WhenAny(asked, failed) == asked)
        {
            (await asked).Respond(200);
            Assert.Equal(200, (await caller.TakeResponse()).Status);
            return null;
        }
        Assert.Equal(SipClientFailure.Transport, await caller.Take<SipClientFailure>());
        return await failed;
    }

    private async Task<Accepted> AcceptAsync(Socket listener, SslProtocols version, bool wantsClient)
    {
        var socket = await StackPeer.Within(new ValueTask<Socket>(listener.AcceptAsync()));
        var accepted = new Accepted(new SslStream(new NetworkStream(socket, ownsSocket: true)));
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificate = _authority.Server(),
            EnabledSslProtocols = version,
            ClientCertificateRequired = wantsClient,
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                accepted.Errors = errors;
                return certificate is not null;
            },
        };
        try
        {
            await accepted.Stream.AuthenticateAsServerAsync(options).WaitAsync(TimeSpan.FromSeconds(10));
            return accepted;
        }
        catch
        {
            await accepted.DisposeAsync();
            throw;
        }
    }

    private sealed class Accepted(SslStream stream) : IAsyncDisposable
    {
        public SslStream Stream => stream;

        public SslPolicyErrors Errors { get; set; }

        public ValueTask DisposeAsync() => stream.DisposeAsync();
    }
}
