using System.Buffers;
using System.Diagnostics.CodeAnalysis;

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

    private protected SipMessage(SipHeaders headers) => Headers = headers;

    /// <summary>All header fields in their order.</summary>
    public SipHeaders Headers { get; }

    /// <summary>What follows the headers, such as an SDP offer. Content-Length is written from it and need not be set.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

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
        writer.Write(SipWriter.Write(this));
    }

    /// <summary>The message as it goes over the wire.</summary>
    public byte[] ToBytes() => SipWriter.Write(this).ToArray();

    internal void SetParsedBody(ReadOnlyMemory<byte> body) => Body = body;

    internal abstract void WriteStartLine(ref SipWriter writer);

    private static InvalidOperationException Missing(string name) =>
        new($"The message has no {name} that can be read; add one before using it.");

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
            if (value is not null)
                return true;
            var index = headers.IndexOf(name);
            if (index < 0 || !parse(headers.ValueAt(index), out value))
                return false;
            _value = value;
            _version = headers.Version;
            return true;
        }
    }
}
