using System.Collections.Immutable;
using System.Net;
using FlashCall.Dialer.Trunks;
using FlashCall.Sip;

namespace FlashCall.Dialer.Signalling;

/// <summary>The SIP messages to and from trunks that shall be logged, numbers masked. Which ones may change at any time.</summary>
internal sealed partial class MessageLog(ILogger<MessageLog> logger)
{
    // Asked for every message, changed hardly ever.
    private ImmutableDictionary<IPAddress, string> _trunks = ImmutableDictionary<IPAddress, string>.Empty;

    /// <summary>Learns where a trunk is.</summary>
    /// <param name="trunk">The trunk.</param>
    /// <param name="hops">The ways to it.</param>
    public void Follow(Trunk trunk, IReadOnlyList<SipHop> hops)
    {
        if (!trunk.LogMessages)
            return;
        // By the address alone: what a trunk asks of us may come from another port.
        foreach (var hop in hops)
            ImmutableInterlocked.AddOrUpdate(ref _trunks, hop.Remote.Address, trunk.Name, (_, _) => trunk.Name);
    }

    /// <summary>Logs a message if it goes to, or comes from, such a trunk.</summary>
    public void Write(SipDirection direction, SipHop hop, ReadOnlySpan<byte> message)
    {
        var trunks = Volatile.Read(ref _trunks);
        if (trunks.IsEmpty || !trunks.TryGetValue(hop.Remote.Address, out var trunk))
            return;
        var masked = MaskedMessage.Of(message);
        LogMessage(trunk, direction, hop, masked);
    }

    /// <summary>Forgets trunks that are gone, or whose messages shall not be logged any longer.</summary>
    public void Keep(TrunkSnapshot snapshot) => ImmutableInterlocked.Update(
        ref _trunks,
        trunks => trunks.RemoveRange(trunks
            .Where(known => !snapshot.Trunks.TryGetValue(known.Value, out var trunk) || !trunk.LogMessages).Select(known => known.Key)));

    [LoggerMessage(Level = LogLevel.Information, Message = "Trunk {Trunk}: {Direction} over {Hop}\n{SipMessage}")]
    private partial void LogMessage(string trunk, SipDirection direction, SipHop hop, string sipMessage);
}
