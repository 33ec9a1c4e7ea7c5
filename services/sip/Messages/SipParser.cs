using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace FlashCall.Sip;

/// <summary>
/// Reads messages (RFC 3261 §7, §25). Lenient in form: compact and unknown header fields, folded lines, blanks around separators, bare line
/// feeds, commas for several lines. Strict in substance: what the layers above rely on is there and well formed, or the message is refused.
/// Never throws, whatever the bytes are. The bytes are copied once; values are taken out of the copy when they are asked for.
/// </summary>
public static class SipParser
{
    /// <summary>The most header fields a message may have besides Content-Length, list entries counted one by one.</summary>
    public const int MaxHeaders = 256;

    /// <summary>The largest message: what fits a UDP datagram.</summary>
    public const int MaxMessageBytes = 65535;

    // Values are checked as characters; longer ones than this take their room from the heap.
    private const int UsualValueLength = 512;

    /// <summary>Reads one whole message, as a datagram carries it. What follows its body is left out (RFC 3261 §18.3).</summary>
    /// <param name="bytes">The datagram; not kept.</param>
    /// <param name="message">The message, a <see cref="SipRequest"/> or a <see cref="SipResponse"/>.</param>
    /// <param name="error">Why it is none.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SipMessage? message, out SipParseError error) =>
        TryParse(bytes, lent: null, out message, out error);

    /// <summary>Reads one whole message, a response possibly into room that is only lent.</summary>
    internal static bool TryParse(
        ReadOnlySpan<byte> bytes, SipLentResponse? lent, [NotNullWhen(true)] out SipMessage? message, out SipParseError error)
    {
        // Empty lines before the start line are skipped (§7.5).
        bytes = bytes.TrimStart("\r\n"u8);
        if (bytes.IsEmpty)
        {
            (message, error) = (null, SipParseError.KeepAlive);
            return false;
        }
        if (bytes.Length > MaxMessageBytes)
        {
            (message, error) = (null, SipParseError.TooLarge);
            return false;
        }
        error = Parse(bytes, lent, out message);
        if (error != SipParseError.None)
            message = null;
        return message is not null;
    }

    /// <summary>The next line without its end.</summary>
    internal static ReadOnlySpan<byte> TakeLine(scoped ref ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        var line = end < 0 ? bytes : bytes[..end];
        bytes = end < 0 ? [] : bytes[(end + 1)..];
        return line is [.., (byte)'\r'] ? line[..^1] : line;
    }

    /// <summary>The text of a header field's value. Malformed UTF-8 becomes U+FFFD, of which there are never more than bytes.</summary>
    internal static ReadOnlySpan<char> CharsOf(ReadOnlySpan<byte> bytes, Span<char> buffer)
    {
        if (bytes.Length > buffer.Length)
            buffer = new char[bytes.Length];
        return buffer[..Encoding.UTF8.GetChars(bytes, buffer)];
    }

    private static SipParseError Parse(ReadOnlySpan<byte> bytes, SipLentResponse? lent, out SipMessage? message)
    {
        message = null;
        var headerLength = EndOfHeaders(bytes, out var bodyStart, out var lines);
        if (headerLength < 0)
            return SipParseError.HeadersNotEnded;
        Span<char> characters = stackalloc char[UsualValueLength];
        var rest = bytes[..headerLength];
        var startLine = TakeLine(ref rest);
        var error = CheckStartLine(startLine, characters, out var method, out var uri, out var status);
        if (error != SipParseError.None)
            return error;
        if (method is not null || lent is null || !lent.TryBegin(bytes, out var wire, out var headers))
        {
            lent = null;
            wire = bytes.ToArray();
            headers = new SipHeaders(wire, lines - 1);
        }
        while (!rest.IsEmpty)
        {
            error = TryParseHeader(bytes[..headerLength], ref rest, headers);
            if (error != SipParseError.None)
                return error;
        }
        message = method is not null ? new SipRequest(method, uri!, headers)
            : lent is not null ? lent.With(status, ReasonOf(startLine, status))
            : new SipResponse(status, ReasonOf(startLine, status), headers);
        error = Validate(message, characters);
        return error != SipParseError.None ? error : TakeBody(message, wire.AsMemory(bodyStart), characters);
    }

