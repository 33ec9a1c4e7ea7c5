namespace FlashCall.Sip;

/// <summary>What requests of peers are matched to transactions by (RFC 3261 §17.2.3).</summary>
/// <param name="Branch">The branch of the top Via; of a request from a peer older than RFC 3261, what names its transaction
/// instead.</param>
/// <param name="Method">The method that made the transaction: INVITE for its ACK.</param>
/// <param name="SentBy">Sent-by of the top Via, since branches are only unique for each peer.</param>
internal readonly record struct SipTransactionKey(string Branch, string Method, string SentBy)
{
    /// <summary>The transaction of a request that came in.</summary>
    public static SipTransactionKey ForServer(SipRequest request) => ForServer(request, request.Method);

    /// <summary>The transaction of this method that a request belongs to: the INVITE that a CANCEL means.</summary>
    public static SipTransactionKey ForServer(SipRequest request, string method)
    {
        var via = request.TopVia;
        return new SipTransactionKey(
            via.HasCookie ? via.Branch : WithoutCookie(request), method is SipMethod.Ack ? SipMethod.Invite : method, via.SentBy);
    }

    public bool Equals(SipTransactionKey other) => Branch == other.Branch && Method == other.Method && SentBy == other.SentBy;

    /// <summary>The branch alone, which is what tells transactions apart but for an INVITE and its CANCEL.</summary>
    public override int GetHashCode() => Branch.GetHashCode(StringComparison.Ordinal);

    /// <summary>What an RFC 2543 peer repeats unchanged in repeats, ACK and CANCEL (RFC 3261 §17.2.3). The To tag is left out: an ACK has
    /// ours, its INVITE none, and two dialogs of a peer never share Call-ID, From tag and number at once. No part holds a line
    /// feed.</summary>
    private static string WithoutCookie(SipRequest request) =>
        $"{request.CallId}\n{request.CSeq.Number}\n{request.From.Tag}\n{request.Uri.Text}\n{request.TopVia.Text}";
}
