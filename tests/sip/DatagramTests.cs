using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace FlashCall.Sip.Tests;

/// <summary>Many datagrams at once.</summary>
public sealed class DatagramTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Messages_of_one_length_to_one_peer_go_through_the_kernel_as_one()
    {
        Assert.SkipUnless(DatagramCalls.AreThere, "Only Linux sends several datagrams at once.");
        await using var transport = new UdpSipTransport(new IPEndPoint(IPAddress.Loopback, 0));
        using var peer = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        // UDP_GRO (udp(7)): the peer gets what came through as one undivided, and so shows it.
        peer.Client.SetRawSocketOption(17, 104, BitConverter.GetBytes(1));
        using var other = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var hop = new SipHop(transport, (IPEndPoint)peer.Client.LocalEndPoint!);

        // Up to 64 of a kind: the rest begins anew, as does another length or another peer.
        Assert.True(transport.TryOpenOutbox());
        for (var i = 0; i < 70; i++)
            Assert.True(transport.Post(Encoding.ASCII.GetBytes($"{i:000}"), hop));
        Assert.True(transport.Post("longer"u8, hop));
        Assert.True(transport.Post("of six"u8, hop));
        Assert.True(transport.Post("of six"u8, hop with { Remote = (IPEndPoint)other.Client.LocalEndPoint! }));
        Assert.True(transport.Post("behind"u8, hop));
        UdpSipTransport.CloseOutbox();

        Assert.Equal(string.Concat(Enumerable.Range(0, 64).Select(i => $"{i:000}")), await Receive(peer));
        Assert.Equal("064065066067068069", await Receive(peer));
        Assert.Equal("longerof six", await Receive(peer));
        Assert.Equal("behind", await Receive(peer));
        Assert.Equal("of six", await Receive(other));
    }

    [Fact]
    public async Task Of_messages_that_go_as_one_and_cannot_each_is_counted_and_those_after_them_are_sent()
    {
        Assert.SkipUnless(DatagramCalls.AreThere, "Only Linux sends several datagrams at once.");
        await using var transport = new UdpSipTransport(new IPEndPoint(IPAddress.Loopback, 0));
        using var peer = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var hop = new SipHop(transport, (IPEndPoint)peer.Client.LocalEndPoint!);
        // Bound to the loopback interface it reaches nobody else.
        var elsewhere = new SipHop(transport, IPEndPoint.Parse("192.0.2.1:5060"));
        var unsent = 0;
        transport.OnUnsent = () => unsent++;

        Assert.True(transport.TryOpenOutbox());
        for (var i = 0; i < 3; i++)
            Assert.True(transport.Post("nowhere"u8, elsewhere));
        Assert.True(transport.Post("nowhere either"u8, elsewhere));
        for (var i = 0; i < 3; i++)
            Assert.True(transport.Post("arrives"u8, hop));
        UdpSipTransport.CloseOutbox();

        Assert.Equal(4, unsent);
        for (var i = 0; i < 3; i++)
            Assert.Equal("arrives", await Receive(peer));
    }

    [Fact]
    public void Where_few_datagrams_arrive_each_is_taken_at_once()
    {
        var pace = new DatagramPace();

        // 10,000 a second.
        for (var i = 1; i <= 1_000; i++)
            Assert.False(pace.Take(1, Micros(100 * i)));
    }

    [Fact]
    public void Where_many_arrive_they_are_left_to_come_together()
    {
        var pace = new DatagramPace();
        Assert.False(pace.Take(1, Micros(10_000)));

        // 50,000 a second, the last of a millisecond's first sixteen.
        for (var i = 1; i < 16; i++)
            Assert.False(pace.Take(1, Micros(10_000 + 20 * i)));
        Assert.True(pace.Take(1, Micros(10_320)));
        // What came while it rested.
        Assert.True(pace.Take(50, Micros(11_400)));
        // The crowd is over.
        Assert.False(pace.Take(5, Micros(12_500)));
    }

    [Fact]
    public void Who_was_kept_from_running_takes_what_is_there_before_it_rests()
    {
        var pace = new DatagramPace();
        Assert.False(pace.Take(1, Micros(10_000)));

        Assert.False(pace.Take(64, Micros(50_000)));
        Assert.True(pace.Take(64, Micros(50_300)));
    }

    private static long Micros(long count) => count * Stopwatch.Frequency / 1_000_000;

    private static async Task<string> Receive(UdpClient peer) =>
        Encoding.ASCII.GetString((await peer.ReceiveAsync().WaitAsync(Patience)).Buffer);
}
