namespace FlashCall.Sip;

/// <summary>A request of ours and its responses (RFC 3261 §17.1).</summary>
public abstract class SipClientTransaction
{
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
    public SipHop Hop { get; }

    internal SipTransactionKey Key { get; }

    private protected SipStack Stack { get; }

    private protected ISipClient Client { get; }

    private protected ReadOnlyMemory<byte> Bytes { get; }

    private protected Lock Gate { get; } = new();

    private protected SipTimings Timings => Stack.Timings;

    /// <summary>Timer A or E: the next repeat of the request.</summary>
    private protected SipTimer Retransmission { get; }

    /// <summary>Timer B or F while waiting, and whatever ends the states after it.</summary>
    private protected SipTimer Ending { get; }

    /// <summary>The time to the next repeat.</summary>
    private protected TimeSpan Interval { get; set; }

    /// <summary>Sends the request for the first time and starts the timers.</summary>
    internal void Begin()
    {
        lock (Gate)
        {
            if (!Stack.Transmit(Hop, Bytes.Span))
            {
                // Told from a timer's thread, so that the caller hears of it after the call that sent the request.
                Stack.Timers.Start(new SipTimer(FailToSend), TimeSpan.Zero);
                return;
            }
            Stack.Timers.Start(Ending, Timings.Timeout);
            if (!Hop.Transport.IsReliable)
                Stack.Timers.Start(Retransmission, Interval);
        }
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

    private void FailToSend()
    {
        lock (Gate)
            Terminate();
        Client.OnFailure(this, SipClientFailure.Transport);
    }
}