    /// <summary>The length of start line and headers with the last line end, and where the body begins; -1 if no empty line ends
    /// them.</summary>
    private static int EndOfHeaders(ReadOnlySpan<byte> bytes, out int bodyStart, out int lines)
    {
        bodyStart = 0;
        lines = 0;
        for (var i = bytes.IndexOf((byte)'\n'); i >= 0;)
        {
            lines++;
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

    /// <summary>Takes the start line apart: a method with its URI, or a status.</summary>
    private static SipParseError CheckStartLine(
        ReadOnlySpan<byte> line, Span<char> characters, out string? method, out SipUri? uri, out int status)
    {
        (method, uri, status) = (null, null, 0);
        if (SipText.HasControl(line))
            return SipParseError.StartLine;
        if (IsVersion(line))
        {
            var blank = line.IndexOf((byte)' ');
            if (blank < 0)
                return SipParseError.StartLine;
            if (!line[4..blank].SequenceEqual("2.0"u8))
                return SipParseError.Version;
            var code = line[(blank + 1)..];
            return code.Length >= 3 && (code.Length == 3 || code[3] == ' ') && TryReadStatus(code[..3], out status)
                ? SipParseError.None
                : SipParseError.StartLine;
        }
        var first = line.IndexOf((byte)' ');
        var last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last == first || !SipText.IsToken(line[..first]) || !IsVersion(line[(last + 1)..]))
            return SipParseError.StartLine;
        if (!line[(last + 5)..].SequenceEqual("2.0"u8))
            return SipParseError.Version;
        if (!SipUri.TryParse(CharsOf(line[(first + 1)..last], characters), out uri))
            return SipParseError.RequestUri;
        method = SipMethod.Intern(CharsOf(line[..first], characters));
        return SipParseError.None;
    }

    private static bool IsVersion(ReadOnlySpan<byte> text) => text.Length >= 4 && Ascii.EqualsIgnoreCase(text[..4], "SIP/"u8);

    private static bool TryReadStatus(ReadOnlySpan<byte> digits, out int status)
    {
        status = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            status = 10 * status + (digit - '0');
        }
        return status is >= 100 and <= 699;
    }

    private static string ReasonOf(ReadOnlySpan<byte> line, int status)
    {
        const int Before = 12;
        var reason = line.Length > Before ? line[Before..] : [];
        var usual = SipStatus.ReasonOf(status);
        return Ascii.Equals(reason, usual) ? usual : Encoding.UTF8.GetString(reason);
    }

    private static SipParseError TryParseHeader(ReadOnlySpan<byte> all, ref ReadOnlySpan<byte> rest, SipHeaders headers)
    {
        var start = all.Length - rest.Length;
        var line = TakeLine(ref rest);
        // A line that begins with a blank continues the one before (§7.3.1).
        var folded = rest is [(byte)' ' or (byte)'\t', ..];
        if (SipText.HasControl(line))
            return SipParseError.HeaderLine;
        var colon = line.IndexOf((byte)':');
        var name = colon < 0 ? [] : line[..colon].TrimEnd(" \t"u8);
        if (!SipText.IsToken(name))
            return SipParseError.HeaderLine;
        var canonical = SipHeaderName.Canonical(name);
        if (SipHeaderName.IsSingle(canonical) && headers.IndexOf(canonical) >= 0)
            return SipParseError.Repeated;
        var afterColon = line[(colon + 1)..];
        var value = afterColon.TrimStart(" \t"u8);
        start += colon + 1 + afterColon.Length - value.Length;
        value = value.TrimEnd(" \t"u8);
        var isList = SipHeaderName.IsList(canonical);
        if (folded || (isList && value.Contains((byte)',')))
        {
            var text = Encoding.UTF8.GetString(value);
            if (folded && !TryUnfold(ref text, ref rest))
                return SipParseError.HeaderLine;
            return AddValues(canonical, text, isList, headers);
        }
        // The length does not count: it is written even where it was not read, and what was read has to be so again.
        if (headers.Count >= MaxHeaders && canonical != SipHeaderName.ContentLength)
            return SipParseError.TooManyHeaders;
        headers.AddParsed(canonical, start, value.Length);
        return SipParseError.None;
    }

