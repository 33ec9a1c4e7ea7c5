namespace FlashCall.Sip;

/// <summary>Why a connection could not be opened, or broke.</summary>
public enum SipConnectionFailure
{
    /// <summary>Nobody listens at the address and port.</summary>
    Refused,

    /// <summary>The peer did not answer in time: while connecting, during the TLS handshake, or by taking what we send.</summary>
    TimedOut,

    /// <summary>No route leads to the address.</summary>
    Unreachable,

    /// <summary>The peer, or something on the way, tore the connection down.</summary>
    Reset,

    /// <summary>The peer closed the connection in an orderly way.</summary>
    ClosedByPeer,

    /// <summary>What the peer sends is no stream of SIP messages: no Content-Length, or a message without an end.</summary>
    Unframed,

    /// <summary>More connections from outside than are taken.</summary>
    TooMany,

    /// <summary>The peer's certificate is not valid yet, or no more.</summary>
    CertificateExpired,

    /// <summary>The peer's certificate names another host (RFC 5922 §7).</summary>
    CertificateNameMismatch,

    /// <summary>The peer's certificate leads to no root that is trusted.</summary>
    CertificateUntrusted,

    /// <summary>The peer's certificate, or one above it, is not fit for this use or was revoked.</summary>
    CertificateUnfit,

    /// <summary>The TLS handshake failed for another reason: no common version or cipher, no TLS at the other end, or the peer asks for a
    /// client certificate that it accepts.</summary>
    HandshakeFailed,
}

/// <summary>A connection that could not be opened, or broke.</summary>
/// <param name="Hop">The peer.</param>
/// <param name="IsInbound">Whether the peer opened it.</param>
/// <param name="WasOpen">Whether it had been open; for TLS with the handshake done.</param>
/// <param name="Failure">Why.</param>
/// <param name="Reason">Why, for people, with what to look at. No personal data.</param>
public sealed record SipConnectionFailed(SipHop Hop, bool IsInbound, bool WasOpen, SipConnectionFailure Failure, string Reason);

/// <summary>The bounds of a transport with connections.</summary>
public sealed record SipConnectionLimits
{
    /// <summary>How long opening a connection may take, the TLS handshake included. 4 s by default.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a peer may take nothing of what we send before the connection counts as broken. 10 s by default.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A connection over which no whole message went either way for so long is closed. 5 minutes by default.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The most connections that peers may open at once; further ones are closed as they come. 1000 by default.</summary>
    public int MaxInbound { get; init; } = 1000;

    /// <summary>The most bytes that wait to be sent on one connection; messages beyond fail. 4 MiB by default.</summary>
    public int MaxQueuedBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The longest message that is taken. By default what <see cref="SipParser"/> takes.</summary>
    public int MaxMessageBytes { get; init; } = SipParser.MaxMessageBytes;
}
