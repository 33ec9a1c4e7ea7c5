using System.Net;
using System.Net.Sockets;
using FlashCall.Testing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>RFC 3261 §18 over real connections.</summary>
public sealed class TcpTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("::", "::1")]
    public async Task Flash_calls_over_one_connection(string listens, string reached)
    {
        Assert.SkipUnless(reached != "::1" || Socket.OSSupportsIPv6, "This machine has no IPv6.");
        await using var phone = new StackPeer(new TcpSipTransport(new IPEndPoint(IPAddress.Parse(listens), 0)));
        await using var caller = new StackPeer(new TcpSipTransport(new IPEndPoint(IPAddress.Parse(listens), 0)));
        var hop = caller.Stack.HopTo(new IPEndPoint(IPAddress.Parse(reached), phone.Transport.LocalEndPoint.Port));

        var first = await caller.RingAsync(phone, hop);
        await caller.RingAsync(phone, hop);

        Assert.Equal("TCP", first.Request.TopVia.Protocol);
        Assert.Equal(reached, first.Request.TopVia.Host.Trim('[', ']'));
        Assert.Equal(caller.Transport.LocalEndPoint.Port, first.Request.TopVia.Port);
        Assert.Equal($"sip:me@{first.Request.TopVia.Host}:{first.Request.TopVia.Port};transport=tcp", hop.Contact("me").Text);
        Assert.Equal((1, 1), (ConnectionsOf(caller), ConnectionsOf(phone)));
        // Timers D, I, J and K are zero: nothing is kept for repeats that cannot come.
        await Eventually.TrueAsync(() => caller.Stack.OpenTransactions + phone.Stack.OpenTransactions == 0, "no transactions left");
        Assert.Equal(0, caller.Stack.Counters.Retransmitted + phone.Stack.Counters.Retransmitted);
        Assert.Empty(phone.Faults.Concat(caller.Faults));
    }

    [Fact]
    public async Task Messages_in_pieces_and_several_in_one_piece()
    {
        await using var phone = new StackPeer(new TcpSipTransport(StackPeer.Loopback));
        using var peer = await RawPeer.ConnectAsync(phone.Transport.LocalEndPoint);
        var first = Options("z9hG4bK1").ToBytes();
        var second = Options("z9hG4bK2").ToBytes();

        foreach (var piece in first.Chunk(50))
            await peer.WriteAsync(piece);
        (await phone.Take<SipServerTransaction>()).Respond(200);
        await peer.WriteAsync((byte[])[.. second, .. Options("z9hG4bK3").ToBytes(), .. second[..20]]);
        (await phone.Take<SipServerTransaction>()).Respond(200);
        (await phone.Take<SipServerTransaction>()).Respond(200);

        string?[] branches =
        [
            (await peer.ReadMessageAsync()).TopVia.Branch,
            (await peer.ReadMessageAsync()).TopVia.Branch,
            (await peer.ReadMessageAsync()).TopVia.Branch,
        ];
        Assert.Equal(["z9hG4bK1", "z9hG4bK2", "z9hG4bK3"], branches);
    }

    [Fact]
    public async Task Garbage_in_a_frame_does_not_end_the_connection()
    {
        await using var phone = new StackPeer(new TcpSipTransport(StackPeer.Loopback));
        using var peer = await RawPeer.ConnectAsync(phone.Transport.LocalEndPoint);

        await peer.WriteAsync("what is this\r\nContent-Length: 3\r\n\r\n???");
        await peer.WriteAsync(Options("z9hG4bK1").ToBytes());

        Assert.Equal("OPTIONS", (await phone.Take<SipServerTransaction>()).Request.Method);
        Assert.Equal(1, phone.Stack.Counters.Malformed);
    }

    [Fact]
    public async Task A_ping_is_answered()
    {
        await using var phone = new StackPeer(new TcpSipTransport(StackPeer.Loopback));
        using var peer = await RawPeer.ConnectAsync(phone.Transport.LocalEndPoint);

        await peer.WriteAsync("\r\n\r\n");

        Assert.Equal("\r\n", await peer.ReadUntilAsync("\r\n"));
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("Content-Length: 70000\r\n", 513)]
    public async Task A_request_whose_end_cannot_be_known_is_refused_and_the_connection_closed(string header, int status)
    {
        await using var phone = new StackPeer(new TcpSipTransport(StackPeer.Loopback));
        using var peer = await RawPeer.ConnectAsync(phone.Transport.LocalEndPoint);

        var request = Line.FromPeer("OPTIONS");
        var text = System.Text.Encoding.UTF8.GetString(request.ToBytes()).Replace("Content-Length: 0\r\n", header);
        await peer.WriteAsync(text + "whatever this may be");

        var response = (SipResponse)Sample.Parse(await peer.ReadToEndAsync());
        Assert.Equal((status, request.CallId), (response.Status, response.CallId));
        Assert.Equal(SipConnectionFailure.Unframed, (await phone.TakeConnectionFailure()).Failure);
    }

    [Fact]
    public async Task Where_nobody_listens_the_call_fails_at_once()
    {
        await using var caller = new StackPeer(new TcpSipTransport(StackPeer.Loopback));
        var nobody = RawPeer.Nobody();

        caller.Stack.Invite(Sample.Request("INVITE"), caller.Stack.HopTo(nobody), caller);

        Assert.Equal(SipClientFailure.Transport, await caller.Take<SipClientFailure>());
        var failed = await caller.TakeConnectionFailure();
        Assert.Equal((SipConnectionFailure.Refused, false, nobody), (failed.Failure, failed.WasOpen, failed.Hop.Remote));
        Assert.Equal(0, caller.Stack.OpenTransactions);
        Assert.Equal(0, ConnectionsOf(caller));
    }

    [Fact]
    public async Task A_peer_that_takes_no_connection_is_given_up_after_the_time_for_it()
    {
        // A listener whose queue is full drops what comes, as a firewall does.
        using var listener = RawPeer.Listen(backlog: 0);
        var remote = (IPEndPoint)listener.LocalEndPoint!;
        using var filling = await RawPeer.ConnectAsync(remote);
        await using var caller = new StackPeer(
            new TcpSipTransport(StackPeer.Loopback, limits: new SipConnectionLimits { ConnectTimeout = TimeSpan.FromMilliseconds(300) }));

        caller.Stack.Send(Sample.Request("OPTIONS"), caller.Stack.HopTo(remote), caller);

        Assert.Equal(SipClientFailure.Transport, await caller.Take<SipClientFailure>());
        Assert.Equal(SipConnectionFailure.TimedOut, (await caller.TakeConnectionFailure()).Failure);
    }

    [Theory]
    [InlineData(true, SipConnectionFailure.Reset)]
    [InlineData(false, SipConnectionFailure.ClosedByPeer)]
    public async Task A_connection_that_ends_before_any_response_fails_what_waits_over_it(bool resets, SipConnectionFailure cause)
    {
        using var listener = RawPeer.Listen();
        await using var caller = new StackPeer(new TcpSipTransport(StackPeer.Loopback));
        var hop = caller.Stack.HopTo((IPEndPoint)listener.LocalEndPoint!);

        caller.Stack.Invite(Sample.Request("INVITE"), hop, caller);
        caller.Stack.Send(Sample.Request("OPTIONS"), hop, caller);
        using var peer = await RawPeer.AcceptAsync(listener);
        await peer.ReadMessageAsync();
        await peer.ReadMessageAsync();
        if (resets)
            peer.Reset();
        else
            peer.Dispose();

        Assert.Equal(SipClientFailure.ConnectionLost, await caller.Take<SipClientFailure>());
        Assert.Equal(SipClientFailure.ConnectionLost, await caller.Take<SipClientFailure>());
        Assert.Equal((cause, true), await caller.TakeConnectionFailure() is var failed ? (failed.Failure, failed.WasOpen) : default);
        Assert.Equal(0, caller.Stack.OpenTransactions);
    }

    [Fact]
    public async Task A_connection_that_breaks_while_a_phone_rings_does_not_let_it_ring_on()
    {
        using var listener = RawPeer.Listen();
        await using var caller = new StackPeer(new TcpSipTransport(StackPeer.Loopback));
        var call = caller.Stack.Invite(Sample.Request("INVITE"), caller.Stack.HopTo((IPEndPoint)listener.LocalEndPoint!), caller);
        using var first = await RawPeer.AcceptAsync(listener);
        var invite = (SipRequest)await first.ReadMessageAsync();
        await first.WriteAsync(SipResponse.For(invite, 180, "phone").ToBytes());
        Assert.Equal(180, (await caller.TakeResponse()).Status);

        first.Reset();
        await caller.TakeConnectionFailure();
        call.Cancel();
        using var second = await RawPeer.AcceptAsync(listener);
        var cancel = (SipRequest)await second.ReadMessageAsync();
        Assert.Equal(("CANCEL", invite.TopVia.Branch), (cancel.Method, cancel.TopVia.Branch));
        await second.WriteAsync(SipResponse.For(cancel, 200, "phone").ToBytes());
        // The peer has nothing but our Via to send the rest to (§18.2.2).
        using var third = await RawPeer.ConnectAsync(new IPEndPoint(IPAddress.Parse(invite.TopVia.Host), invite.TopVia.Port!.Value));
        await third.WriteAsync(SipResponse.For(invite, 487, "phone").ToBytes());

        Assert.Equal(487, (await caller.TakeResponse()).Status);
        Assert.Equal("ACK", ((SipRequest)await second.ReadMessageAsync()).Method);
    }

    [Fact]
    public async Task A_CANCEL_whose_connection_breaks_goes_again_over_another()
    {
        using var listener = RawPeer.Listen();
        await using var caller = new StackPeer(new TcpSipTransport(StackPeer.Loopback));
        var call = caller.Stack.Invite(Sample.Request("INVITE"), caller.Stack.HopTo((IPEndPoint)listener.LocalEndPoint!), caller);
        using var first = await RawPeer.AcceptAsync(listener);
        var invite = (SipRequest)await first.ReadMessageAsync();
        await first.WriteAsync(SipResponse.For(invite, 180, "phone").ToBytes());
        await caller.TakeResponse();
        call.Cancel();
        Assert.Equal("CANCEL", ((SipRequest)await first.ReadMessageAsync()).Method);

        first.Reset();

        using var second = await RawPeer.AcceptAsync(listener);
        Assert.Equal("CANCEL", ((SipRequest)await second.ReadMessageAsync()).Method);
        await second.WriteAsync(SipResponse.For(invite, 487, "phone").ToBytes());
        Assert.Equal(487, (await caller.TakeResponse()).Status);
    }

    [Fact]
    public async Task What_waits_for_a_connection_has_a_limit()
    {
        using var listener = RawPeer.Listen(backlog: 0);
        var remote = (IPEndPoint)listener.LocalEndPoint!;
        using var filling = await RawPeer.ConnectAsync(remote);
        await using var caller = new StackPeer(
            new TcpSipTransport(StackPeer.Loopback, limits: new SipConnectionLimits { MaxQueuedBytes = 100_000 }));

        for (var i = 0; i < 10; i++)
            Assert.True(caller.Transport.Send(new byte[10_000], remote));
        caller.Stack.Send(Sample.Request("OPTIONS"), caller.Stack.HopTo(remote), caller);

        Assert.Equal(SipClientFailure.Transport, await caller.Take<SipClientFailure>());
        Assert.Equal(1, caller.Stack.Counters.SendFailures);
    }

    [Fact]
    public async Task A_peer_that_reads_nothing_holds_nobody_up()
    {
        using var listener = RawPeer.Listen();
        var remote = (IPEndPoint)listener.LocalEndPoint!;
        var limits = new SipConnectionLimits { MaxQueuedBytes = 100_000, SendTimeout = TimeSpan.FromSeconds(1) };
        await using var caller = new StackPeer(new TcpSipTransport(StackPeer.Loopback, limits: limits));
        var message = new byte[10_000];
        Assert.True(caller.Transport.Send(message, remote));
        using var peer = await RawPeer.AcceptAsync(listener);

        // The kernel takes some megabytes, then nothing moves. Sending goes on as fast as it can; it fails, and does not wait.
        var ended = caller.TakeConnectionFailure();
        await Eventually.TrueAsync(
            () =>
            {
                while (!ended.IsCompleted && caller.Transport.Send(message, remote))
                {
                    // Until the queue is full.
                }
                return ended.IsCompleted;
            },
            "the connection given up");

        Assert.Equal(SipConnectionFailure.TimedOut, (await ended).Failure);
        // The loop may have filled the next connection too before it heard of the end.
        await Eventually.TrueAsync(() => caller.Transport.Send(message, remote), "room on another connection");
        using var next = await RawPeer.AcceptAsync(listener);
    }

    [Fact]
    public async Task A_connection_without_traffic_is_closed_and_opened_again_when_needed()
    {
        var time = new FakeTimeProvider();
        await using var phone = new StackPeer(new TcpSipTransport(StackPeer.Loopback));
        await using var caller = new StackPeer(new TcpSipTransport(StackPeer.Loopback, time: time));
        var hop = caller.Stack.HopTo(phone.Transport.LocalEndPoint);
        await caller.RingAsync(phone, hop);

        time.Advance(TimeSpan.FromMinutes(4));
        await caller.RingAsync(phone, hop);
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(1, ConnectionsOf(caller));
        time.Advance(TimeSpan.FromMinutes(2));
        await Eventually.TrueAsync(() => ConnectionsOf(caller) == 0 && ConnectionsOf(phone) == 0, "the connection closed on both sides");

        await caller.RingAsync(phone, hop);
        Assert.Equal(1, ConnectionsOf(caller));
    }

    [Fact]
    public async Task No_more_connections_are_taken_than_allowed()
    {
        await using var phone = new StackPeer(
            new TcpSipTransport(StackPeer.Loopback, limits: new SipConnectionLimits { MaxInbound = 2 }));
        using var first = await RawPeer.ConnectAsync(phone.Transport.LocalEndPoint);
        using var second = await RawPeer.ConnectAsync(phone.Transport.LocalEndPoint);
        using var third = await RawPeer.ConnectAsync(phone.Transport.LocalEndPoint);

        Assert.Equal(SipConnectionFailure.TooMany, (await phone.TakeConnectionFailure()).Failure);
        Assert.Equal("", await third.ReadToEndAsync());

        second.Dispose();
        await Eventually.TrueAsync(() => ConnectionsOf(phone) == 1, "room for another");
        using var fourth = await RawPeer.ConnectAsync(phone.Transport.LocalEndPoint);
        await fourth.WriteAsync(Options("z9hG4bK1").ToBytes());
        Assert.Equal("OPTIONS", (await phone.Take<SipServerTransaction>()).Request.Method);
    }

    [Fact]
    public async Task A_response_finds_back_when_the_connection_of_its_request_has_ended()
    {
        using var listener = RawPeer.Listen();
        await using var phone = new StackPeer(new TcpSipTransport(StackPeer.Loopback));
        using (var peer = await RawPeer.ConnectAsync(phone.Transport.LocalEndPoint))
        {
            var options = Sample.Request("OPTIONS");
            options.Headers.Prepend("Via", $"SIP/2.0/TCP {listener.LocalEndPoint};branch=z9hG4bKgone");
            await peer.WriteAsync(options.ToBytes());
        }
        var asked = await phone.Take<SipServerTransaction>();
        await Eventually.TrueAsync(() => ConnectionsOf(phone) == 0, "the connection ended");

        asked.Respond(200);

        using var again = await RawPeer.AcceptAsync(listener);
        Assert.Equal(200, ((SipResponse)await again.ReadMessageAsync()).Status);
    }

    [Fact]
    public async Task A_transport_ends_while_connections_are_opened_and_used()
    {
        using var listener = RawPeer.Listen(backlog: 0);
        using var filling = await RawPeer.ConnectAsync((IPEndPoint)listener.LocalEndPoint!);
        await using var phone = new StackPeer(new TcpSipTransport(StackPeer.Loopback));
        var transport = new TcpSipTransport(StackPeer.Loopback);
        await using (var caller = new StackPeer(transport))
        {
            await caller.RingAsync(phone, caller.Stack.HopTo(phone.Transport.LocalEndPoint));
            caller.Stack.Send(Sample.Request("OPTIONS"), caller.Stack.HopTo((IPEndPoint)listener.LocalEndPoint!), caller);
        }

        Assert.Equal(0, transport.Connections);
        Assert.False(transport.Send("x"u8, phone.Transport.LocalEndPoint));
        await Eventually.TrueAsync(() => ConnectionsOf(phone) == 0, "the other side closed too");
        await using var next = new TcpSipTransport(transport.LocalEndPoint);
        Assert.Throws<SocketException>(() => new TcpSipTransport(transport.LocalEndPoint));
    }

    private static int ConnectionsOf(StackPeer peer) => ((SipConnectionTransport)peer.Transport).Connections;

    private static SipRequest Options(string branch)
    {
        var request = Sample.Request("OPTIONS");
        request.Headers.Prepend("Via", $"SIP/2.0/TCP 127.0.0.1:5060;branch={branch}");
        return request;
    }
}
