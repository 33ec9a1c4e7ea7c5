namespace FlashCall.Sip;

/// <summary>Our requests that are under way, and what is left of INVITEs that were refused: who gets a response.</summary>
/// <param name="stack">The stack.</param>
/// <param name="refused">The INVITEs that wait out timer D.</param>
internal sealed class SipClientTransactions(SipStack stack, SipRefusedInvites refused)
{
    private readonly SipOpenRequests _open = new();

    /// <summary>How many there are, those included that only wait for repeats.</summary>
    public int Count => _open.Count + refused.Count;

    public void Begin(SipClientTransaction transaction)
    {
        _open.Add(transaction);
        transaction.Begin();
    }

    /// <summary>Keeps what is left of an INVITE whose transaction is about to be forgotten.</summary>
    public void Keep(in SipRefusedInvite invite, ReadOnlySpan<byte> way) => refused.Add(invite, way);

    public void Forget(SipClientTransaction transaction) => _open.Remove(transaction.Key);

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        _open.Clear();
        refused.Clear();
    }

    /// <summary>Tells those whose request went over a connection that it has ended.</summary>
    public void LoseConnection(SipConnection connection)
    {
        foreach (var transaction in _open.All())
            transaction.LoseConnection(connection);
    }

    public void Receive(SipResponse response)
    {
        // One with further hops was meant for somebody else (RFC 3261 §8.1.3.3).
        if (response.Answers is not { } key || response.Headers.CountOf(SipHeaderName.Via) > 1)
        {
            stack.Counters.CountUnmatched();
        }
        else if (_open.TryFind(key, out var transaction))
        {
            var stays = transaction.KeepsResponses || (response.IsSuccess && key.Method is SipMethod.Invite);
            transaction.Receive(stays ? response.Kept() : response);
        }
        else if (key.Method is SipMethod.Invite && refused.TryFind(key.Branch, out var invite, out var way))
        {
            ReceiveAfterRefusal(key, invite, way, response);
        }
        else
        {
            stack.Counters.CountUnmatched();
        }
    }

    private void ReceiveAfterRefusal(SipClientKey key, SipRefusedInvite invite, byte[] way, SipResponse response)
    {
        if (response.IsSuccess)
        {
            response = response.Kept();
            // Another fork was picked up: from now on the INVITE is as any that was answered.
            var transaction = _open.GetOrAdd(SipInviteClientTransaction.Refused(stack, invite, way, response));
            refused.Remove(key.Branch);
            transaction.Receive(response);
        }
        else if (!response.IsProvisional)
        {
            stack.Retransmit(invite.Hop, SipRequests.AckOf(invite.Bytes(way, response), response));
        }
    }
}
