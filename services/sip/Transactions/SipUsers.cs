namespace FlashCall.Sip;

/// <summary>
/// Who sent a request and waits for its responses: the transaction user of RFC 3261 §5. Called on the thread that received the message or
/// on that of the timers, for one transaction possibly before the call that sent the request has returned. Takes its own lock, and does not
/// block.
/// </summary>
public interface ISipClient
{
    /// <summary>A response has come: each provisional one, the final one once, and each 2xx to an INVITE every time it comes, also from
    /// other forks.</summary>
    void OnResponse(SipClientTransaction transaction, SipResponse response);

    /// <summary>Whether responses are still looked at when <see cref="OnResponse"/> has returned. One that says no may keep strings and
    /// addresses out of them, but of the responses themselves only a 2xx to an INVITE: the room of the others is used again, which for many calls a
    /// second spares the garbage collector a third of its work. Always gives the same answer.</summary>
    bool KeepsResponses => true;

    /// <summary>Who is told of a 2xx that comes after a refusal, from another fork; null for this client. Asked once, when the refusal was
    /// told. What it says is kept for half a minute with those of all other calls, and costs least where many calls have one
    /// <see cref="ISipLateAnswers"/>.</summary>
    SipAfterRefusal? AfterRefusal => null;

    /// <summary>No final response will come. The last call for this transaction.</summary>
    void OnFailure(SipClientTransaction transaction, SipClientFailure failure);
}

/// <summary>Stands in for the clients of many calls while nothing is kept of these but a name: for half a minute after their refusals.
/// Called on the thread that received the 2xx.</summary>
public interface ISipLateAnswers
{
    /// <summary>The client of a call that is answered after all; asked once for each.</summary>
    /// <param name="call">The name it was given.</param>
    ISipClient ClientOf(Guid call);
}

/// <summary>Who is told of a 2xx that comes after a refusal.</summary>
public readonly record struct SipAfterRefusal
{
    private SipAfterRefusal(object who, Guid call) => (Who, Call) = (who, call);

    /// <summary>The <see cref="ISipClient"/>, or <see cref="ISipLateAnswers"/>.</summary>
    internal object Who { get; }

    /// <summary>What the call is named to the latter.</summary>
    internal Guid Call { get; }

    /// <summary>The client. To be asked once: it may be made for it.</summary>
    internal ISipClient Client => Who is ISipLateAnswers late ? late.ClientOf(Call) : (ISipClient)Who;

    /// <summary>A client of the call's own.</summary>
    public static SipAfterRefusal To(ISipClient client) => new(client, default);

    /// <summary>One that is made if it comes to that.</summary>
    /// <param name="late">Who makes it.</param>
    /// <param name="call">What it shall be told the call is.</param>
    public static SipAfterRefusal To(ISipLateAnswers late, Guid call) => new(late, call);

    internal static SipAfterRefusal Of(object who, Guid call) => new(who, call);
}

/// <summary>Why no final response comes.</summary>
public enum SipClientFailure
{
    /// <summary>None came in time (timers B and F of RFC 3261 §17.1). For an INVITE: not even a provisional one.</summary>
    Timeout,

    /// <summary>The request did not leave: no route, a full queue, or a connection that could not be opened. The peer has not got it,
    /// and it may go to another.</summary>
    Transport,

    /// <summary>The connection ended after the request had been handed to it and before a response came. Whether the peer has got it is
    /// not known.</summary>
    ConnectionLost,

    /// <summary>The INVITE was cancelled and nothing final came within 64·T1 (RFC 3261 §9.1).</summary>
    CancelTimeout,
}

/// <summary>
/// Who answers requests: the server core of RFC 3261 §5. Called on the thread that received the message; takes its own lock, and does not
/// block.
/// </summary>
public interface ISipServer
{
    /// <summary>
    /// A new request, anything but ACK and CANCEL; repeats are answered below. Answer with
    /// <see cref="SipServerTransaction.Respond(SipResponse)"/>, now or later. The stack sends a 100 for an INVITE that is not answered
    /// when this returns, and a 500 if this throws.
    /// </summary>
    void OnRequest(SipServerTransaction transaction);

    /// <summary>The caller gave up an INVITE that has no final response yet. The CANCEL itself is answered; answer the INVITE with
    /// 487.</summary>
    void OnCancel(SipServerTransaction invite);

    /// <summary>An ACK to a 2xx (those to other responses are handled below). May come more than once.</summary>
    void OnAck(SipRequest ack, SipHop source);

    /// <summary>No ACK came for the final response to an INVITE other than 2xx within 64·T1 (timer H). The transaction is over.</summary>
    void OnUnacknowledged(SipServerTransaction invite);
}
