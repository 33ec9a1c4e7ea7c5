using System.Collections.Concurrent;

namespace FlashCall.Sip;

/// <summary>Open requests of peers by what stays the same when a proxy sends one to us along two ways (RFC 3261 §8.2.2.2).</summary>
internal sealed class SipMergedRequests
{
    private readonly ConcurrentDictionary<Identity, SipServerTransaction> _open = new();

    /// <summary>Adds a request, unless it lies within a dialog, where the same request does not come along two ways.</summary>
    /// <returns>False if another open transaction has the same request.</returns>
    public bool TryAdd(SipServerTransaction transaction) =>
        IdentityOf(transaction.Request) is not { } identity || ReferenceEquals(_open.GetOrAdd(identity, transaction), transaction);

    /// <summary>Forgets a request; nothing happens if another transaction stands for it.</summary>
    public void Remove(SipServerTransaction transaction)
    {
        if (IdentityOf(transaction.Request) is { } identity)
            _open.TryRemove(KeyValuePair.Create(identity, transaction));
    }

    public void Clear() => _open.Clear();

    private static Identity? IdentityOf(SipRequest request) =>
        request.Method is SipMethod.Cancel or SipMethod.Ack || request.To.Tag is not null || request.From.Tag is not { } tag
            ? null
            : new Identity(request.CallId, tag, request.CSeq);

    private sealed record Identity(string CallId, string FromTag, SipCSeq CSeq);
}
