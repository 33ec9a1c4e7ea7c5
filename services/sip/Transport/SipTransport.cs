using System.Net;

namespace FlashCall.Sip;

/// <summary>One whole message has arrived.</summary>
/// <param name="message">Its bytes, valid during the call only.</param>
/// <param name="source">Where it came from, and the way back.</param>
public delegate void SipMessageArrived(ReadOnlySpan<byte> message, SipHop source);

/// <summary>
/// Carries whole messages (RFC 3261 §18). What is the transport's own, sockets, connections, framing, stays behind this seam;
/// transactions only ask whether it is reliable. A transport with connections reuses the one open to an address and opens one if there is
/// none.
/// </summary>
public abstract class SipTransport : IAsyncDisposable
{
    /// <summary>What carries the messages.</summary>
    public abstract SipTransportKind Kind { get; }

    /// <summary>The name in Via: <c>UDP</c>, <c>TCP</c>, <c>TLS</c>.</summary>
    public string Protocol => Kind.ViaName();

    /// <summary>Whether the transport repeats what gets lost, so that transactions need not.</summary>
    public bool IsReliable => Kind is not SipTransportKind.Udp;

    /// <summary>Where it listens.</summary>
    public abstract IPEndPoint LocalEndPoint { get; }

    /// <summary>Whether this transport can send to the address: its family fits.</summary>
    public abstract bool CanReach(IPEndPoint remote);

    /// <summary>The address under which a peer reaches us: what Via and Contact say.</summary>
    /// <param name="remote">The peer.</param>
    public abstract IPEndPoint AddressFor(IPEndPoint remote);

    /// <summary>Sends one whole message without waiting for the peer. May be called from any thread.</summary>
    /// <returns>False if it is known that the message did not leave: no route, too large, too much waiting to be sent, the transport is
    /// closed. A connection that is still to be opened may fail later, which the transactions over it are told.</returns>
    public bool Send(ReadOnlySpan<byte> message, IPEndPoint remote) => Send(message, new SipHop(this, remote), out _);

    /// <summary>Sends one whole message; see <see cref="Send(ReadOnlySpan{byte}, IPEndPoint)"/>.</summary>
    /// <param name="message">The message.</param>
    /// <param name="hop">Where to.</param>
    /// <param name="sent">What it went over, if that can fail later.</param>
    protected internal abstract bool Send(ReadOnlySpan<byte> message, SipHop hop, out SipSent sent);

    /// <summary>Sends a message whose sender would do nothing else if it did not leave. It may wait until this thread is done with the
    /// messages or timers that it has at hand, and only then turn out not to leave; that is told to <see cref="OnUnsent"/>.</summary>
    /// <param name="message">The message.</param>
    /// <param name="hop">Where to.</param>
    /// <returns>False if it is known that it did not leave.</returns>
    internal virtual bool Post(ReadOnlySpan<byte> message, SipHop hop) => Send(message, hop, out _);

    /// <summary>Told of each message that was posted and did not leave after all. Set by the stack before it starts.</summary>
    internal Action OnUnsent { get; set; } = static () => { };

    /// <summary>Begins to receive. Called once, by the stack.</summary>
    /// <param name="onMessage">Called for each message, one at a time for each source; does not throw.</param>
    /// <param name="onError">Called when receiving fails; receiving goes on.</param>
    protected internal abstract void Start(SipMessageArrived onMessage, Action<Exception> onError);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops receiving and frees what the transport holds. May be called again.</summary>
    protected abstract ValueTask CloseAsync();
}

/// <summary>What a message went over: the default for a datagram.</summary>
public readonly record struct SipSent
{
    /// <summary>The connection, to be told from others to the same peer.</summary>
    internal SipConnection? Connection { get; init; }

    /// <summary>The how manieth message of the connection it is, from 1.</summary>
    internal long Number { get; init; }
}
