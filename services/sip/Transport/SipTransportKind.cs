namespace FlashCall.Sip;

/// <summary>The transports that SIP is spoken over (RFC 3261 §18).</summary>
public enum SipTransportKind
{
    /// <summary>Datagrams, in clear.</summary>
    Udp,

    /// <summary>A stream, in clear.</summary>
    Tcp,

    /// <summary>A stream over TCP, encrypted (RFC 3261 §26.2.1, RFC 5922).</summary>
    Tls,
}
