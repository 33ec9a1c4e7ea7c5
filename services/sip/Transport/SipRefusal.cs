using System.Net;

namespace FlashCall.Sip;

/// <summary>The answer to a request that cannot be taken as it stands in a stream (RFC 3261 §18.3).</summary>
internal static class SipRefusal
{
    /// <summary>The response; null if the bytes are no request, or an ACK, to which there is no response.</summary>
    /// <param name="headers">Start line and headers with the empty line.</param>
    /// <param name="source">Where they came from.</param>
    /// <param name="status">400 to 699.</param>
    /// <param name="reason">For people; null for the usual phrase.</param>
    public static SipResponse? Of(ReadOnlySpan<byte> headers, IPEndPoint source, int status, string? reason)
    {
        // Without the line that announces a body, or the parser would miss the body.
        if (!SipParser.TryParse(WithoutContentLength(headers), out var message, out _)
            || message is not SipRequest request || request.Method == SipMethod.Ack)
        {
            return null;
        }
        request.Headers.SetFirst(SipHeaderName.Via, request.TopVia.WithSource(source).Text);
        return SipResponse.For(request, status, SipId.NewTag(), reason);
    }

    private static byte[] WithoutContentLength(ReadOnlySpan<byte> headers)
    {
        var kept = new List<byte>(headers.Length);
        var skipping = false;
        while (!headers.IsEmpty)
        {
            var end = headers.IndexOf((byte)'\n') + 1;
            var line = end > 0 ? headers[..end] : headers;
            headers = headers[line.Length..];
            // Continued lines go with the one that they continue.
            if (line[0] is not ((byte)' ' or (byte)'\t'))
                skipping = SipStreamFramer.IsContentLengthLine(line);
            if (!skipping)
                kept.AddRange(line);
        }
        return [.. kept];
    }
}
