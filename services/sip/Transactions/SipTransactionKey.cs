namespace FlashCall.Sip;

/// <summary>What messages are matched to transactions by (RFC 3261 §17.1.3, §17.2.3).</summary>
/// <param name="Branch">The branch of the top Via.</param>
/// <param name="Method">The method that made the transaction: INVITE for its ACK.</param>
/// <param name="SentBy">Sent-by of the top Via for a request that came in, since branches are only unique for each peer; empty for our
/// own.</param>
internal readonly record struct SipTransactionKey(string Branch, string Method, string SentBy)
{
    public static SipTransactionKey ForClient(SipVia via, string method) => new(via.Branch ?? "", method, "");

    public static SipTransactionKey ForServer(SipVia via, string method) =>
        new(via.Branch ?? "", method is SipMethod.Ack ? SipMethod.Invite : method, via.SentBy);
}
