namespace FlashCall.Sip;

/// <summary>A request of ours and its responses (RFC 3261 §17.1). It is its own timer and its own lock: thousands are under way at once,
/// and each object more of them makes the garbage collector's stops longer.</summary>
public abstract class SipClientTransaction : SipTimed
{
    private const long Never = long.MaxValue;

    private SipSent _sent;
    // Where the request goes if the connection that it is too long to do without cannot be opened.
    private Alternative? _otherwise;
    // Timer A or E, the next repeat of the request; and timer B or F while waiting, then whatever ends the states after it. The timer runs
    // for what comes first.
    private long _repeatAt = Never;
    private long _endAt = Never;

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

    /// <summary>What changes are made under.</summary>
    private protected object Gate => this;

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
                _otherwise = new Alternative(Hop);
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
        Await(end: null, repeat: null);
        Stack.Clients.Forget(this);
    }

    /// <summary>Whether what <see cref="Await"/> was told last is over; not so if something stopped it in the moment it ran.</summary>
    private protected bool IsEndDue => _endAt <= Stack.Timers.Now;

    /// <summary>Ends the transaction after a time and repeats the request after another; null stops the one or the other. To be called
    /// with <see cref="Gate"/> held, as the next.</summary>
    private protected void Await(TimeSpan? end, TimeSpan? repeat)
    {
        var timers = Stack.Timers;
        var ran = _endAt != Never || _repeatAt != Never;
        _endAt = end is { } last ? timers.TickIn(last) : Never;
        _repeatAt = repeat is { } next ? timers.TickIn(next) : Never;
        if (end is not null || repeat is not null)
            timers.Start(this, Math.Min(_endAt, _repeatAt));
        else if (ran)
            timers.Stop(this);
    }

    /// <summary>Repeats the request after <see cref="Interval"/>, and leaves the end where it is.</summary>
    private protected void AwaitRepeat()
    {
        _repeatAt = Stack.Timers.TickIn(Interval);
        Stack.Timers.Start(this, Math.Min(_endAt, _repeatAt));
    }

    /// <inheritdoc/>
    protected internal sealed override void Run()
    {
        bool isEnd;
        lock (Gate)
        {
            var now = Stack.Timers.Now;
            isEnd = _endAt <= now;
            // Stopped or started anew in the moment it ran.
            if (!isEnd && _repeatAt > now)
                return;
        }
        if (isEnd)
            End();
        else
            Retransmit();
    }

    private bool TrySend()
    {
        // A CANCEL that a datagram did not carry off is repeated; nobody else could do anything about it.
        var isSent = Key.Method is SipMethod.Cancel && !Hop.Transport.IsReliable
            ? Stack.Post(Hop, Bytes)
            : Stack.Transmit(Hop, Bytes, out _sent);
        if (!isSent)
            return false;
        Await(end: Timings.Timeout, repeat: Hop.Transport.IsReliable ? null : Interval);
        return true;
    }

    private bool TryOtherwise()
    {
        if (_otherwise is not { } otherwise)
            return false;
        _otherwise = null;
        GoBy(otherwise.Hop);
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

    private sealed record Alternative(SipHop Hop);
}
