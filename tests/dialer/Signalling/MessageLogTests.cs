using System.Collections.Frozen;
using System.Net;
using System.Text;
using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FlashCall.Dialer.Tests.Signalling;

public sealed class MessageLogTests : ILogger<MessageLog>, IAsyncDisposable
{
    private static readonly byte[] Message = Encoding.ASCII.GetBytes("OPTIONS sip:+46701234567@192.0.2.10 SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n");

    private readonly List<string> _lines = [];
    private readonly UdpSipTransport _transport = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly MessageLog _log;

    public MessageLogTests() => _log = new MessageLog(this);

    public ValueTask DisposeAsync() => _transport.DisposeAsync();

    [Fact]
    public void Messages_to_and_from_a_trunk_are_logged_from_when_it_says_so_until_it_does_not()
    {
        var trunk = new Trunk { Name = "carrier", Addresses = ["192.0.2.10"] };
        var logged = trunk with { LogMessages = true };
        Exchange(trunk);
        Assert.Empty(_lines);

        Exchange(logged);
        Assert.Equal(
            [
                "Trunk carrier: Sent over UDP 192.0.2.10:5060\nOPTIONS sip:+4670•••••••@192.0.2.10 SIP/2.0\nCSeq: 1 OPTIONS",
                "Trunk carrier: Received over UDP 192.0.2.10:40000\nOPTIONS sip:+4670•••••••@192.0.2.10 SIP/2.0\nCSeq: 1 OPTIONS",
            ],
            _lines);

        _log.Keep(SnapshotOf(logged));
        Exchange(logged);
        Assert.Equal(4, _lines.Count);

        _log.Keep(SnapshotOf(trunk));
        Exchange(trunk);
        Assert.Equal(4, _lines.Count);
    }

    [Fact]
    public void A_trunk_that_is_gone_is_forgotten()
    {
        Exchange(new Trunk { Name = "carrier", Addresses = ["192.0.2.10"], LogMessages = true });
        _log.Keep(SnapshotOf(new Trunk { Name = "other", Addresses = ["192.0.2.11"], LogMessages = true }));
        _log.Write(SipDirection.Received, HopOn(40000), Message);
        Assert.Equal(2, _lines.Count);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Add(formatter(state, exception));

    private static TrunkSnapshot SnapshotOf(Trunk trunk) =>
        new(1, new Dictionary<string, Trunk> { [trunk.Name] = trunk }.ToFrozenDictionary(StringComparer.Ordinal));

    private void Exchange(Trunk trunk)
    {
        _log.Follow(trunk, [HopOn(5060)]);
        _log.Write(SipDirection.Sent, HopOn(5060), Message);
        _log.Write(SipDirection.Received, HopOn(40000), Message);
        _log.Write(SipDirection.Received, new SipHop(_transport, new IPEndPoint(IPAddress.Parse("192.0.2.99"), 5060)), Message);
    }

    private SipHop HopOn(int port) => new(_transport, new IPEndPoint(IPAddress.Parse("192.0.2.10"), port));
}
