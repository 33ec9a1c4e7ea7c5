using System.Collections.Concurrent;
using System.Net;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;

namespace FlashCall.Dialer.Signalling;

/// <summary>The SIP messages to and from trunks that shall be logged, numbers masked. Which ones may change at any time.</summary>
internal sealed partial class MessageLog
{
    private readonly ConcurrentDictionary<IPAddress, string> _trunks = new();
    private readonly ILogger<MessageLog> _logger;

    public MessageLog(TrunkDirectory trunks, ILogger<MessageLog> logger)
    {
        _logger = logger;
        trunks.Follow(Forget);
    }

    /// <summary>Learns where a trunk is.</summary>
    /// <param name="trunk">The trunk.</param>
    /// <param name="hops">The ways to it.</param>
    public void Follow(Trunk trunk, IReadOnlyList<SipHop> hops)
    {
        if (!trunk.LogMessages)
            return;
        // By the address alone: what a trunk asks of us may come from another port.
        foreach (var hop in hops)
            _trunks[hop.Remote.Address] = trunk.Name;
    }

    /// <summary>Logs a message if it goes to, or comes from, such a trunk.</summary>
    public void Write(SipDirection direction, SipHop hop, ReadOnlySpan<byte> message)
    {
        if (_trunks.IsEmpty || !_trunks.TryGetValue(hop.Remote.Address, out var trunk))
            return;
        var masked = MaskedMessage.Of(message);
        LogMessage(trunk, direction, hop, masked);
    }

    private void Forget(TrunkSnapshot snapshot)
    {
        foreach (var (address, name) in _trunks)
        {
            if (!snapshot.Trunks.TryGetValue(name, out var trunk) || !trunk.LogMessages)
                _trunks.TryRemove(KeyValuePair.Create(address, name));
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Trunk {Trunk}: {Direction} over {Hop}\n{SipMessage}")]
    private partial void LogMessage(string trunk, SipDirection direction, SipHop hop, string sipMessage);
}
