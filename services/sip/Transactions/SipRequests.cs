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
