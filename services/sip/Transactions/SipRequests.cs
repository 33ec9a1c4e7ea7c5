namespace FlashCall.Sip;

/// <summary>Requests that repeat parts of an INVITE.</summary>
internal static class SipRequests
{
    // Via, Max-Forwards, From, To, Call-ID, CSeq and a route or two.
    private const int UsualHeaders = 8;

    /// <summary>The CANCEL of an INVITE (RFC 3261 §9.1).</summary>
    public static SipRequest CancelOf(SipRequest invite) => Repeat(invite, SipMethod.Cancel, invite);

    /// <summary>The ACK to a final response other than 2xx, part of the INVITE's transaction (RFC 3261 §17.1.1.3).</summary>
    public static SipRequest AckOf(SipRequest invite, SipResponse response) => Repeat(invite, SipMethod.Ack, response);

    /// <summary>A request once more, as a transaction of its own: the next number, no Via (RFC 3261 §8.1.3.5).</summary>
    public static SipRequest AgainOf(SipRequest request)
    {
        var again = new SipRequest(request.Method, request.Uri);
        foreach (var (name, value) in request.Headers)
        {
            if (name is SipHeaderName.CSeq)
                again.Headers.Add(name, (request.CSeq with { Number = request.CSeq.Number + 1 }).ToString());
            else if (name is not SipHeaderName.Via)
                again.Headers.Add(name, value);
        }
        again.SetParsedBody(request.Body);
        return again;
    }

    private static SipRequest Repeat(SipRequest invite, string method, SipMessage toFrom)
    {
        var headers = new SipHeaders([], UsualHeaders);
        headers.CopyFirst(SipHeaderName.Via, invite.Headers);
        headers.Copy(SipHeaderName.Route, invite.Headers);
        headers.AddParsed(SipHeaderName.MaxForwards, "70");
        headers.Copy(SipHeaderName.From, invite.Headers);
        headers.Copy(SipHeaderName.To, toFrom.Headers);
        headers.Copy(SipHeaderName.CallId, invite.Headers);
        headers.AddParsed(SipHeaderName.CSeq, (invite.CSeq with { Method = method }).ToString());
        return new SipRequest(method, invite.Uri, headers) { KnownBranch = invite.KnownBranch, KnownMethod = method };
    }
}
