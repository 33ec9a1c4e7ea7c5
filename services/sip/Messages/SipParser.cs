using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace FlashCall.Sip;

/// <summary>
/// Reads messages (RFC 3261 §7, §25). Lenient in form: compact and unknown header fields, folded lines, blanks around separators, bare line
/// feeds, commas for several lines. Strict in substance: what the layers above rely on is there and well formed, or the message is refused.
/// Never throws, whatever the bytes are.
/// </summary>
public static class SipParser
{
    /// <summary>The most header fields a message may have, list entries counted one by one.</summary>
    public const int MaxHeaders = 256;

    /// <summary>The largest message: what fits a UDP datagram.</summary>
    public const int MaxMessageBytes = 65535;

    /// <summary>Reads one whole message, as a datagram carries it. What follows its body is left out (RFC 3261 §18.3).</summary>
    /// <param name="bytes">The datagram; not kept.</param>
    /// <param name="message">The message, a <see cref="SipRequest"/> or a <see cref="SipResponse"/>.</param>
    /// <param name="error">Why it is none.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SipMessage? message, out SipParseError error)
    {
        message = null;
        // Empty lines before the start line are skipped (§7.5).
        bytes = bytes.TrimStart("\r\n"u8);
        if (bytes.IsEmpty)
        {
            error = SipParseError.KeepAlive;
            return false;
        }
        if (bytes.Length > MaxMessageBytes)
        {
            error = SipParseError.TooLarge;
            return false;
        }
        var buffer = ArrayPool<char>.Shared.Rent(bytes.Length);
        try
        {
            error = Parse(bytes, buffer, out message);
            if (error != SipParseError.None)
                message = null;
            return message is not null;
        }
        finally
        {
            // Messages hold phone numbers: nothing of them stays behind in the pool.
            ArrayPool<char>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static SipParseError Parse(ReadOnlySpan<byte> bytes, Span<char> buffer, out SipMessage? message)
    {
        message = null;
        var headerLength = EndOfHeaders(bytes, out var bodyStart);
        if (headerLength < 0)
            return SipParseError.HeadersNotEnded;
        // Malformed UTF-8 becomes U+FFFD, of which there are never more than bytes.
        var text = (ReadOnlySpan<char>)buffer[..Encoding.UTF8.GetChars(bytes[..headerLength], buffer)];

        var error = TryParseStartLine(TakeLine(ref text), out message);
        if (error != SipParseError.None)
            return error;
        var headers = message!.Headers;
        while (!text.IsEmpty)
        {
            error = TryParseHeader(ref text, headers);
            if (error != SipParseError.None)
                return error;
        }
        error = Validate(message);
        return error != SipParseError.None ? error : TakeBody(message, bytes[bodyStart..]);
    }

    /// <summary>The length of start line and headers with the last line end, and where the body begins; -1 if no empty line ends
    /// them.</summary>
    private static int EndOfHeaders(ReadOnlySpan<byte> bytes, out int bodyStart)
    {
        bodyStart = 0;
        for (var i = bytes.IndexOf((byte)'\n'); i >= 0;)
        {
            var next = i + 1;
            if (next < bytes.Length && bytes[next] == '\n')
            {
                bodyStart = next + 1;
                return next;
            }
            if (next + 1 < bytes.Length && bytes[next] == '\r' && bytes[next + 1] == '\n')
            {
                bodyStart = next + 2;
                return next;
            }
            var step = bytes[next..].IndexOf((byte)'\n');
            i = step < 0 ? -1 : next + step;
        }
        return -1;
    }

    private static ReadOnlySpan<char> TakeLine(ref ReadOnlySpan<char> text)
    {
        var end = text.IndexOf('\n');
        var line = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[(end + 1)..];
        return line is [.., '\r'] ? line[..^1] : line;
    }

    private static SipParseError TryParseStartLine(ReadOnlySpan<char> line, out SipMessage? message)
    {
        message = null;
        if (HasControl(line))
            return SipParseError.StartLine;
        if (line.StartsWith("SIP/", StringComparison.OrdinalIgnoreCase))
        {
            var blank = line.IndexOf(' ');
            if (blank < 0)
                return SipParseError.StartLine;
            if (line[4..blank] is not "2.0")
                return SipParseError.Version;
            var rest = line[(blank + 1)..];
            if (rest.Length < 3 || !SipText.TryParseNumber(rest[..3], 699, out var status)
                || status < 100 || (rest.Length > 3 && rest[3] != ' '))
            {
                return SipParseError.StartLine;
            }
            message = new SipResponse((int)status, rest.Length > 4 ? rest[4..].ToString() : "");
            return SipParseError.None;
        }
        var first = line.IndexOf(' ');
        var last = line.LastIndexOf(' ');
        if (first <= 0 || last == first || !SipText.IsToken(line[..first]))
            return SipParseError.StartLine;
        var version = line[(last + 1)..];
        if (!version.StartsWith("SIP/", StringComparison.OrdinalIgnoreCase))
            return SipParseError.StartLine;
        if (version[4..] is not "2.0")
            return SipParseError.Version;
        if (!SipUri.TryParse(line[(first + 1)..last], out var uri))
            return SipParseError.StartLine;
        message = new SipRequest(SipMethod.Intern(line[..first]), uri);
        return SipParseError.None;
    }

    private static SipParseError TryParseHeader(ref ReadOnlySpan<char> text, SipHeaders headers)
    {
        var line = TakeLine(ref text);
        if (text is [' ' or '\t', ..])
            line = Unfold(line, ref text);
        if (HasControl(line))
            return SipParseError.HeaderLine;
        var colon = line.IndexOf(':');
        var name = colon < 0 ? [] : line[..colon].TrimEnd(" \t");
        if (!SipText.IsToken(name))
            return SipParseError.HeaderLine;
        var canonical = SipHeaderName.Canonical(name);
        if (SipHeaderName.IsSingle(canonical) && headers.Contains(canonical))
            return SipParseError.Repeated;
        var value = SipText.Trim(line[(colon + 1)..]);
        if (SipHeaderName.IsList(canonical))
        {
            for (var comma = SipText.IndexOutsideQuotes(value, ','); comma >= 0; comma = SipText.IndexOutsideQuotes(value, ','))
            {
                if (headers.Count >= MaxHeaders)
                    return SipParseError.TooLarge;
                headers.AddParsed(canonical, SipText.Trim(value[..comma]).ToString());
                value = SipText.Trim(value[(comma + 1)..]);
            }
        }
        if (headers.Count >= MaxHeaders)
            return SipParseError.TooLarge;
        headers.AddParsed(canonical, value.ToString());
        return SipParseError.None;
    }

    /// <summary>A line that begins with a blank continues the one before; the fold counts as one space (§7.3.1).</summary>
    private static string Unfold(scoped ReadOnlySpan<char> line, ref ReadOnlySpan<char> text)
    {
        var unfolded = new StringBuilder().Append(line.TrimEnd(" \t"));
        while (text is [' ' or '\t', ..])
            unfolded.Append(' ').Append(SipText.Trim(TakeLine(ref text)));
        return unfolded.ToString();
    }

    private static SipParseError Validate(SipMessage message)
    {
        var headers = message.Headers;
        if (!message.TryReadVia())
            return SipParseError.Via;
        if (!message.TryReadFrom())
            return SipParseError.From;
        if (!message.TryReadTo())
            return SipParseError.To;
        if (headers[SipHeaderName.CallId] is not { Length: > 0 } callId || callId.AsSpan().IndexOfAny(' ', '\t') >= 0)
            return SipParseError.CallId;
        if (!message.TryReadCSeq() || (message is SipRequest request && request.Method != message.CSeq.Method))
            return SipParseError.CSeq;
        if (headers[SipHeaderName.MaxForwards] is not null && message.MaxForwards is null)
            return SipParseError.MaxForwards;
        foreach (var contact in headers.All(SipHeaderName.Contact))
        {
            if (contact != "*" && !SipAddress.TryParse(contact, out _))
                return SipParseError.Contact;
        }
        return SipParseError.None;
    }

    private static SipParseError TakeBody(SipMessage message, ReadOnlySpan<byte> rest)
    {
        if (message.Headers[SipHeaderName.ContentLength] is { } text)
        {
            if (!SipText.TryParseNumber(text, rest.Length, out var length))
                return SipParseError.ContentLength;
            rest = rest[..(int)length];
        }
        if (!rest.IsEmpty)
            message.SetParsedBody(rest.ToArray());
        return SipParseError.None;
    }

    private static bool HasControl(ReadOnlySpan<char> line)
    {
        foreach (var c in line)
        {
            if ((c < ' ' && c != '\t') || c == '\u007f')
                return true;
        }
        return false;
    }
}
