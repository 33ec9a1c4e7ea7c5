using System.Buffers;

namespace FlashCall.Sip;

/// <summary>What stands next in a stream.</summary>
internal enum SipFrame
{
    /// <summary>Not yet known: more has to arrive.</summary>
    Incomplete,

    /// <summary>A whole message.</summary>
    Message,

    /// <summary>Two empty lines between messages: a peer that wants to be told that the connection lives (RFC 5626 §3.5.1).</summary>
    Ping,

    /// <summary>Headers without a Content-Length, or with one that is no number or stands there twice with different values. Where the
    /// message ends, and the next begins, cannot be known (RFC 3261 §18.3); its headers are what was read.</summary>
    Unframed,

    /// <summary>Headers that announce a longer message than is taken; the headers are what was read.</summary>
    TooLong,

    /// <summary>Headers that do not end within the longest message.</summary>
    Endless,
}

/// <summary>
/// Cuts a stream into messages by their Content-Length (RFC 3261 §18.3, §7.5). Keeps what has arrived in one piece of memory, which is how
/// the parser wants it, and looks at each byte once however small the pieces are that it comes in.
/// </summary>
/// <param name="maxMessageBytes">The longest message that is taken, headers and body.</param>
internal sealed class SipStreamFramer(int maxMessageBytes) : IDisposable
{
    private const int UsualBufferBytes = 8192;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(UsualBufferBytes);
    private int _start;
    private int _end;
    // How far the headers of the next message have been searched for their end, from _start.
    private int _searched;
    // The length of the next message, once its headers are there.
    private int _length;

    /// <summary>Whether a message or a line end has begun and not ended.</summary>
    public bool IsWithinMessage => _end > _start;

    /// <summary>Room for what arrives next. What <see cref="Next"/> gave before is void.</summary>
    public Memory<byte> Room()
    {
        if (_start == _end)
        {
            _start = _end = 0;
            // One long message is no reason to keep so much for the life of the connection.
            if (_buffer.Length > 2 * UsualBufferBytes)
                Resize(UsualBufferBytes);
        }
        if (_start > 0 && _buffer.Length - _end < _buffer.Length / 4)
            Compact();
        if (_end == _buffer.Length)
            Resize(_buffer.Length * 2);
        return _buffer.AsMemory(_end);
    }

    /// <summary>So many bytes have arrived in <see cref="Room"/>.</summary>
    public void Arrived(int count) => _end += count;

    /// <summary>Takes what stands next.</summary>
    /// <param name="bytes">The message, or its headers where it cannot be taken; valid until <see cref="Room"/> is asked for.</param>
    public SipFrame Next(out ReadOnlySpan<byte> bytes)
    {
        bytes = [];
        if (_length == 0)
        {
            if (_searched == 0 && TakeLineEnds(out var isPing))
                return isPing ? SipFrame.Ping : SipFrame.Incomplete;
            var available = _buffer.AsSpan(_start, _end - _start);
            var headers = HeadersLength(available);
            if (headers < 0)
                return available.Length >= maxMessageBytes ? SipFrame.Endless : SipFrame.Incomplete;
            bytes = available[..headers];
            if (ContentLength(bytes) is not { } content)
                return SipFrame.Unframed;
            if (content > maxMessageBytes - headers)
                return SipFrame.TooLong;
            _length = headers + (int)content;
        }
        if (_end - _start < _length)
        {
            bytes = [];
            return SipFrame.Incomplete;
        }
        bytes = _buffer.AsSpan(_start, _length);
        _start += _length;
        _length = _searched = 0;
        return SipFrame.Message;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        // Messages hold phone numbers: nothing of them stays behind in the pool.
        ArrayPool<byte>.Shared.Return(_buffer, clearArray: true);
        _buffer = [];
        _start = _end = 0;
    }

    /// <summary>Whether a header line is Content-Length, in its long or its compact form.</summary>
    public static bool IsContentLengthLine(ReadOnlySpan<byte> line)
    {
        var name = line[..Math.Max(0, line.IndexOf((byte)':'))].TrimEnd(" \t"u8);
        return name is [(byte)'l' or (byte)'L']
            || (name.Length == "Content-Length".Length && System.Text.Ascii.EqualsIgnoreCase(name, "Content-Length"u8));
    }

    /// <summary>Skips the empty lines before a message (§7.5).</summary>
    /// <returns>True if that is all there is so far, or if they are a ping.</returns>
    private bool TakeLineEnds(out bool isPing)
    {
        var available = _buffer.AsSpan(_start, _end - _start);
        isPing = available.StartsWith("\r\n\r\n"u8);
        if (isPing)
        {
            _start += 4;
            return true;
        }
        // Half a ping waits for its other half.
        if (available.IsEmpty || "\r\n\r\n"u8.StartsWith(available))
            return true;
        _start += available.IndexOfAnyExcept((byte)'\r', (byte)'\n') is var first and >= 0 ? first : available.Length;
        return _start == _end;
    }

    /// <summary>The length of start line and headers with the empty line that ends them; -1 if it has not arrived.</summary>
    private int HeadersLength(ReadOnlySpan<byte> available)
    {
        // The last line end that was seen may be the first half of the empty line.
        var from = Math.Max(0, _searched - 2);
        while (true)
        {
            var lineEnd = available[from..].IndexOf((byte)'\n');
            if (lineEnd < 0)
            {
                _searched = available.Length;
                return -1;
            }
            var next = from + lineEnd + 1;
            var rest = available[next..];
            if (rest.StartsWith("\n"u8))
                return next + 1;
            if (rest.StartsWith("\r\n"u8))
                return next + 2;
            from = next;
        }
    }

    /// <summary>The Content-Length, in its long or its compact form; null where there is none to rely on.</summary>
    private static long? ContentLength(ReadOnlySpan<byte> headers)
    {
        long? length = null;
        // The start line is no header.
        var rest = headers[(headers.IndexOf((byte)'\n') + 1)..];
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'\n') + 1;
            // A line that begins with a blank continues the one before (§7.3.1).
            while (end > 0 && end < rest.Length && rest[end] is (byte)' ' or (byte)'\t')
                end += rest[end..].IndexOf((byte)'\n') + 1;
            var line = end > 0 ? rest[..end] : rest;
            rest = rest[line.Length..];
            if (!IsContentLengthLine(line))
                continue;
            var value = line[(line.IndexOf((byte)':') + 1)..].Trim(" \t\r\n"u8);
            if (!TryReadNumber(value, out var number) || (length is not null && length != number))
                return null;
            length = number;
        }
        return length;
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> digits, out long number)
    {
        number = 0;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        foreach (var digit in digits)
            number = Math.Min(number * 10 + (digit - '0'), int.MaxValue);
        return true;
    }

    private void Compact()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
    }

    private void Resize(int length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        _buffer.AsSpan(_start, _end - _start).CopyTo(buffer);
        ArrayPool<byte>.Shared.Return(_buffer, clearArray: true);
        _buffer = buffer;
        _end -= _start;
        _start = 0;
    }
}
