namespace FlashCall.Sip;

/// <summary>Why bytes from the network are no SIP message.</summary>
public enum SipParseError
{
    /// <summary>They are one.</summary>
    None,

    /// <summary>Nothing but line ends: a peer keeping its way through a NAT open (RFC 5626 §3.5.1).</summary>
    KeepAlive,

    /// <summary>The first line is neither a request line nor a status line (RFC 3261 §7.1, §7.2).</summary>
    StartLine,

    /// <summary>The Request-URI cannot be read (RFC 3261 §19.1).</summary>
    RequestUri,

    /// <summary>A version of SIP other than 2.0.</summary>
    Version,

    /// <summary>The headers do not end with an empty line: cut off on the way.</summary>
    HeadersNotEnded,

    /// <summary>A line without a colon, a name that is no token, or a control character.</summary>
    HeaderLine,

    /// <summary>More than <see cref="SipParser.MaxMessageBytes"/> bytes.</summary>
    TooLarge,

    /// <summary>More than <see cref="SipParser.MaxHeaders"/> header fields.</summary>
    TooManyHeaders,

    /// <summary>A header field stands twice that may stand once.</summary>
    Repeated,

    /// <summary>Via is missing or cannot be read.</summary>
    Via,

    /// <summary>From is missing or cannot be read.</summary>
    From,

    /// <summary>To is missing or cannot be read.</summary>
    To,

    /// <summary>Call-ID is missing or empty.</summary>
    CallId,

    /// <summary>CSeq is missing or cannot be read.</summary>
    CSeq,

    /// <summary>CSeq names another method than the request line.</summary>
    CSeqMethod,

    /// <summary>Max-Forwards is no number from 0 to 255.</summary>
    MaxForwards,

    /// <summary>Contact cannot be read.</summary>
    Contact,

    /// <summary>Content-Length is no number, or says more than has arrived.</summary>
    ContentLength,
}
