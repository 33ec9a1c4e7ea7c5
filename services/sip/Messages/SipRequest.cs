namespace FlashCall.Sip;

/// <summary>A request (RFC 3261 §7.1).</summary>
public sealed class SipRequest : SipMessage
{
    /// <summary>A request without header fields.</summary>
    /// <exception cref="ArgumentException">The method is no token.</exception>
    public SipRequest(string method, SipUri uri)
        : base(new SipHeaders())
    {
        if (!SipText.IsToken(method))
            throw new ArgumentException("A method is a token (RFC 3261 §25.1).", nameof(method));
        Method = SipMethod.Intern(method);
        Uri = uri;
    }

    /// <summary>What the parser has read.</summary>
    internal SipRequest(string method, SipUri uri, SipHeaders headers)
        : base(headers)
    {
        Method = method;
        Uri = uri;
    }

    /// <summary>What is asked; compared with regard to case.</summary>
    public string Method { get; }

    /// <summary>Whom it is asked: the Request-URI.</summary>
    public SipUri Uri { get; }

    /// <summary>Makes a request with the header fields that each must have but Via, which the stack adds (RFC 3261 §8.1.1).</summary>
    /// <param name="method">The method.</param>
    /// <param name="uri">The Request-URI.</param>
    /// <param name="from">The caller; must have a tag, see <see cref="SipId.NewTag"/>.</param>
    /// <param name="to">The called; with a tag only within a dialog.</param>
    /// <param name="callId">See <see cref="SipId.NewCallId"/>.</param>
    /// <param name="sequence">CSeq number, 0 to 2³¹ − 1.</param>
    /// <exception cref="ArgumentException"><paramref name="from"/> has no tag.</exception>
    public static SipRequest Create(string method, SipUri uri, SipAddress from, SipAddress to, string callId, uint sequence)
    {
        if (from.Tag is null)
            throw new ArgumentException("From needs a tag (RFC 3261 §8.1.1.3).", nameof(from));
        var request = new SipRequest(method, uri);
        request.Headers.AddParsed(SipHeaderName.MaxForwards, "70");
        request.Headers.AddParsed(SipHeaderName.From, from.Text);
        request.Headers.AddParsed(SipHeaderName.To, to.Text);
        request.Headers.Add(SipHeaderName.CallId, callId);
        request.Headers.AddParsed(SipHeaderName.CSeq, new SipCSeq(sequence, method).ToString());
        return request;
    }

    /// <summary>The same request once more, as a transaction of its own: the next number, no Via (RFC 3261 §8.1.3.4, §8.1.3.5).</summary>
    /// <param name="uri">Whom to ask instead; null for the same.</param>
    public SipRequest Again(SipUri? uri = null)
    {
        var again = new SipRequest(Method, uri ?? Uri);
        foreach (var (name, value) in Headers)
        {
            if (name is SipHeaderName.CSeq)
                again.Headers.AddParsed(name, (CSeq with { Number = CSeq.Number + 1 }).ToString());
            else if (name is not SipHeaderName.Via)
                again.Headers.AddParsed(name, value);
        }
        again.SetParsedBody(Body);
        return again;
    }

    /// <summary>The method and which call.</summary>
    public override string ToString() => $"{Method} (Call-ID {Headers[SipHeaderName.CallId]})";

    internal override void WriteStartLine(ref SipWriter writer)
    {
        writer.Add(Method);
        writer.Add(" "u8);
        writer.Add(Uri.Text);
        writer.Add(" SIP/2.0\r\n"u8);
    }
}
