using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>What reaches the dialer's SIP port besides the responses to its calls.</summary>
public sealed class StrayTrafficTests(ServersFixture servers) : IAsyncLifetime
{
    private const int BytesPerSecond = 1_000_000;

    private readonly SipPeer _peer = new();
    private TestPlatform? _platform;
    private DialerReplica? _dialer;

    private TestPlatform Platform => _platform!;

    private DialerReplica Dialer => _dialer!;

    public async ValueTask InitializeAsync()
    {
        _platform = await TestPlatform.StartAsync(servers);
        _dialer = await DialerReplica.StartAsync(_platform, new Dictionary<string, string> { ["peer"] = _peer.Address });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in (IAsyncDisposable?[])[_dialer, _platform, _peer])
        {
            if (part is not null)
                await part.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("calls-back")]
    [InlineData("asks-options")]
    [InlineData("ends-unknown")]
    public async Task SIPp_gets_the_answer_that_is_due(string scenario)
    {
        await using var sipp = Sipp.Call(scenario, Dialer.Sip, calls: 20);
        await sipp.SucceedsAsync();
    }

    [Fact]
    public async Task Calls_go_on_while_a_megabyte_of_garbage_comes_each_second()
    {
        var malformed = Dialer.SipCounters.Malformed;
        using var over = new CancellationTokenSource();
        var garbage = Task.Run(() => PourAsync(Dialer.Sip, over.Token));
        await Eventually.TrueAsync(() => Dialer.SipCounters.Malformed > malformed + 100, "garbage arrives");

        var calls = Enumerable.Range(0, 30).Select(_ => Commands.Place("peer")).ToArray();
        await Task.WhenAll(calls.Select(Platform.SendAsync));
        foreach (var call in calls)
        {
            var end = await Platform.EndOfAsync(call);
            Assert.Equal((CallDisposition.Rang, 487), (end.Disposition, end.SipStatus));
            Assert.Single(Platform.RingsOf(call));
        }
        await over.CancelAsync();
        var (sent, took) = await garbage;

        Assert.InRange(sent / took.TotalSeconds, 0.5 * BytesPerSecond, double.MaxValue);
        Assert.Equal(calls.Length, _peer.Invites.Count);
        Assert.Equal(0, Dialer.SipCounters.Faults);
    }

    /// <summary>Random bytes, SIP with random bytes in it, SIP cut short, responses and ACKs that belong to nothing.</summary>
    private static async Task<(long Sent, TimeSpan Took)> PourAsync(IPEndPoint target, CancellationToken over)
    {
        var random = new Random(20261123);
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var watch = Stopwatch.StartNew();
        var sent = 0L;
        while (!over.IsCancellationRequested)
        {
            while (sent < BytesPerSecond * watch.Elapsed.TotalSeconds)
            {
                var datagram = Garbage(random);
                await socket.SendAsync(datagram, target, CancellationToken.None);
                sent += datagram.Length;
            }
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
        return (sent, watch.Elapsed);
    }

    private static byte[] Garbage(Random random)
    {
        var noise = new byte[random.Next(1, 1400)];
        random.NextBytes(noise);
        var branch = $"z9hG4bK{random.NextInt64():x}";
        var stray = Encoding.ASCII.GetBytes(
            $"{(random.Next(2) == 0 ? "SIP/2.0 200 OK" : "ACK sip:+442079460123@127.0.0.1 SIP/2.0")}\r\n"
            + $"Via: SIP/2.0/UDP 127.0.0.1:9;branch={branch}\r\nFrom: <sip:a@b>;tag={branch}\r\nTo: <sip:c@d>;tag=x\r\n"
            + $"Call-ID: {branch}\r\nCSeq: 1 {(random.Next(2) == 0 ? "INVITE" : "ACK")}\r\nContent-Length: 0\r\n\r\n");
        switch (random.Next(4))
        {
            case 0:
                return noise;
            case 1:
                return stray;
            case 2:
                return stray[..random.Next(1, stray.Length)];
            default:
                for (var count = random.Next(1, 20); count > 0; count--)
                    stray[random.Next(stray.Length)] = (byte)random.Next(256);
                return stray;
        }
    }
}
