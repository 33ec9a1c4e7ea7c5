using System.Net;
using System.Net.Sockets;
using System.Text;
using FlashCall.Dialer.Signalling;
using FlashCall.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FlashCall.Dialer.Tests.Signalling;

/// <summary>What a trunk gets for requests of its own, on a real socket.</summary>
public sealed class InboundRequestTests : IAsyncLifetime
{
    private readonly SipEndpoint _endpoint = Endpoint(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly UdpClient _trunk = new(new IPEndPoint(IPAddress.Loopback, 0));

    public async ValueTask InitializeAsync() => await _endpoint.StartAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _endpoint.StopAsync(CancellationToken.None);
        _trunk.Dispose();
    }

    [Theory]
    [InlineData("OPTIONS", "", "200 OK")]
    [InlineData("INVITE", "", "486 Busy Here")]
    [InlineData("BYE", ";tag=unknown", "481 Call/Transaction Does Not Exist")]
    [InlineData("BYE", "", "481 Call/Transaction Does Not Exist")]
    [InlineData("INVITE", ";tag=unknown", "481 Call/Transaction Does Not Exist")]
    [InlineData("INFO", ";tag=unknown", "481 Call/Transaction Does Not Exist")]
    [InlineData("REGISTER", "", "405 Method Not Allowed")]
    [InlineData("MESSAGE", "", "405 Method Not Allowed")]
    [InlineData("!interesting-Method0123456789_*+`.%indeed'~", "", "501 Not Implemented")]
    [InlineData("CANCEL", "", "481 Call/Transaction Does Not Exist")]
    public async Task A_request_gets_its_answer(string method, string toTag, string status)
    {
        var response = await AskAsync(method, toTag);
        Assert.StartsWith($"SIP/2.0 {status}\r\n", response, StringComparison.Ordinal);
        Assert.Equal(
            status is "200 OK" or "405 Method Not Allowed" or "501 Not Implemented",
            response.Contains("\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Garbage_is_dropped_and_the_next_request_answered()
    {
        await _trunk.SendAsync(Encoding.ASCII.GetBytes("\0\u0001 not SIP at all"), _endpoint.LocalEndPoint);
        Assert.StartsWith("SIP/2.0 200 OK\r\n", await AskAsync("OPTIONS", ""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using var second = Endpoint(_endpoint.LocalEndPoint);
        var exception = await Assert.ThrowsAsync<SettingsException>(() => second.StartAsync(CancellationToken.None));
        Assert.Contains($"FLASHCALL_DIALER__SIPLISTEN names UDP {_endpoint.LocalEndPoint}", exception.Message, StringComparison.Ordinal);
    }

    private static SipEndpoint Endpoint(IPEndPoint listen) =>
        new(new DialerSettings { SipListen = listen }, new MessageLog(NullLogger<MessageLog>.Instance), TimeProvider.System,
            NullLogger<SipEndpoint>.Instance);

    private async Task<string> AskAsync(string method, string toTag)
    {
        var from = (IPEndPoint)_trunk.Client.LocalEndPoint!;
        var request = $"""
            {method} sip:+442079460123@{_endpoint.LocalEndPoint} SIP/2.0
            Via: SIP/2.0/UDP {from};rport;branch=z9hG4bK{Guid.NewGuid():N}
            Max-Forwards: 70
            From: <sip:+46701740605@{from}>;tag=peer
            To: <sip:+442079460123@{_endpoint.LocalEndPoint}>{toTag}
            Call-ID: {Guid.NewGuid():N}
            CSeq: 1 {method}
            Content-Length: 0


            """.ReplaceLineEndings("\r\n");
        await _trunk.SendAsync(Encoding.ASCII.GetBytes(request), _endpoint.LocalEndPoint);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        return Encoding.ASCII.GetString((await _trunk.ReceiveAsync(timeout.Token)).Buffer);
    }
}
