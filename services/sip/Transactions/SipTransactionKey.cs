namespace FlashCall.Sip;

/// <summary>What messages are matched to transactions by (RFC 3261 §17.1.3, §17.2.3).</summary>
/// <param name="Branch">The branch of the top Via.</param>
/// <param name="Method">The method that made the transaction: INVITE for its ACK.</param>
/// <param name="SentBy">Sent-by of the top Via for a request that came in, since branches are only unique for each peer; empty for our
/// own.</param>
internal readonly record struct SipTransactionKey(string Branch, string Method, string SentBy)
{
    public static SipTransactionKey ForClient(SipMessage message) =>
        new(message.KnownBranch ?? message.TopVia.Branch ?? "", message.KnownMethod ?? message.CSeq.Method, "");

    public static SipTransactionKey ForServer(SipVia via, string method) =>
        new(via.Branch ?? "", method is SipMethod.Ack ? SipMethod.Invite : method, via.SentBy);

    public bool Equals(SipTransactionKey other) => Branch == other.Branch && Method == other.Method && SentBy == other.SentBy;

    /// <summary>The branch alone, which is what tells transactions apart but for an INVITE and its CANCEL.</summary>
    public override int GetHashCode() => Branch.GetHashCode(StringComparison.Ordinal);
}
