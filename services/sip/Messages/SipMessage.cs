using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace FlashCall.Sip;

/// <summary>
/// A request or a response (RFC 3261 §7). The typed properties read the header fields; of a message that <see cref="SipParser"/> accepted
/// they are always there and well formed. Not safe for concurrent change. <see cref="object.ToString"/> shows no phone number.
/// </summary>
public abstract class SipMessage
{
    private Reading<SipVia> _via;
    private Reading<SipAddress> _from;
    private Reading<SipAddress> _to;
    private Reading<SipCSeq> _cseq;

    private protected SipMessage()
    {
    }

    /// <summary>All header fields in their order.</summary>
    public SipHeaders Headers { get; } = new();

    /// <summary>What follows the headers, such as an SDP offer. Content-Length is written from it and need not be set.</summary>
    public ReadOnlyMemory<byte> Body { get; private protected set; }

    /// <summary>The hop the message came from or goes back to: the first Via.</summary>
    /// <exception cref="InvalidOperationException">The message has none, or one that cannot be read.</exception>
    public SipVia TopVia => _via.Get(Headers, SipHeaderName.Via, SipVia.TryParse);

    /// <summary>The caller; its tag is the caller's side of the dialog.</summary>
    /// <exception cref="InvalidOperationException">The message has none, or one that cannot be read.</exception>
    public SipAddress From => _from.Get(Headers, SipHeaderName.From, SipAddress.TryParse);

    /// <summary>The called; its tag, once there is one, is the called side of the dialog.</summary>
    /// <exception cref="InvalidOperationException">The message has none, or one that cannot be read.</exception>
    public SipAddress To => _to.Get(Headers, SipHeaderName.To, SipAddress.TryParse);

    /// <summary>Number and method of the request, repeated in its responses.</summary>
    /// <exception cref="InvalidOperationException">The message has none, or one that cannot be read.</exception>
    public SipCSeq CSeq => _cseq.Get(Headers, SipHeaderName.CSeq, SipCSeq.TryParse);

    /// <summary>The same for all messages of a call; compared with regard to case.</summary>
    /// <exception cref="InvalidOperationException">The message has none.</exception>
    public string CallId => Headers[SipHeaderName.CallId] ?? throw Missing(SipHeaderName.CallId);

    /// <summary>Where the peer wants further requests of the dialog; null if it does not say, or says <c>*</c>.</summary>
    public SipAddress? Contact => SipAddress.TryParse(Headers[SipHeaderName.Contact], out var contact) ? contact : null;

    /// <summary>How many hops the request may still take, 0 to 255; null if it does not say.</summary>
    public int? MaxForwards => SipText.TryParseNumber(Headers[SipHeaderName.MaxForwards], 255, out var hops) ? (int)hops : null;

    /// <summary>The addresses of a list header field such as Record-Route or P-Asserted-Identity; those that cannot be read are left
    /// out.</summary>
    public IEnumerable<SipAddress> Addresses(string headerName)
    {
        foreach (var value in Headers.All(headerName))
        {
            if (SipAddress.TryParse(value, out var address))
                yield return address;
        }
    }

    /// <summary>Sets the body and what it is.</summary>
    /// <param name="contentType">A media type, such as <c>application/sdp</c>.</param>
    /// <param name="body">The body.</param>
    public void SetBody(string contentType, ReadOnlyMemory<byte> body)
    {
        Headers.Set(SipHeaderName.ContentType, contentType);
        Body = body;
    }

    /// <summary>Writes the message as it goes over the wire, with the Content-Length that its body has.</summary>
    public void WriteTo(IBufferWriter<byte> writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        WriteStartLine(writer);
        var lengthWritten = false;
        foreach (var (name, value) in Headers)
        {
            if (ReferenceEquals(name, SipHeaderName.ContentLength))
            {
                // One that was read keeps its place; it never says anything but the truth.
                if (!lengthWritten)
                    WriteContentLength(writer);
                lengthWritten = true;
                continue;
            }
            Write(writer, name);
            writer.Write(": "u8);
            Write(writer, value);
            writer.Write("\r\n"u8);
        }
        if (!lengthWritten)
            WriteContentLength(writer);
        writer.Write("\r\n"u8);
        writer.Write(Body.Span);
    }

    /// <summary>The message as it goes over the wire.</summary>
    public byte[] ToBytes()
    {
        var writer = new ArrayBufferWriter<byte>(1024);
        WriteTo(writer);
        return writer.WrittenSpan.ToArray();
    }

    internal bool TryReadVia() => _via.TryGet(Headers, SipHeaderName.Via, SipVia.TryParse, out _);

    internal bool TryReadFrom() => _from.TryGet(Headers, SipHeaderName.From, SipAddress.TryParse, out _);

    internal bool TryReadTo() => _to.TryGet(Headers, SipHeaderName.To, SipAddress.TryParse, out _);

    internal bool TryReadCSeq() => _cseq.TryGet(Headers, SipHeaderName.CSeq, SipCSeq.TryParse, out _);

    internal void SetParsedBody(ReadOnlyMemory<byte> body) => Body = body;

    private protected abstract void WriteStartLine(IBufferWriter<byte> writer);

    private protected static void Write(IBufferWriter<byte> writer, ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, writer);

    private static InvalidOperationException Missing(string name) =>
        new($"The message has no {name} that can be read; add one before using it.");

