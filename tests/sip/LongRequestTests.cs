using System.Net;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>RFC 3261 §18.1.1: what is too long for a datagram goes over a connection.</summary>
public sealed class LongRequestTests
{
    [Theory]
    [InlineData(0, "UDP")]
    [InlineData(2000, "TCP")]
    public async Task A_long_request_goes_by_TCP(int bytes, string protocol)
    {
        await using var phone = BothOn(new TcpSipTransport(StackPeer.Loopback));
        await using var caller = BothOn(new TcpSipTransport(StackPeer.Loopback));

        var call = caller.Stack.Invite(Long(bytes), caller.Stack.HopTo(phone.Transport.LocalEndPoint), caller);
        var ringing = await phone.Take<SipServerTransaction>();
        ringing.Respond(180);
        await caller.TakeResponse();
        call.Cancel();
        await phone.Take<SipServerTransaction>();
        ringing.Respond(487);
        Assert.Equal(487, (await caller.TakeResponse()).Status);

        Assert.Equal((protocol, protocol), (ringing.Request.TopVia.Protocol, ringing.Source.Transport.Protocol));
        Assert.Equal(protocol, call.Hop.Transport.Protocol);
        Assert.Single(ringing.Request.Headers.All("Via"));
    }

    [Fact]
    public async Task By_UDP_after_all_if_the_peer_takes_no_connection()
    {
        await using var phone = new StackPeer(new UdpSipTransport(StackPeer.Loopback));
        await using var caller = BothOn(new TcpSipTransport(StackPeer.Loopback));

        var call = caller.Stack.Invite(Long(2000), caller.Stack.HopTo(phone.Transport.LocalEndPoint), caller);
        var ringing = await phone.Take<SipServerTransaction>();
        ringing.Respond(486);

        Assert.Equal(486, (await caller.TakeResponse()).Status);
        Assert.Equal("UDP", ringing.Request.TopVia.Protocol);
        Assert.Single(ringing.Request.Headers.All("Via"));
        Assert.Equal("UDP", call.Hop.Transport.Protocol);
        Assert.Equal(SipConnectionFailure.Refused, (await caller.TakeConnectionFailure()).Failure);
    }

    [Fact]
    public async Task By_UDP_if_there_is_nothing_else()
    {
        await using var phone = new StackPeer(new UdpSipTransport(StackPeer.Loopback));
        await using var caller = new StackPeer(new UdpSipTransport(StackPeer.Loopback));

        caller.Stack.Send(Long(2000, "OPTIONS"), caller.Stack.HopTo(phone.Transport.LocalEndPoint), caller);

        Assert.Equal("UDP", (await phone.Take<SipServerTransaction>()).Request.TopVia.Protocol);
    }

    private static SipRequest Long(int bytes, string method = "INVITE")
    {
        var request = Sample.Request(method);
        request.SetBody("text/plain", new byte[bytes]);
        return request;
    }

    /// <summary>UDP and TCP on one port.</summary>
    private static StackPeer BothOn(TcpSipTransport tcp) =>
        new(new UdpSipTransport(new IPEndPoint(IPAddress.Loopback, tcp.LocalEndPoint.Port)), tcp);
}
