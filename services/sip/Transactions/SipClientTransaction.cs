namespace FlashCall.Sip;

/// <summary>A request of ours and its responses (RFC 3261 §17.1).</summary>
public abstract class SipClientTransaction
{
    private SipSent _sent;
    // Where the request goes if the connection that it is too long to do without cannot be opened.
    private SipHop? _otherwise;
    // Timer A or E, the next repeat of the request; and timer B or F while waiting, then whatever ends the states after it. While a phone
    // rings neither runs, and neither is there.
    private SipTimer? _retransmission;
    private SipTimer? _ending;

    private protected SipClientTransaction(SipStack stack, SipClientKey key, byte[] bytes, SipHop hop, ISipClient client)
    {
        Stack = stack;
        Key = key;
        Bytes = bytes;
        Hop = hop;
        Client = client;
        Interval = Timings.T1;
    }

    /// <summary>The request as it was sent; of an INVITE that was refused, and answered with a 2xx after all, what responses repeat of it.
    /// Read anew each time: thousands of calls that ring at once keep nothing but its bytes, and few are asked for it.</summary>
    public SipRequest Request => SipParser.TryParse(Bytes, out var message, out var error) && message is SipRequest request
        ? request
        : throw new InvalidOperationException($"A request of ours could not be read again: {error}.");

    /// <summary>Where it was sent.</summary>
    public SipHop Hop { get; private set; }

    internal SipClientKey Key { get; }

    /// <summary>Whether who waits for the responses may keep those that are no 2xx.</summary>
    internal bool KeepsResponses => Client.KeepsResponses;

    private protected SipStack Stack { get; }

    private protected ISipClient Client { get; }

    /// <summary>The request as it goes out.</summary>
    private protected byte[] Bytes { get; private set; }

    private protected Lock Gate { get; } = new();

    private protected SipTimings Timings => Stack.Timings;

    /// <summary>The time to the next repeat.</summary>
    private protected TimeSpan Interval { get; set; }

    /// <summary>Whether a response is still to come without which the request has failed.</summary>
    private protected abstract bool IsUnanswered { get; }

    /// <summary>Sends the request for the first time and starts the timers.</summary>
    internal void Begin()
    {
        lock (Gate)
        {
            // The CANCEL goes the way of its INVITE, whatever its length.
            if (Key.Method != SipMethod.Cancel && Stack.InsteadOfDatagrams(Hop, Bytes.Length) is { } connection)
            {
                _otherwise = Hop;
                GoBy(connection);
            }
            if (!TrySend() && !TryOtherwise())
            {
                // Told from a timer's thread, so that the caller hears of it after the call that sent the request.
                Stack.Timers.Start(new SipTimer(FailToSend), TimeSpan.Zero);
            }
        }
    }

    /// <summary>A connection has ended. If the request went over it and nothing has been heard, nothing will be.</summary>
    internal void LoseConnection(SipConnection connection)
    {
        SipClientFailure failure;
        lock (Gate)
        {
            if (!ReferenceEquals(_sent.Connection, connection) || !IsUnanswered)
                return;
            var mayHaveLeft = connection.MayHaveLeft(_sent.Number);
            if (!mayHaveLeft && TryOtherwise())
                return;
            failure = mayHaveLeft ? SipClientFailure.ConnectionLost : SipClientFailure.Transport;
            Terminate();
        }
        Client.OnFailure(this, failure);
    }

    /// <summary>Takes a response that belongs to this transaction.</summary>
    internal abstract void Receive(SipResponse response);

    /// <summary>The time for the next repeat has come.</summary>
    private protected abstract void Retransmit();

    /// <summary>The time of the state that the transaction is in is over.</summary>
    private protected abstract void End();

    /// <summary>Puts the transaction's own state to its end; the rest of <see cref="Terminate"/> is the same for all.</summary>
    private protected abstract void EnterTerminated();

    /// <summary>The end of the transaction. To be called with <see cref="Gate"/> held.</summary>
    private protected void Terminate()
    {
        EnterTerminated();
        StopRepeats();
        StopEnd();
        Stack.Clients.Forget(this);
    }

    /// <summary>Repeats the request after <see cref="Interval"/>.</summary>
    private protected void StartRepeat() => Stack.Timers.Start(
        _retransmission ??= new SipTimer(static transaction => ((SipClientTransaction)transaction).Retransmit(), this), Interval);

    private protected void StopRepeats() => Stop(ref _retransmission);

    /// <summary>Ends the transaction after a time.</summary>
    private protected void StartEnd(TimeSpan after) => Stack.Timers.Start(
        _ending ??= new SipTimer(static transaction => ((SipClientTransaction)transaction).End(), this), after);

    private protected void StopEnd() => Stop(ref _ending);

    private void Stop(ref SipTimer? timer)
    {
        if (timer is not null)
            Stack.Timers.Stop(timer);
        timer = null;
    }

    private bool TrySend()
    {
        // A CANCEL that a datagram did not carry off is repeated; nobody else could do anything about it.
        var isSent = Key.Method is SipMethod.Cancel && !Hop.Transport.IsReliable
            ? Stack.Post(Hop, Bytes)
            : Stack.Transmit(Hop, Bytes, out _sent);
        if (!isSent)
            return false;
        StartEnd(Timings.Timeout);
        if (!Hop.Transport.IsReliable)
            StartRepeat();
        return true;
    }

    private bool TryOtherwise()
    {
        if (_otherwise is not { } hop)
            return false;
        _otherwise = null;
        GoBy(hop);
        return TrySend();
    }

    /// <summary>Takes another way; the branch, and with it what names the transaction, stays.</summary>
    private void GoBy(SipHop hop)
    {
        Hop = hop;
        var request = Request;
        request.Headers.SetFirst(SipHeaderName.Via, SipVia.TextOf(hop.Transport.Protocol, hop.LocalAddress, Key.Branch.Text));
        Bytes = request.ToBytes();
    }

    private void FailToSend()
    {
        lock (Gate)
            Terminate();
        Client.OnFailure(this, SipClientFailure.Transport);
    }
}