    private void WriteContentLength(IBufferWriter<byte> writer)
    {
        writer.Write("Content-Length: "u8);
        Write(writer, Body.Length.ToString(CultureInfo.InvariantCulture));
        writer.Write("\r\n"u8);
    }

    private delegate bool TryParse<T>(ReadOnlySpan<char> text, [NotNullWhen(true)] out T? value)
        where T : class;

    /// <summary>What was read from a header field, valid until the headers change.</summary>
    private struct Reading<T>
        where T : class
    {
        private T? _value;
        private int _version;

        public T Get(SipHeaders headers, string name, TryParse<T> parse) =>
            TryGet(headers, name, parse, out var value) ? value : throw Missing(name);

        public bool TryGet(SipHeaders headers, string name, TryParse<T> parse, [NotNullWhen(true)] out T? value)
        {
            value = _version == headers.Version ? _value : null;
            if (value is null && parse(headers[name], out value))
            {
                _value = value;
                _version = headers.Version;
            }
            return value is not null;
        }
    }
}

/// <summary>A request (RFC 3261 §7.1).</summary>
public sealed class SipRequest : SipMessage
{
    /// <summary>A request without header fields.</summary>
    /// <exception cref="ArgumentException">The method is no token.</exception>
    public SipRequest(string method, SipUri uri)
    {
        if (!SipText.IsToken(method))
            throw new ArgumentException("A method is a token (RFC 3261 §25.1).", nameof(method));
        Method = SipMethod.Intern(method);
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
        request.Headers.Add(SipHeaderName.MaxForwards, "70");
        request.Headers.Add(SipHeaderName.From, from.Text);
        request.Headers.Add(SipHeaderName.To, to.Text);
        request.Headers.Add(SipHeaderName.CallId, callId);
        request.Headers.Add(SipHeaderName.CSeq, new SipCSeq(sequence, method).ToString());
        return request;
    }

    /// <summary>The same request to be sent once more within its call: the next number, no Via (RFC 3261 §22.2, §8.1.3.4).</summary>
    /// <param name="uri">Whom to ask instead; null for the same.</param>
    public SipRequest Again(SipUri? uri = null)
    {
        var again = new SipRequest(Method, uri ?? Uri);
        foreach (var header in Headers)
        {
            if (header.Name is not SipHeaderName.Via)
                again.Headers.Add(header.Name, header.Name is SipHeaderName.CSeq ? (CSeq with { Number = CSeq.Number + 1 }).ToString() : header.Value);
        }
        again.Body = Body;
        return again;
    }

    /// <summary>The method and which call.</summary>
    public override string ToString() => $"{Method} (Call-ID {Headers[SipHeaderName.CallId]})";

    private protected override void WriteStartLine(IBufferWriter<byte> writer)
    {
        Write(writer, Method);
        writer.Write(" "u8);
        Write(writer, Uri.Text);
        writer.Write(" SIP/2.0\r\n"u8);
    }
}

/// <summary>A response (RFC 3261 §7.2).</summary>
public sealed class SipResponse : SipMessage
{
    /// <summary>A response without header fields.</summary>
    /// <param name="status">100 to 699.</param>
    /// <param name="reason">For people; null for the usual phrase.</param>
    /// <exception cref="ArgumentException">The status is out of range, or the phrase holds a line break.</exception>
    public SipResponse(int status, string? reason = null)
    {
        if (status is < 100 or > 699)
            throw new ArgumentException("A status is 100 to 699 (RFC 3261 §7.2).", nameof(status));
        if (reason.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0)
            throw new ArgumentException("A reason phrase holds no line break.", nameof(reason));
        Status = status;
        Reason = reason ?? SipStatus.ReasonOf(status);
    }

    /// <summary>The status, 100 to 699 (RFC 3261 §21).</summary>
    public int Status { get; }

    /// <summary>What the status means, for people.</summary>
    public string Reason { get; }

    /// <summary>100 to 199: more is to come.</summary>
    public bool IsProvisional => Status < 200;

    /// <summary>200 to 299.</summary>
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>For how long the peer asks to be left alone (RFC 3261 §20.33), without its comment and parameters; null if it does
    /// not.</summary>
    public TimeSpan? RetryAfter
    {
        get
        {
            var text = SipText.Trim(Headers[SipHeaderName.RetryAfter]);
            var end = text.IndexOfAny(" \t(;");
            return SipText.TryParseNumber(end < 0 ? text : text[..end], int.MaxValue, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;
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
            response.Headers.Add(SipHeaderName.To, request.To.WithTag(toTag).Text);
        response.Headers.Copy(SipHeaderName.CallId, request.Headers);
        response.Headers.Copy(SipHeaderName.CSeq, request.Headers);
        if (status == 100)
            response.Headers.Copy(SipHeaderName.Timestamp, request.Headers);
        return response;
    }

    /// <summary>The status and which call.</summary>
    public override string ToString() => $"{Status} (Call-ID {Headers[SipHeaderName.CallId]})";

    private protected override void WriteStartLine(IBufferWriter<byte> writer)
    {
        writer.Write("SIP/2.0 "u8);
        Write(writer, Status.ToString(CultureInfo.InvariantCulture));
        writer.Write(" "u8);
        Write(writer, Reason);
        writer.Write("\r\n"u8);
    }
}
