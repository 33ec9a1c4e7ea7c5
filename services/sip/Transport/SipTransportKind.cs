namespace FlashCall.Sip;

/// <summary>What carries the messages (RFC 3261 §18).</summary>
public enum SipTransportKind
{
    /// <summary>Datagrams; port 5060 unless another is named.</summary>
    Udp,

    /// <summary>A connection; port 5060 unless another is named.</summary>
    Tcp,

    /// <summary>A connection under TLS (RFC 3261 §26.2.1); port 5061 unless another is named.</summary>
    Tls,
}

/// <summary>What follows from the kind of transport.</summary>
public static class SipTransportKinds
{
    /// <summary>The port of SIP over TLS when none is named (RFC 3261 §19.1.2).</summary>
    public const int DefaultTlsPort = 5061;

    /// <summary>The port where none is named: 5060, over TLS 5061 (RFC 3261 §19.1.2).</summary>
    public static int DefaultPort(this SipTransportKind kind) => kind is SipTransportKind.Tls ? DefaultTlsPort : SipUri.DefaultPort;

    /// <summary>The name in Via: <c>UDP</c>, <c>TCP</c>, <c>TLS</c> (RFC 3261 §20.42).</summary>
    public static string ViaName(this SipTransportKind kind) => kind switch
    {
        SipTransportKind.Udp => "UDP",
        SipTransportKind.Tcp => "TCP",
        SipTransportKind.Tls => "TLS",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
