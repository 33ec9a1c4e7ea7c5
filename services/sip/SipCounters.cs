using System.Diagnostics.Metrics;

namespace FlashCall.Sip;

/// <summary>What a stack has counted since it was made. Also published as metrics of the meter <c>FlashCall</c>, named
/// <c>flashcall.sip.*</c>.</summary>
public sealed class SipCounters : IDisposable
{
    private readonly Meter _meter = new("FlashCall");
    private long _received;
    private long _sent;
    private long _malformed;
    private long _keepAlives;
    private long _refused;
    private long _overload;
    private long _unmatched;
    private long _retransmitted;
    private long _duplicates;
    private long _sendFailures;
    private long _faults;

    /// <summary>Nothing counted yet.</summary>
    /// <param name="openTransactions">How many transactions are open now.</param>
    internal SipCounters(Func<int> openTransactions)
    {
        _meter.CreateObservableUpDownCounter(
            "flashcall.sip.transactions", openTransactions, "{transaction}",
            "Transactions that are open, those included that only wait for repeats.");
        Publish("received", "Messages that were received and could be read.", () => Received);
        Publish("sent", "Messages that were sent, repeats included.", () => Sent);
        Publish("malformed", "Messages that could not be read.", () => Malformed);
        Publish("refused", "Requests that the stack itself answered with an error.", () => Refused);
        Publish("overload", "Requests beyond the limit of open ones, answered with 503.", () => Overload);
        Publish("keep_alives", "Datagrams of line ends alone.", () => KeepAlives);
        Publish("unmatched", "Responses and CANCELs that belong to no transaction of ours.", () => Unmatched);
        Publish("retransmitted", "Messages that were sent again.", () => Retransmitted);
        Publish("duplicates", "Requests that a peer sent again.", () => Duplicates);
        Publish("send_failures", "Messages that the transport could not send.", () => SendFailures);
        Publish("faults", "Exceptions in the code above the stack, and errors while receiving.", () => Faults);
    }

    /// <summary>Messages that were received and could be read.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Messages that were sent, repeats included.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Messages that could not be read. Of requests those that say enough are answered and counted as
    /// <see cref="Refused"/> too, the others are dropped.</summary>
    public long Malformed => Interlocked.Read(ref _malformed);

    /// <summary>Requests that the stack itself has answered with an error: malformed, of another version, looped, of a URI scheme that
    /// is not spoken here, or from before RFC 3261.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Requests beyond <see cref="SipStackOptions.MaxServerTransactions"/>, answered with 503.</summary>
    public long Overload => Interlocked.Read(ref _overload);

    /// <summary>Datagrams of line ends alone.</summary>
    public long KeepAlives => Interlocked.Read(ref _keepAlives);

    /// <summary>Responses and CANCELs that belong to no transaction of ours, repeats of responses to requests other than INVITE among
    /// them.</summary>
    public long Unmatched => Interlocked.Read(ref _unmatched);

    /// <summary>Messages that were sent again.</summary>
    public long Retransmitted => Interlocked.Read(ref _retransmitted);

    /// <summary>Requests that a peer sent again.</summary>
    public long Duplicates => Interlocked.Read(ref _duplicates);

    /// <summary>Messages that the transport could not send.</summary>
    public long SendFailures => Interlocked.Read(ref _sendFailures);

    /// <summary>Exceptions in the code above the stack, and errors while receiving.</summary>
    public long Faults => Interlocked.Read(ref _faults);

    /// <summary>Takes the metrics back; the counts stay readable.</summary>
    public void Dispose() => _meter.Dispose();

    internal void CountReceived() => Interlocked.Increment(ref _received);

    internal void CountSent() => Interlocked.Increment(ref _sent);

    internal void CountMalformed() => Interlocked.Increment(ref _malformed);

    internal void CountRefused() => Interlocked.Increment(ref _refused);

    internal void CountOverload() => Interlocked.Increment(ref _overload);

    internal void CountKeepAlive() => Interlocked.Increment(ref _keepAlives);

    internal void CountUnmatched() => Interlocked.Increment(ref _unmatched);

    internal void CountRetransmitted() => Interlocked.Increment(ref _retransmitted);

    internal void CountDuplicate() => Interlocked.Increment(ref _duplicates);

    internal void CountSendFailure() => Interlocked.Increment(ref _sendFailures);

    /// <summary>What was counted as sent has not left after all.</summary>
    internal void CountUnsent()
    {
        Interlocked.Decrement(ref _sent);
        CountSendFailure();
    }

    internal void CountFault() => Interlocked.Increment(ref _faults);

    private void Publish(string name, string description, Func<long> read) =>
        _meter.CreateObservableCounter($"flashcall.sip.{name}", read, unit: "{message}", description);
}
