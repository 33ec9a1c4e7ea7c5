namespace FlashCall.Sip;

/// <summary>Requests that repeat parts of an INVITE of ours, taken line by line from the bytes that went out: they have to be the same to
/// the letter.</summary>
internal static class SipRequests
{
    /// <summary>The CANCEL of an INVITE (RFC 3261 §9.1).</summary>
    public static byte[] CancelOf(ReadOnlySpan<byte> invite) => Repeat(invite, SipMethod.Cancel, response: null).ToArray();

    /// <summary>The ACK to a final response other than 2xx, part of the INVITE's transaction (RFC 3261 §17.1.1.3).</summary>
    /// <returns>Valid until this thread writes the next message.</returns>
    public static ReadOnlySpan<byte> AckOf(ReadOnlySpan<byte> invite, SipResponse response) => Repeat(invite, SipMethod.Ack, response);

    /// <summary>What an INVITE says of its way, the request line and the routes, which no response repeats.</summary>
    /// <returns>Valid until this thread writes the next message.</returns>
    public static ReadOnlySpan<byte> WayOf(ReadOnlySpan<byte> invite)
    {
        var writer = SipWriter.Begin();
        writer.AddLine(SipParser.TakeLine(ref invite));
        for (var line = SipParser.TakeLine(ref invite); !line.IsEmpty; line = SipParser.TakeLine(ref invite))
        {
            if (line.StartsWith("Route: "u8))
                writer.AddLine(line);
        }
        return writer.End();
    }

    /// <summary>An INVITE put together again from its way, its Via, and what a response to it repeats (RFC 3261 §8.2.6.2): enough to
    /// acknowledge the response with.</summary>
    public static byte[] InviteOf(ReadOnlySpan<byte> way, string via, SipResponse response)
    {
        var writer = SipWriter.Begin();
        writer.Add(way);
        writer.Add("Via: "u8);
        writer.Add(via);
        writer.Add("\r\n"u8);
        foreach (var name in (ReadOnlySpan<string>)[SipHeaderName.From, SipHeaderName.To, SipHeaderName.CallId, SipHeaderName.CSeq])
            writer.AddHeader(response.Headers, response.Headers.IndexOf(name));
        writer.Add("\r\n"u8);
        return writer.End().ToArray();
    }

    private static ReadOnlySpan<byte> Repeat(ReadOnlySpan<byte> invite, string method, SipResponse? response)
    {
        var writer = SipWriter.Begin();
        writer.Add(method);
        writer.AddLine(SipParser.TakeLine(ref invite)[SipMethod.Invite.Length..]);
        writer.AddLine("Max-Forwards: 70"u8);
        for (var line = SipParser.TakeLine(ref invite); !line.IsEmpty; line = SipParser.TakeLine(ref invite))
        {
            if (line.StartsWith("CSeq: "u8))
            {
                writer.Add(line[..^SipMethod.Invite.Length]);
                writer.Add(method);
                writer.Add("\r\n"u8);
            }
            else if (response is not null && line.StartsWith("To: "u8))
            {
                writer.AddHeader(response.Headers, response.Headers.IndexOf(SipHeaderName.To));
            }
            else if (line.StartsWith("Via: "u8) || line.StartsWith("From: "u8) || line.StartsWith("To: "u8)
                || line.StartsWith("Call-ID: "u8) || line.StartsWith("Route: "u8))
            {
                writer.AddLine(line);
            }
        }
        writer.Add("Content-Length: 0\r\n\r\n"u8);
        return writer.End();
    }
}
