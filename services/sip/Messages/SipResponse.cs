namespace FlashCall.Sip;

/// <summary>A response (RFC 3261 §7.2).</summary>
public sealed class SipResponse : SipMessage
{
    private readonly SipLentResponse? _lent;

    /// <summary>A response without header fields.</summary>
    /// <param name="status">100 to 699.</param>
    /// <param name="reason">For people; null for the usual phrase.</param>
    /// <exception cref="ArgumentException">The status is out of range, or the phrase holds a line break.</exception>
    public SipResponse(int status, string? reason = null)
        : base(new SipHeaders())
    {
        if (status is < 100 or > 699)
            throw new ArgumentException("A status is 100 to 699 (RFC 3261 §7.2).", nameof(status));
        if (reason.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0)
            throw new ArgumentException("A reason phrase holds no line break.", nameof(reason));
        Status = status;
        Reason = reason ?? SipStatus.ReasonOf(status);
    }

    /// <summary>What the parser has read.</summary>
    internal SipResponse(int status, string reason, SipHeaders headers)
        : base(headers)
    {
        Status = status;
        Reason = reason;
    }

    /// <summary>One that is read over and over.</summary>
    internal SipResponse(SipLentResponse lent, SipHeaders headers)
        : this(100, "", headers) => _lent = lent;

    /// <summary>The status, 100 to 699 (RFC 3261 §21).</summary>
    public int Status { get; private set; }

    /// <summary>What the status means, for people.</summary>
    public string Reason { get; private set; }

    /// <summary>100 to 199: more is to come.</summary>
    public bool IsProvisional => Status < 200;

    /// <summary>200 to 299.</summary>
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>Which request of ours the response answers, by its top Via and CSeq; null if it answers none, or was not
    /// received.</summary>
    internal SipClientKey? Answers { get; set; }

    /// <summary>This response, as one that stays when the next is received.</summary>
    internal SipResponse Kept() => _lent?.Kept() ?? this;

    /// <summary>Begins anew where one is read over and over.</summary>
    internal void Begin(int status, string reason)
    {
        (Status, Reason, Answers) = (status, reason, null);
        SetParsedBody(default);
    }

    /// <summary>For how long the peer asks to be left alone (RFC 3261 §20.33), without its comment and parameters; null if it does
    /// not.</summary>
    public TimeSpan? RetryAfter
    {
        get
        {
            var text = SipText.Trim(Headers[SipHeaderName.RetryAfter]);
            var end = text.IndexOfAny(" \t(;");
            return SipText.TryParseNumber(end < 0 ? text : text[..end], int.MaxValue, out var seconds)
                ? TimeSpan.FromSeconds(seconds)
                : null;
        }
    }

    /// <summary>Makes a response to a request with the header fields that it must repeat (RFC 3261 §8.2.6, §12.1.1).</summary>
    /// <param name="request">What is answered.</param>
    /// <param name="status">100 to 699.</param>
    /// <param name="toTag">Our side of the dialog, added to To if the request had none there; left out of a 100.</param>
    /// <param name="reason">For people; null for the usual phrase.</param>
    public static SipResponse For(SipRequest request, int status, string toTag, string? reason = null)
    {
        var response = new SipResponse(status, reason);
        response.Headers.Copy(SipHeaderName.Via, request.Headers);
        // A dialog may begin with it, and then the way back is part of it.
        if (status is > 100 and < 300 && request.Method == SipMethod.Invite)
            response.Headers.Copy(SipHeaderName.RecordRoute, request.Headers);
        response.Headers.Copy(SipHeaderName.From, request.Headers);
        if (status == 100 || request.To.Tag is not null)
            response.Headers.Copy(SipHeaderName.To, request.Headers);
        else
            response.Headers.AddParsed(SipHeaderName.To, request.To.WithTag(toTag).Text);
        response.Headers.Copy(SipHeaderName.CallId, request.Headers);
        response.Headers.Copy(SipHeaderName.CSeq, request.Headers);
        if (status == 100)
            response.Headers.Copy(SipHeaderName.Timestamp, request.Headers);
        return response;
    }

    /// <summary>The status and which call.</summary>
    public override string ToString() => $"{Status} (Call-ID {Headers[SipHeaderName.CallId]})";

    internal override void WriteStartLine(ref SipWriter writer)
    {
        writer.Add("SIP/2.0 "u8);
        writer.Add(Status);
        writer.Add(" "u8);
        writer.Add(Reason);
        writer.Add("\r\n"u8);
    }
}
