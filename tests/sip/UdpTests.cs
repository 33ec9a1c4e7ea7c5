using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>Two stacks and real sockets.</summary>
public sealed class UdpTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("::", "::1")]
    public async Task A_flash_call(string listens, string reached)
    {
        Assert.SkipUnless(CanBind(reached), $"This machine has no {reached}: many containers are without IPv6.");
        await using var phone = new Peer(IPAddress.Parse(listens));
        await using var caller = new Peer(IPAddress.Parse(listens));
        var to = new IPEndPoint(IPAddress.Parse(reached), phone.Transport.LocalEndPoint.Port);

        var call = caller.Stack.Invite(Sample.Request("INVITE"), caller.Stack.HopTo(to), caller);
        var ringing = await phone.Take<SipServerTransaction>();
        ringing.Respond(180);
        Assert.Equal(100, (await caller.Take<SipResponse>()).Status);
        Assert.Equal(180, (await caller.Take<SipResponse>()).Status);
        call.Cancel();
        Assert.Same(ringing, await phone.Take<SipServerTransaction>());
        ringing.Respond(487);
        Assert.Equal(487, (await caller.Take<SipResponse>()).Status);

        Assert.Equal(reached, call.Request.TopVia.Host.Trim('[', ']'));
        Assert.Equal(caller.Transport.LocalEndPoint.Port, ringing.Source.Remote.Port);
        Assert.Equal(caller.Transport.LocalEndPoint.Port, ringing.Request.TopVia.SourcePort);
        // INVITE, CANCEL, ACK one way; 100, 180, 200, 487 the other.
        await Until(() => phone.Stack.Counters.Received == 3 && caller.Stack.Counters.Received == 4);
        Assert.Equal((4, 3), (phone.Stack.Counters.Sent, caller.Stack.Counters.Sent));
    }

    private static bool CanBind(string address)
    {
        var local = IPAddress.Parse(address);
        try
        {
            using var socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(local, 0));
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
        {
            return false;
        }
    }

    [Fact]
    public async Task An_answered_call_is_acknowledged_and_ended_in_its_dialog()
    {
        await using var phone = new Peer(IPAddress.Loopback);
        await using var caller = new Peer(IPAddress.Loopback);

        caller.Stack.Invite(Sample.Request("INVITE"), caller.Stack.HopTo(phone.Transport.LocalEndPoint), caller);
        var invite = await phone.Take<SipServerTransaction>();
        var ok = invite.CreateResponse(200);
        ok.Headers.Add("Contact", new SipAddress(SipUri.Create("phone", invite.Source.LocalAddress)).Text);
        invite.Respond(ok);
        // The 100 may or may not have gone out before.
        var response = await caller.Take<SipResponse>();
        if (response.IsProvisional)
            response = await caller.Take<SipResponse>();
        var dialog = SipDialog.OfCaller(caller.LastInvite!.Request, response);
        var hop = caller.Stack.HopTo(dialog.NextHop(IPEndPoint.Parse("127.0.0.1:9")));
        Assert.True(caller.Stack.SendAck(dialog.CreateAck(), hop));
        var ack = await phone.Take<SipRequest>();
        caller.Stack.Send(dialog.CreateRequest("BYE"), hop, caller);
        var bye = await phone.Take<SipServerTransaction>();
        bye.Respond(200);
        Assert.Equal(200, (await caller.Take<SipResponse>()).Status);

        Assert.Equal((invite.Request.CallId, new SipCSeq(1, "ACK"), invite.LocalTag), (ack.CallId, ack.CSeq, ack.To.Tag));
        Assert.Equal(
            (invite.Request.CallId, new SipCSeq(2, "BYE"), invite.LocalTag),
            (bye.Request.CallId, bye.Request.CSeq, bye.Request.To.Tag));
        Assert.Equal("phone", bye.Request.Uri.User);
    }

    [Fact]
    public async Task Garbage_does_not_stop_the_socket()
    {
        await using var phone = new Peer(IPAddress.Loopback);
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var random = new Random(42);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(1, 1400)];
            random.NextBytes(bytes);
            await socket.SendAsync(bytes, phone.Transport.LocalEndPoint);
        }
        await socket.SendAsync(ReadOnlyMemory<byte>.Empty, phone.Transport.LocalEndPoint);
        await socket.SendAsync(Line.FromPeer("OPTIONS").ToBytes(), phone.Transport.LocalEndPoint);

        Assert.Equal("OPTIONS", (await phone.Take<SipServerTransaction>()).Request.Method);
        Assert.Equal(200, phone.Stack.Counters.Malformed);
        Assert.Equal(1, phone.Stack.Counters.KeepAlives);
        Assert.Equal(0, phone.Stack.Counters.Faults);
    }

    [Fact]
    public async Task A_taken_port_is_refused_and_a_closed_transport_sends_nothing()
    {
        var transport = new UdpSipTransport(new IPEndPoint(IPAddress.Loopback, 0));
        Assert.Throws<SocketException>(() => new UdpSipTransport(transport.LocalEndPoint));
        Assert.False(transport.Send(new byte[70_000], transport.LocalEndPoint));
        await transport.DisposeAsync();
        await transport.DisposeAsync();

        Assert.False(transport.Send("x"u8, transport.LocalEndPoint));
        await using var again = new UdpSipTransport(transport.LocalEndPoint);
        Assert.Equal(transport.LocalEndPoint, again.LocalEndPoint);
    }

    [Fact]
    public async Task Behind_a_NAT_the_address_that_peers_see_is_told()
    {
        await using var transport = new UdpSipTransport(new IPEndPoint(IPAddress.Loopback, 0), IPEndPoint.Parse("203.0.113.9:5060"));

        Assert.Equal(IPEndPoint.Parse("203.0.113.9:5060"), transport.AddressFor(IPEndPoint.Parse("198.51.100.1:5060")));
    }

    private static Task Until(Func<bool> condition) => Eventually.TrueAsync(condition, "what the transport counts", Patience);

    /// <summary>A stack that hands over, in order, what it is told.</summary>
    private sealed class Peer : ISipServer, ISipClient, IAsyncDisposable
    {
        private readonly Channel<object> _told = Channel.CreateUnbounded<object>();

        public Peer(IPAddress address)
        {
            Transport = new UdpSipTransport(new IPEndPoint(address, 0));
            // Long, so that a slow machine does not make repeats that the tests would have to expect.
            Stack = new SipStack(new SipStackOptions { Timings = new SipTimings { T1 = TimeSpan.FromSeconds(5) } }, TimeProvider.System);
            Stack.Start(this, Transport);
        }

        public SipStack Stack { get; }

        public UdpSipTransport Transport { get; }

        public SipClientTransaction? LastInvite { get; private set; }

        public async Task<T> Take<T>()
        {
            using var deadline = new CancellationTokenSource(Patience);
            return Assert.IsAssignableFrom<T>(await _told.Reader.ReadAsync(deadline.Token));
        }

        public void OnRequest(SipServerTransaction transaction) => _told.Writer.TryWrite(transaction);

        public void OnCancel(SipServerTransaction invite) => _told.Writer.TryWrite(invite);

        public void OnAck(SipRequest ack, SipHop source) => _told.Writer.TryWrite(ack);

        public void OnUnacknowledged(SipServerTransaction invite) => _told.Writer.TryWrite("unacknowledged");

        public void OnResponse(SipClientTransaction transaction, SipResponse response)
        {
            LastInvite ??= transaction;
            _told.Writer.TryWrite(response);
        }

        public void OnFailure(SipClientTransaction transaction, SipClientFailure failure) => _told.Writer.TryWrite(failure);

        public ValueTask DisposeAsync() => Stack.DisposeAsync();
    }
}
