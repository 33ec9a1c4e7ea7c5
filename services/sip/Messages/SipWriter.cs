using System.Text.Unicode;

namespace FlashCall.Sip;

/// <summary>Writes one message into a buffer that each thread keeps (RFC 3261 §7).</summary>
internal ref struct SipWriter
{
    // Larger buffers than this are for messages that hardly come, and are not kept.
    private const int MostKept = 64 * 1024;

    [ThreadStatic]
    private static byte[]? _kept;

    private byte[] _buffer;
    private int _length;

    /// <summary>The message as it goes over the wire, with the Content-Length that its body has.</summary>
    /// <returns>Valid until this thread writes the next message.</returns>
    public static ReadOnlySpan<byte> Write(SipMessage message)
    {
        var writer = Begin();
        message.WriteStartLine(ref writer);
        writer.AddHeaders(message.Headers, message.Body.Length);
        writer.Add(message.Body.Span);
        return writer.End();
    }

    /// <summary>A message that is put together by whoever asks.</summary>
    public static SipWriter Begin() => new() { _buffer = _kept ??= new byte[2048] };

    /// <summary>What was written since <see cref="Begin"/>.</summary>
    /// <returns>Valid until this thread writes the next message.</returns>
    public readonly ReadOnlySpan<byte> End()
    {
        if (_buffer.Length <= MostKept)
            _kept = _buffer;
        return _buffer.AsSpan(0, _length);
    }

    public void Add(scoped ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>A line, and its end.</summary>
    public void AddLine(scoped ReadOnlySpan<byte> line)
    {
        Add(line);
        Add("\r\n"u8);
    }

    public void Add(string text)
    {
        // Of malformed UTF-16 comes a replacement character, three bytes as any other.
        Reserve(3 * text.Length);
        Utf8.FromUtf16(text, _buffer.AsSpan(_length), out _, out var written);
        _length += written;
    }

    public void Add(int number)
    {
        Reserve(11);
        number.TryFormat(_buffer.AsSpan(_length), out var written);
        _length += written;
    }

    /// <summary>A header field that a message has.</summary>
    public void AddHeader(SipHeaders headers, int index)
    {
        Add(headers.NameAt(index));
        Add(": "u8);
        if (headers.TryGetBytesAt(index, out var bytes))
            Add(bytes);
        else
            Add(headers.ValueAt(index));
        Add("\r\n"u8);
    }

    private void AddHeaders(SipHeaders headers, int bodyLength)
    {
        var lengthWritten = false;
        for (var i = 0; i < headers.Count; i++)
        {
            var name = headers.NameAt(i);
            if (ReferenceEquals(name, SipHeaderName.ContentLength))
            {
                // One that was read keeps its place; it never says anything but the truth.
                if (!lengthWritten)
                    AddContentLength(bodyLength);
                lengthWritten = true;
                continue;
            }
            AddHeader(headers, i);
        }
        if (!lengthWritten)
            AddContentLength(bodyLength);
        Add("\r\n"u8);
    }

    private void AddContentLength(int length)
    {
        Add("Content-Length: "u8);
        Add(length);
        Add("\r\n"u8);
    }

    private Span<byte> Take(int length)
    {
        Reserve(length);
        _length += length;
        return _buffer.AsSpan(_length - length, length);
    }

    private void Reserve(int length)
    {
        if (_buffer.Length - _length < length)
            Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, _length + length));
    }
}
