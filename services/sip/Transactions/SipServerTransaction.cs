using System.Net;

namespace FlashCall.Sip;

/// <summary>A peer's request and our responses (RFC 3261 §17.2).</summary>
public abstract class SipServerTransaction
{
    private protected SipServerTransaction(SipStack stack, SipRequest request, SipHop source)
    {
        Stack = stack;
        Request = request;
        Source = source;
        Key = SipTransactionKey.ForServer(request);
        // Over a connection the response goes back on it; else where the Via says.
        ResponseHop = source.Transport.IsReliable ? source : source with { Remote = request.TopVia.ResponseTarget(source.Remote) };
    }

    /// <summary>What is asked.</summary>
    public SipRequest Request { get; }

    /// <summary>Who asks.</summary>
    public SipHop Source { get; }

    /// <summary>Our side of the dialog that the request may begin: the To tag of every response but 100.</summary>
    public string LocalTag { get; internal init; } = SipId.NewTag();

    internal SipTransactionKey Key { get; }

    private protected SipStack Stack { get; }

    private protected SipHop ResponseHop { get; private set; }

    private protected Lock Gate { get; } = new();

    private protected SipTimings Timings => Stack.Timings;

    /// <summary>A response with what it must repeat of the request, and our tag.</summary>
    /// <param name="status">100 to 699.</param>
    /// <param name="reason">For people; null for the usual phrase.</param>
    public SipResponse CreateResponse(int status, string? reason = null) => SipResponse.For(Request, status, LocalTag, reason);

    /// <summary>Sends a response; see <see cref="Respond(SipResponse)"/>.</summary>
    public bool Respond(int status) => Respond(CreateResponse(status));

    /// <summary>
    /// Sends a response: any number of provisional ones, then a final one, which is sent again as the transaction asks for. A 2xx to an
    /// INVITE is not: who sent it passes it here again and again until the ACK arrives (RFC 3261 §13.3.1.4).
    /// </summary>
    /// <returns>False if it is too late: a final response was sent before, or the transaction is over.</returns>
    public abstract bool Respond(SipResponse response);

    /// <summary>
    /// Leaves the request without any answer, as a peer that is dead would; its repeats too, for 64·T1. Not what RFC 3261 asks for: for
    /// policies against abuse, and for tests.
    /// </summary>
    /// <returns>False if it is too late: a response was sent before.</returns>
    public abstract bool Ignore();

    /// <summary>Sends a response over the connection that the request came on or, if that has ended, over a new one to where the Via says
    /// (RFC 3261 §18.2.2).</summary>
    private protected void Transmit(ReadOnlySpan<byte> response)
    {
        // At once: the next response may come from another thread, and is not to overtake this one.
        if (Stack.Transmit(ResponseHop, response, out _) || ResponseHop.Connection is not { IsInbound: true })
            return;
        var via = Request.TopVia;
        var target = new IPEndPoint(Source.Remote.Address, via.Port ?? Source.Transport.Kind.DefaultPort());
        ResponseHop = new SipHop(Source.Transport, target)
        {
            Tls = Source.Transport.Kind is SipTransportKind.Tls ? new SipTlsProfile(via.Host) : null,
        };
        Stack.Transmit(ResponseHop, response, out _);
    }

    /// <summary>The request came again.</summary>
    internal abstract void ReceiveAgain();
}
