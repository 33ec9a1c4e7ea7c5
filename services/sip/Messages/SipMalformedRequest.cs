using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;

namespace FlashCall.Sip;

/// <summary>What can be told of a request that the parser refused: enough to answer it, so that its sender learns what is wrong instead of
/// trying again for half a minute (RFC 3261 §8.2, §18.3; RFC 4475 §3.1.2).</summary>
internal static class SipMalformedRequest
{
    // What a response repeats (§8.2.6.2).
    private static readonly string[] Repeated =
        [SipHeaderName.Via, SipHeaderName.From, SipHeaderName.To, SipHeaderName.CallId, SipHeaderName.CSeq];

    /// <summary>Makes the response.</summary>
    /// <param name="bytes">What the parser refused.</param>
    /// <param name="error">Why.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="response">The response, its Via marked with the source.</param>
    /// <param name="via">The hop that it goes back to.</param>
    /// <returns>False for a response, an ACK, and a request that lacks a Via that can be read, or From, To, Call-ID or CSeq
    /// altogether.</returns>
    public static bool TryAnswer(
        ReadOnlySpan<byte> bytes,
        SipParseError error,
        IPEndPoint source,
        [NotNullWhen(true)] out SipResponse? response,
        [NotNullWhen(true)] out SipVia? via)
    {
        (response, via) = (null, null);
        if (error is SipParseError.KeepAlive or SipParseError.None)
            return false;
        bytes = bytes.TrimStart("\r\n"u8);
        if (!IsRequest(SipParser.TakeLine(ref bytes)))
            return false;
        var headers = new SipHeaders();
        if (!TryCollect(bytes, headers) || !SipVia.TryParse(headers[SipHeaderName.Via], out via))
            return false;
        via = via.WithSource(source);
        headers.SetFirst(SipHeaderName.Via, via.Text);
        // A To that can be read gets a tag, as every response but a 100 has one (§8.2.6.2).
        if (SipAddress.TryParse(headers[SipHeaderName.To], out var to) && to.Tag is null)
            headers.SetFirst(SipHeaderName.To, to.WithTag(SipId.NewTag()).Text);
        response = new SipResponse(SipParseErrors.StatusOf(error), SipParseErrors.ReasonOf(error), headers);
        return true;
    }

    /// <summary>A line that begins with a method other than ACK and names a version of SIP, which garbage does not.</summary>
    private static bool IsRequest(ReadOnlySpan<byte> line)
    {
        var blank = line.IndexOf((byte)' ');
        var version = line.LastIndexOf(" SIP/"u8);
        return blank > 0 && version >= blank
            && SipText.IsToken(line[..blank]) && !line[..blank].SequenceEqual("ACK"u8);
    }

    /// <summary>Takes the fields that a response repeats, as they stand; of those that stand twice but may not the first. False if one is
    /// missing.</summary>
    private static bool TryCollect(ReadOnlySpan<byte> bytes, SipHeaders headers)
    {
        string? last = null;
        var value = new StringBuilder();
        while (!bytes.IsEmpty && headers.Count < SipParser.MaxHeaders)
        {
            var line = SipParser.TakeLine(ref bytes);
            if (line.IsEmpty)
                break;
            if (line[0] is (byte)' ' or (byte)'\t')
            {
                value.Append(' ').Append(Encoding.UTF8.GetString(line.Trim(" \t"u8)));
                continue;
            }
            Add(headers, last, value);
            last = NameOf(line, out var text);
            value.Clear().Append(Encoding.UTF8.GetString(text));
        }
        Add(headers, last, value);
        foreach (var name in Repeated)
        {
            if (headers.IndexOf(name) < 0)
                return false;
        }
        return true;
    }

    private static string? NameOf(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> value)
    {
        var colon = line.IndexOf((byte)':');
        value = colon < 0 ? [] : line[(colon + 1)..].Trim(" \t"u8);
        var name = colon < 0 ? [] : line[..colon].TrimEnd(" \t"u8);
        return SipText.IsToken(name) ? SipHeaderName.Canonical(name) : null;
    }

    private static void Add(SipHeaders headers, string? name, StringBuilder value)
    {
        if (name is null || !Repeated.Contains(name, StringComparer.Ordinal)
            || (SipHeaderName.IsSingle(name) && headers.IndexOf(name) >= 0))
        {
            return;
        }
        // Control characters are not sent back, whatever they were meant to do.
        for (var i = 0; i < value.Length; i++)
        {
            if (char.IsControl(value[i]) && value[i] != '\t')
                value[i] = '?';
        }
        var text = value.ToString().Trim(' ', '\t');
        var comma = name == SipHeaderName.Via ? SipText.IndexOutsideQuotes(text, ',') : -1;
        for (; comma >= 0 && headers.Count < SipParser.MaxHeaders; comma = SipText.IndexOutsideQuotes(text, ','))
        {
            headers.AddParsed(name, text[..comma].Trim(' ', '\t'));
            text = text[(comma + 1)..].Trim(' ', '\t');
        }
        headers.AddParsed(name, text);
    }
}
