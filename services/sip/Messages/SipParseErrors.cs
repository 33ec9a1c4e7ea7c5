namespace FlashCall.Sip;

/// <summary>How a request that cannot be read is answered.</summary>
internal static class SipParseErrors
{
    /// <summary>The status: 400 (RFC 3261 §21.4.1) unless there is a better one.</summary>
    public static int StatusOf(SipParseError error) => error switch
    {
        SipParseError.Version => 505,
        SipParseError.TooLarge or SipParseError.TooManyHeaders => 513,
        _ => 400,
    };

    /// <summary>What is wrong, for the people at the peer.</summary>
    public static string ReasonOf(SipParseError error) => error switch
    {
        SipParseError.StartLine => "Malformed Request-Line",
        SipParseError.RequestUri => "Malformed Request-URI",
        SipParseError.HeadersNotEnded => "Headers Not Ended by an Empty Line",
        SipParseError.HeaderLine => "Malformed Header Line",
        SipParseError.Repeated => "Header Field Repeated",
        SipParseError.Via => "Missing or Malformed Via",
        SipParseError.From => "Missing or Malformed From",
        SipParseError.To => "Missing or Malformed To",
        SipParseError.CallId => "Missing or Malformed Call-ID",
        SipParseError.CSeq => "Missing or Malformed CSeq",
        SipParseError.CSeqMethod => "CSeq Method Does Not Match Request-Line",
        SipParseError.MaxForwards => "Malformed Max-Forwards",
        SipParseError.Contact => "Malformed Contact",
        SipParseError.ContentLength => "Malformed Content-Length or Body Cut Off",
        SipParseError.TooManyHeaders => "Too Many Header Fields",
        SipParseError.Version or SipParseError.TooLarge => SipStatus.ReasonOf(StatusOf(error)),
        SipParseError.None or SipParseError.KeepAlive => throw new ArgumentOutOfRangeException(nameof(error), error, "Nothing to answer."),
        _ => throw new ArgumentOutOfRangeException(nameof(error)),
    };
}
