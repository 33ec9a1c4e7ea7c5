using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>Two stacks and real sockets.</summary>
public sealed class UdpTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", false)]
    [InlineData("::1", "::1", false)]
    [InlineData("0.0.0.0", "127.0.0.1", false)]
    [InlineData("::", "127.0.0.1", false)]
    [InlineData("::", "::1", false)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("::1", "::1", true)]
    [InlineData("::", "127.0.0.1", true)]
    public async Task A_flash_call(string listens, string reached, bool oneByOne)
    {
        Assert.SkipUnless(CanBind(reached), $"This machine has no {reached}: many containers are without IPv6.");
        await using var phone = new Peer(IPAddress.Parse(listens), oneByOne);
        await using var caller = new Peer(IPAddress.Parse(listens), oneByOne);
        var to = new IPEndPoint(IPAddress.Parse(reached), phone.Transport.LocalEndPoint.Port);

        var call = caller.Stack.Invite(Sample.Request("INVITE"), caller.Stack.HopTo(to), caller);
        var ringing = await phone.Take<SipServerTransaction>();
        // Whoever answers before the stack has sent its 100 gets none sent.
        await Until(() => phone.Stack.Counters.Sent == 1);
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Garbage_does_not_stop_the_socket(bool oneByOne)
    {
        await using var phone = new Peer(IPAddress.Loopback, oneByOne);
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
    public async Task Many_datagrams_that_wait_are_taken_in_their_order_with_their_sources()
    {
        await using var transport = new UdpSipTransport(new IPEndPoint(IPAddress.Loopback, 0));
        // More than are taken at once, from more sources than are remembered in one place each, before anybody receives.
        const int Sources = 100;
        var peers = Enumerable.Range(0, Sources).Select(_ => new UdpClient(new IPEndPoint(IPAddress.Loopback, 0))).ToArray();
        try
        {
            for (var i = 0; i < 3 * Sources; i++)
                await peers[i % Sources].SendAsync(Encoding.ASCII.GetBytes($"datagram {i}"), transport.LocalEndPoint);
            var arrived = Channel.CreateUnbounded<(string Text, int Port)>();
            transport.Start((bytes, source) => arrived.Writer.TryWrite((Encoding.ASCII.GetString(bytes), source.Remote.Port)), Fail);

            for (var i = 0; i < 3 * Sources; i++)
                Assert.Equal(($"datagram {i}", PortOf(peers[i % Sources])), await Next(arrived));
        }
        finally
        {
            Array.ForEach(peers, peer => peer.Dispose());
        }
    }

    [Fact]
    public async Task What_a_thread_posts_goes_out_together_and_one_that_cannot_be_sent_does_not_keep_the_others()
    {
        Assert.SkipUnless(DatagramCalls.AreThere, "Only Linux sends several datagrams at once.");
        await using var transport = new UdpSipTransport(new IPEndPoint(IPAddress.Loopback, 0));
        using var peer = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0)) { Client = { ReceiveBufferSize = 4 * 1024 * 1024 } };
        var hop = new SipHop(transport, (IPEndPoint)peer.Client.LocalEndPoint!);
        // Bound to the loopback interface it reaches nobody else.
        var elsewhere = new SipHop(transport, IPEndPoint.Parse("192.0.2.1:5060"));
        var unsent = 0;
        transport.OnUnsent = () => unsent++;

        Assert.True(transport.TryOpenOutbox());
        Assert.False(transport.TryOpenOutbox());
        // Twice what goes out at once, with one in between that fails, the first and the last too.
        const int Posted = 128;
        Assert.True(transport.Post("nowhere"u8, elsewhere));
        for (var i = 0; i < Posted; i++)
        {
            Assert.True(transport.Post(Encoding.ASCII.GetBytes($"posted {i}"), hop));
            if (i == Posted / 2)
                Assert.True(transport.Post("nowhere"u8, elsewhere));
        }
        Assert.True(transport.Post(new byte[65_507], hop));
        // Larger than any datagram may be.
        Assert.True(transport.Post(new byte[65_520], hop));
        Assert.True(transport.Send("at once, after what was posted"u8, hop, out _));
        Assert.True(transport.Post("nowhere"u8, elsewhere));
        UdpSipTransport.CloseOutbox();

        Assert.Equal(4, unsent);
        for (var i = 0; i < Posted; i++)
            Assert.Equal($"posted {i}", Encoding.ASCII.GetString((await Receive(peer)).Buffer));
        Assert.Equal(65_507, (await Receive(peer)).Buffer.Length);
        var last = await Receive(peer);
        Assert.Equal("at once, after what was posted", Encoding.ASCII.GetString(last.Buffer));
        Assert.Equal(transport.LocalEndPoint, last.RemoteEndPoint);
        // With nothing open it goes out as it is.
        Assert.True(transport.Post("posted alone"u8, hop));
        Assert.Equal("posted alone", Encoding.ASCII.GetString((await Receive(peer)).Buffer));
    }

    [Fact]
    public async Task What_was_posted_and_did_not_leave_is_not_counted_as_sent()
    {
        Assert.SkipUnless(DatagramCalls.AreThere, "Only Linux sends several datagrams at once.");
        await using var caller = new Peer(IPAddress.Loopback);
        var elsewhere = new SipHop(caller.Transport, IPEndPoint.Parse("192.0.2.1:5060"));

        Assert.True(caller.Transport.TryOpenOutbox());
        Assert.True(caller.Stack.Post(elsewhere, "nowhere"u8));
        Assert.Equal((1, 0), (caller.Stack.Counters.Sent, caller.Stack.Counters.SendFailures));
        UdpSipTransport.CloseOutbox();

        Assert.Equal((0, 1), (caller.Stack.Counters.Sent, caller.Stack.Counters.SendFailures));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Closing_wakes_the_thread_that_waits_for_datagrams(bool oneByOne)
    {
        var transport = new UdpSipTransport(new IPEndPoint(IPAddress.Loopback, 0), advertised: null, oneByOne);
        var arrived = Channel.CreateUnbounded<(string Text, int Port)>();
        transport.Start((bytes, source) => arrived.Writer.TryWrite((Encoding.ASCII.GetString(bytes), source.Remote.Port)), Fail);
        Assert.True(transport.Send("to itself"u8, transport.LocalEndPoint));
        Assert.Equal(("to itself", transport.LocalEndPoint.Port), await Next(arrived));

        await transport.DisposeAsync().AsTask().WaitAsync(Patience);

        // Waking it brought no datagram.
        Assert.False(arrived.Reader.TryRead(out _));
        using var again = new UdpClient(transport.LocalEndPoint);
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

    private static void Fail(Exception exception) => Assert.Fail($"Receiving failed: {exception}");

    private static int PortOf(UdpClient peer) => ((IPEndPoint)peer.Client.LocalEndPoint!).Port;

    private static async Task<UdpReceiveResult> Receive(UdpClient peer) => await peer.ReceiveAsync().WaitAsync(Patience);

    private static async Task<(string Text, int Port)> Next(Channel<(string Text, int Port)> arrived) =>
        await arrived.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    private static Task Until(Func<bool> condition) => Eventually.TrueAsync(condition, "what the transport counts", Patience);

    /// <summary>A stack that hands over, in order, what it is told.</summary>
    private sealed class Peer : ISipServer, ISipClient, IAsyncDisposable
    {
        private readonly Channel<object> _told = Channel.CreateUnbounded<object>();

        public Peer(IPAddress address, bool? oneByOne = null)
        {
            Transport = new UdpSipTransport(new IPEndPoint(address, 0), advertised: null, oneByOne ?? !DatagramCalls.AreThere);
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
