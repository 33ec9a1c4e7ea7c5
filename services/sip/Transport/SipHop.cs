using System.Net;

namespace FlashCall.Sip;

/// <summary>A peer, reached over a transport.</summary>
/// <param name="Transport">The transport.</param>
/// <param name="Remote">The peer's address and port.</param>
public readonly record struct SipHop(SipTransport Transport, IPEndPoint Remote)
{
    /// <summary>Whom we expect at the other end of a TLS connection, and as whom we appear; null for other transports, and for a
    /// connection that the peer opened.</summary>
    public SipTlsProfile? Tls { get; init; }

    /// <summary>Where the peer reaches us: for Contact.</summary>
    public IPEndPoint LocalAddress => Transport.AddressFor(Remote);

    /// <summary>The connection that a message came over; null for a hop that was made from an address.</summary>
    internal SipConnection? Connection { get; init; }

    /// <summary>Our Contact for this peer: where and over which transport it reaches us (RFC 3261 §8.1.1.8). Over TLS still a
    /// <c>sip</c> URI, with <c>transport=tls</c>: a <c>sips</c> URI would demand TLS of every hop behind the peer too (§26.2.2).</summary>
    /// <param name="user">The user part; null for none.</param>
    public SipUri Contact(string? user) => Transport.Kind switch
    {
        SipTransportKind.Udp => SipUri.Create(user, LocalAddress),
        SipTransportKind.Tcp => SipUri.Parse($"{SipUri.Create(user, LocalAddress).Text};transport=tcp"),
        SipTransportKind.Tls => SipUri.Parse($"{SipUri.Create(user, LocalAddress).Text};transport=tls"),
        _ => throw new InvalidOperationException($"No Contact is known for the transport {Transport.Protocol}."),
    };

    /// <summary>Transport and address.</summary>
    public override string ToString() => $"{Transport.Protocol} {Remote}";
}
