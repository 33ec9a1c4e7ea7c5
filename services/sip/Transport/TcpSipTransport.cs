using System.Net;
using System.Net.Sockets;

namespace FlashCall.Sip;

/// <summary>SIP over TCP (RFC 3261 §18). Listens on one address; bound to the IPv6 wildcard it serves IPv4 as well.</summary>
public sealed class TcpSipTransport : SipConnectionTransport
{
    /// <summary>Binds and listens.</summary>
    /// <param name="local">Address and port to listen on; port 0 takes a free one.</param>
    /// <param name="advertised">Where peers reach us, if a NAT stands between; null for the local address.</param>
    /// <param name="limits">Null for the defaults.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <exception cref="SocketException">The port is taken, or the address is not ours.</exception>
    public TcpSipTransport(IPEndPoint local, IPEndPoint? advertised = null, SipConnectionLimits? limits = null, TimeProvider? time = null)
        : base(local, listens: true, SipUri.DefaultPort, advertised, limits, time)
    {
    }

    /// <inheritdoc/>
    public override SipTransportKind Kind => SipTransportKind.Tcp;

    private protected override Task<Stream> GreetAsync(Socket socket, SipHop hop, CancellationToken cancellationToken) => Open(socket);

    private protected override Task<Stream> WelcomeAsync(Socket socket, CancellationToken cancellationToken) => Open(socket);

    private static Task<Stream> Open(Socket socket) => Task.FromResult<Stream>(new NetworkStream(socket, ownsSocket: true));
}
