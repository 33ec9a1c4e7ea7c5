namespace FlashCall.Sip;

/// <summary>A request of ours and its responses (RFC 3261 §17.1).</summary>
public abstract class SipClientTransaction
{
    private SipSent _sent;
    // Where the request goes if the connection that it is too long to do without cannot be opened.
    private SipHop? _otherwise;
    private SipRequest? _request;

    private protected SipClientTransaction(SipStack stack, SipRequest request, SipHop hop, ISipClient client)
    {
        Stack = stack;
        _request = request;
        Hop = hop;
        Client = client;
        Key = SipTransactionKey.ForClient(request);
        Bytes = request.ToBytes();
        Interval = Timings.T1;
        Retransmission = new SipTimer(static transaction => ((SipClientTransaction)transaction).Retransmit(), this);
        Ending = new SipTimer(static transaction => ((SipClientTransaction)transaction).End(), this);
    }

    /// <summary>The request as it was sent.</summary>
    public SipRequest Request => _request ?? Reread();

    /// <summary>Where it was sent.</summary>
    public SipHop Hop { get; private set; }

    internal SipTransactionKey Key { get; }

    private protected SipStack Stack { get; }

    private protected ISipClient Client { get; }

    private protected ReadOnlyMemory<byte> Bytes { get; private set; }

    private protected Lock Gate { get; } = new();

    private protected SipTimings Timings => Stack.Timings;

    /// <summary>Timer A or E: the next repeat of the request.</summary>
    private protected SipTimer Retransmission { get; }

    /// <summary>Timer B or F while waiting, and whatever ends the states after it.</summary>
    private protected SipTimer Ending { get; }

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
            if (Request.Method != SipMethod.Cancel && Stack.InsteadOfDatagrams(Hop, Bytes.Length) is { } connection)
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

    /// <summary><see cref="Retransmission"/> has run.</summary>
    private protected abstract void Retransmit();

    /// <summary><see cref="Ending"/> has run.</summary>
    private protected abstract void End();

    /// <summary>Puts the transaction's own state to its end; the rest of <see cref="Terminate"/> is the same for all.</summary>
    private protected abstract void EnterTerminated();

    /// <summary>The end of the transaction. To be called with <see cref="Gate"/> held.</summary>
    private protected void Terminate()
    {
        EnterTerminated();
        Stack.Timers.Stop(Retransmission);
        Stack.Timers.Stop(Ending);
        Stack.Forget(this);
    }

    /// <summary>
    /// Lets the request go but for its bytes. A transaction that is all but over waits half a minute for repeats, with thousands of others,
    /// and the bytes are all that is needed, if anything.
    /// </summary>
    private protected void ReleaseRequest() => _request = null;

    private SipRequest Reread() => SipParser.TryParse(Bytes.Span, out var message, out var error) && message is SipRequest request
        ? request
        : throw new InvalidOperationException($"A request of ours could not be read again: {error}.");

    private protected TimeSpan UnlessReliable(TimeSpan time) => Hop.Transport.IsReliable ? TimeSpan.Zero : time;

    private bool TrySend()
    {
        if (!Stack.Transmit(Hop, Bytes.Span, out _sent))
            return false;
        Stack.Timers.Start(Ending, Timings.Timeout);
        if (!Hop.Transport.IsReliable)
            Stack.Timers.Start(Retransmission, Interval);
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
        Request.Headers.SetFirst(
            SipHeaderName.Via, SipVia.Create(hop.Transport.Protocol, hop.LocalAddress, Request.TopVia.Branch!).Text);
        Bytes = Request.ToBytes();
    }

    private void FailToSend()
    {
        lock (Gate)
            Terminate();
        Client.OnFailure(this, SipClientFailure.Transport);
    }
}