    /// <summary>Adds the continuing lines; each fold counts as one space.</summary>
    private static bool TryUnfold(ref string text, ref ReadOnlySpan<byte> rest)
    {
        var unfolded = new StringBuilder(text);
        while (rest is [(byte)' ' or (byte)'\t', ..])
        {
            var line = TakeLine(ref rest);
            if (SipText.HasControl(line))
                return false;
            unfolded.Append(' ').Append(Encoding.UTF8.GetString(line.Trim(" \t"u8)));
        }
        text = unfolded.ToString().Trim(' ', '\t');
        return true;
    }

    private static SipParseError AddValues(string canonical, ReadOnlySpan<char> value, bool isList, SipHeaders headers)
    {
        for (var comma = isList ? SipText.IndexOutsideQuotes(value, ',') : -1; comma >= 0; comma = SipText.IndexOutsideQuotes(value, ','))
        {
            if (headers.Count >= MaxHeaders)
                return SipParseError.TooManyHeaders;
            headers.AddParsed(canonical, SipText.Trim(value[..comma]).ToString());
            value = SipText.Trim(value[(comma + 1)..]);
        }
        if (headers.Count >= MaxHeaders)
            return SipParseError.TooManyHeaders;
        headers.AddParsed(canonical, value.ToString());
        return SipParseError.None;
    }

    private static SipParseError Validate(SipMessage message, Span<char> characters)
    {
        var headers = message.Headers;
        var via = headers.IndexOf(SipHeaderName.Via);
        if (via < 0 || !SipVia.TryScanBranch(CharsAt(headers, via, characters), out var branch))
            return SipParseError.Via;
        var isOurs = SipBranch.TryRead(branch, out var ours);
        if (!HasAddress(headers, SipHeaderName.From, characters))
            return SipParseError.From;
        if (!HasAddress(headers, SipHeaderName.To, characters))
            return SipParseError.To;
        var callId = headers.IndexOf(SipHeaderName.CallId);
        if (callId < 0 || CharsAt(headers, callId, characters) is var id && (id.IsEmpty || id.IndexOfAny(' ', '\t') >= 0))
            return SipParseError.CallId;
        var cseq = headers.IndexOf(SipHeaderName.CSeq);
        if (cseq < 0 || !SipCSeq.TryScan(CharsAt(headers, cseq, characters), out _, out var method))
            return SipParseError.CSeq;
        if (message is SipRequest request && !method.SequenceEqual(request.Method))
            return SipParseError.CSeqMethod;
        if (isOurs && message is SipResponse response)
            response.Answers = new SipClientKey(ours, SipMethod.Intern(method));
        var hops = headers.IndexOf(SipHeaderName.MaxForwards);
        if (hops >= 0 && !SipText.TryParseNumber(CharsAt(headers, hops, characters), 255, out _))
            return SipParseError.MaxForwards;
        for (var i = headers.IndexOf(SipHeaderName.Contact); i >= 0; i = headers.IndexOf(SipHeaderName.Contact, i + 1))
        {
            var contact = CharsAt(headers, i, characters);
            if (contact is not "*" && !SipAddress.IsValid(contact))
                return SipParseError.Contact;
        }
        return SipParseError.None;
    }

    private static bool HasAddress(SipHeaders headers, string name, Span<char> characters)
    {
        var index = headers.IndexOf(name);
        return index >= 0 && SipAddress.IsValid(CharsAt(headers, index, characters));
    }

    private static ReadOnlySpan<char> CharsAt(SipHeaders headers, int index, Span<char> characters) =>
        headers.TryGetBytesAt(index, out var bytes) ? CharsOf(bytes, characters) : headers.ValueAt(index);

    private static SipParseError TakeBody(SipMessage message, ReadOnlyMemory<byte> rest, Span<char> characters)
    {
        var index = message.Headers.IndexOf(SipHeaderName.ContentLength);
        if (index >= 0)
        {
            if (!SipText.TryParseNumber(CharsAt(message.Headers, index, characters), rest.Length, out var length))
                return SipParseError.ContentLength;
            rest = rest[..(int)length];
        }
        if (!rest.IsEmpty)
            message.SetParsedBody(rest);
        return SipParseError.None;
    }
}
