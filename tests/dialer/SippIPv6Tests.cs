using System.Net;
using System.Net.Sockets;
using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>Calls over IPv6 with SIPp as the carrier.</summary>
public sealed class SippIPv6Tests(ServersFixture servers)
{
    [Fact]
    public async Task Calls_ring_and_are_answered_over_ipv6()
    {
        Assert.SkipUnless(HasLoopback(), "This machine has no IPv6 loopback address.");
        var (rings, answers) = (new IPEndPoint(IPAddress.IPv6Loopback, FreePort.Next()), new IPEndPoint(IPAddress.IPv6Loopback, FreePort.Next()));
        await using var platform = await TestPlatform.StartAsync(servers);
        await using var dialer = await DialerReplica.StartAsync(
            platform,
            new Dictionary<string, string> { ["rings"] = rings.ToString(), ["answers"] = answers.ToString() },
            "--Dialer:SipListen=[::1]:0");
        await using var ringing = await Sipp.StartAsync("rings", rings, tcp: false);
        await using var answering = await Sipp.StartAsync("answers", answers, tcp: false);
        var (rung, answered) = (Commands.Place("rings"), Commands.Place("answers", ringSeconds: 10));
        await platform.SendAsync(rung);
        await platform.SendAsync(answered);

        var end = await platform.EndOfAsync(rung);
        Assert.Equal((CallDisposition.Rang, 487), (end.Disposition, end.SipStatus));
        end = await platform.EndOfAsync(answered);
        Assert.Equal((CallDisposition.Answered, 200), (end.Disposition, end.SipStatus));
        await ringing.SucceedsAsync();
        await answering.SucceedsAsync();
    }

    private static bool HasLoopback()
    {
        if (!Socket.OSSupportsIPv6)
            return false;
        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
