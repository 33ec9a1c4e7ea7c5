using System.Net;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>RFC 3261 §12.2.1.1 and §16.12.1: the way of requests within a dialog.</summary>
public sealed class RoutingTests
{
    [Theory]
    [InlineData("UDP", "", "127.0.0.1")]
    [InlineData("TCP", ";transport=tcp", "127.0.0.1")]
    [InlineData("UDP", ";transport=udp", "::1")]
    [InlineData("TCP", ";TRANSPORT=TCP", "::1")]
    public async Task ACK_and_BYE_go_through_a_proxy_that_records_its_route(string protocol, string parameter, string address)
    {
        Assert.SkipUnless(address != "::1" || System.Net.Sockets.Socket.OSSupportsIPv6, "This machine has no IPv6.");
        await using var caller = Peer(address);
        await using var phone = Peer(address);
        await using var proxy = Peer(address);
        var route = $"<{SipUri.Create(null, proxy.Transport.LocalEndPoint).Text}{parameter};lr>";
        var contact = SipUri.Create("phone", "phone.invalid", 5999);

        await AnswerAsync(caller, phone, route, contact);

        var ack = await proxy.Take<SipRequest>();
        var bye = await proxy.Take<SipServerTransaction>();
        Assert.All([ack, bye.Request], request =>
        {
            Assert.Equal((protocol, contact.Text, route), (request.TopVia.Protocol, request.Uri.Text, request.Headers["Route"]));
        });
        Assert.Equal(("ACK", "BYE"), (ack.Method, bye.Request.Method));
    }

    [Fact]
    public async Task A_strict_router_finds_itself_asked()
    {
        await using var caller = Peer("127.0.0.1");
        await using var phone = Peer("127.0.0.1");
        await using var proxy = Peer("127.0.0.1");
        var route = $"sip:{proxy.Transport.LocalEndPoint};transport=tcp";
        var contact = SipUri.Create("phone", "phone.invalid");

        await AnswerAsync(caller, phone, $"<{route}>", contact);

        var ack = await proxy.Take<SipRequest>();
        Assert.Equal(("TCP", route, $"<{contact.Text}>"), (ack.TopVia.Protocol, ack.Uri.Text, ack.Headers["Route"]));
    }

    [Theory]
    // Where the INVITE went: over the same connection, whether or not the peer says so.
    [InlineData("sip:phone@127.0.0.1:5090", "TCP 127.0.0.1:5090")]
    [InlineData("sip:phone@127.0.0.1:5090;transport=tcp", "TCP 127.0.0.1:5090")]
    [InlineData("sip:phone@127.0.0.1:5090;transport=udp", "UDP 127.0.0.1:5090")]
    [InlineData("sip:phone@127.0.0.1:5091", "UDP 127.0.0.1:5091")]
    [InlineData("sip:phone@127.0.0.1", "UDP 127.0.0.1:5060")]
    [InlineData("sip:phone@127.0.0.1;transport=tcp", "TCP 127.0.0.1:5060")]
    [InlineData("sip:phone@phone.example;maddr=127.0.0.1", "UDP 127.0.0.1:5060")]
    [InlineData("sip:phone@phone.example;m%61ddr=127.0.0.%31", "UDP 127.0.0.1:5060")]
    // What we do not reach.
    [InlineData("sip:phone@[::1]:5091", "TCP 127.0.0.1:5090")]
    [InlineData("sips:phone@127.0.0.1:5091", "TCP 127.0.0.1:5090")]
    [InlineData("sip:phone@127.0.0.1:5091;transport=ws", "TCP 127.0.0.1:5090")]
    [InlineData("sip:phone@phone.invalid", "TCP 127.0.0.1:5090")]
    [InlineData("tel:+46701740605", "TCP 127.0.0.1:5090")]
    public async Task The_next_hop(string uri, string expected)
    {
        await using var caller = Peer("127.0.0.1");
        var invite = caller.Stack.HopTo(IPEndPoint.Parse("127.0.0.1:5090"), SipTransportKind.Tcp);

        Assert.Equal(expected, caller.Stack.HopTo(SipUri.Parse(uri), invite).ToString());
    }

    [Fact]
    public async Task Over_TLS_the_name_in_the_URI_is_expected_there()
    {
        using var authority = new TestAuthority();
        await using var caller = new StackPeer(new UdpSipTransport(StackPeer.Loopback), new TlsSipTransport(StackPeer.Loopback));
        var invite = caller.Stack.HopTo(IPEndPoint.Parse("127.0.0.1:5061"), SipTransportKind.Tls, authority.Trusting("trunk.example"));

        var same = caller.Stack.HopTo(SipUri.Parse("sip:127.0.0.1:5061;transport=tls"), invite);
        var other = caller.Stack.HopTo(SipUri.Parse("sips:127.0.0.2"), invite);

        Assert.Equal(invite, same);
        Assert.Equal("TLS 127.0.0.2:5061", other.ToString());
        Assert.Equal(("127.0.0.2", authority.Root), (other.Tls!.ServerName, Assert.Single(other.Tls.Roots)));
    }

    [Fact]
    public async Task A_host_name_is_asked_for()
    {
        await using var dns = new DnsServer();
        dns.Service("_sip._tcp.proxy.example", (1, 1, 5071, "a.proxy.example")).Address("a.proxy.example", "127.0.0.3");
        var resolver = new SipResolver(new SipResolverOptions { NameServers = [dns.EndPoint] }, TimeProvider.System);
        await using var caller = Peer("127.0.0.1");
        var invite = caller.Stack.HopTo(IPEndPoint.Parse("127.0.0.1:5090"));

        async Task<string> Hop(string uri) =>
            (await caller.Stack.HopToAsync(SipUri.Parse(uri), invite, resolver, CancellationToken.None)).ToString();

        Assert.Equal("TCP 127.0.0.3:5071", await Hop("sip:proxy.example;transport=tcp;lr"));
        Assert.Equal("UDP 127.0.0.3:5072", await Hop("sip:a.proxy.example:5072;lr"));
        Assert.Equal("UDP 127.0.0.1:5090", await Hop("sip:nobody.example;lr"));
        Assert.Equal("TCP 127.0.0.4:5060", await Hop("sip:127.0.0.4;transport=tcp"));
        Assert.Equal("UDP 127.0.0.1:5090", await Hop("sip:a.proxy.example;maddr=%00.example"));
    }

    /// <summary>A call that is picked up behind a route, acknowledged and ended.</summary>
    private static async Task AnswerAsync(StackPeer caller, StackPeer phone, string route, SipUri contact)
    {
        var call = caller.Stack.Invite(Sample.Request("INVITE"), caller.Stack.HopTo(phone.Transport.LocalEndPoint), caller);
        var asked = await phone.Take<SipServerTransaction>();
        asked.Request.Headers.Add("Record-Route", route);
        var ok = asked.CreateResponse(200);
        ok.Headers.Add("Contact", new SipAddress(contact).Text);
        asked.Respond(ok);
        var dialog = SipDialog.OfCaller(call.Request, await caller.TakeResponse());
        var hop = caller.Stack.HopTo(dialog.NextHopUri, call.Hop);
        Assert.True(caller.Stack.SendAck(dialog.CreateAck(), hop));
        caller.Stack.Send(dialog.CreateRequest("BYE"), hop, caller);
    }

    private static StackPeer Peer(string address)
    {
        var tcp = new TcpSipTransport(new IPEndPoint(IPAddress.Parse(address), 0));
        return new StackPeer(new UdpSipTransport(tcp.LocalEndPoint), tcp);
    }
}
