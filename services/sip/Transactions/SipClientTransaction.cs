namespace FlashCall.Sip;

/// <summary>A request of ours and its responses (RFC 3261 §17.1).</summary>
public abstract class SipClientTransaction
{
    private protected SipClientTransaction(SipStack stack, SipRequest request, SipHop hop, ISipClient client)
    {
        Stack = stack;
        Request = request;
        Hop = hop;
        Client = client;
        Key = SipTransactionKey.ForClient(request.TopVia, request.Method);
        Bytes = request.ToBytes();
    }

    /// <summary>The request as it was sent.</summary>
    public SipRequest Request { get; }

    /// <summary>Where it was sent.</summary>
    public SipHop Hop { get; }

    internal SipTransactionKey Key { get; }

    private protected SipStack Stack { get; }

    private protected ISipClient Client { get; }

    private protected ReadOnlyMemory<byte> Bytes { get; }

    private protected Lock Gate { get; } = new();

    private protected SipTimings Timings => Stack.Timings;

    /// <summary>Sends the request for the first time and starts the timers.</summary>
    internal abstract void Begin();

    /// <summary>Takes a response that belongs to this transaction.</summary>
    internal abstract void Receive(SipResponse response);

    private protected TimeSpan UnlessReliable(TimeSpan time) => Hop.Transport.IsReliable ? TimeSpan.Zero : time;
}
