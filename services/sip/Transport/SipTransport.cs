using System.Net;

namespace FlashCall.Sip;

/// <summary>One whole message has arrived.</summary>
/// <param name="message">Its bytes, valid during the call only.</param>
/// <param name="source">Where it came from.</param>
public delegate void SipMessageArrived(ReadOnlySpan<byte> message, IPEndPoint source);

/// <summary>
/// Carries whole messages (RFC 3261 §18). What is the transport's own, sockets, connections, framing, stays behind this seam;
/// transactions only ask whether it is reliable. A transport with connections reuses the one open to an address and opens one if there is
/// none.
/// </summary>
public abstract class SipTransport : IAsyncDisposable
{
    /// <summary>The name in Via: <c>UDP</c>, <c>TCP</c>, <c>TLS</c>.</summary>
    public abstract string Protocol { get; }

    /// <summary>Whether the transport repeats what gets lost, so that transactions need not.</summary>
    public abstract bool IsReliable { get; }

    /// <summary>Where it listens.</summary>
    public abstract IPEndPoint LocalEndPoint { get; }

    /// <summary>Whether this transport can send to the address: its family fits.</summary>
    public abstract bool CanReach(IPEndPoint remote);

    /// <summary>The address under which a peer reaches us: what Via and Contact say.</summary>
    /// <param name="remote">The peer.</param>
    public abstract IPEndPoint AddressFor(IPEndPoint remote);

    /// <summary>Sends one whole message without waiting for the peer. May be called from any thread.</summary>
    /// <returns>False if it is known that the message did not leave: no route, too large, the transport is closed.</returns>
    public abstract bool Send(ReadOnlySpan<byte> message, IPEndPoint remote);

    /// <summary>Begins to receive. Called once, by the stack.</summary>
    /// <param name="onMessage">Called for each message, one at a time; does not throw.</param>
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

/// <summary>A peer, reached over a transport.</summary>
/// <param name="Transport">The transport.</param>
/// <param name="Remote">The peer's address and port.</param>
public readonly record struct SipHop(SipTransport Transport, IPEndPoint Remote)
{
    /// <summary>Where the peer reaches us: for Contact.</summary>
    public IPEndPoint LocalAddress => Transport.AddressFor(Remote);

    /// <summary>Transport and address.</summary>
    public override string ToString() => $"{Transport.Protocol} {Remote}";
}
