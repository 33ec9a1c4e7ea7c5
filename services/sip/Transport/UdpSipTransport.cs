using System.Net;
using System.Net.Sockets;

namespace FlashCall.Sip;

/// <summary>
/// SIP over UDP (RFC 3261 §18): one socket, from which everything is sent, so that responses to <c>rport</c> (RFC 3581) find back.
/// Bound to the IPv6 wildcard it serves IPv4 as well.
/// </summary>
public sealed class UdpSipTransport : SipTransport
{
    // A burst of requests waits in the kernel instead of being dropped and sent again half a second later.
    private const int SocketBufferBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(10);

    private readonly Socket _socket;
    private readonly LocalAddresses _addresses;
    private readonly CancellationTokenSource _closing = new();
    private Task _receiving = Task.CompletedTask;
    private bool _closed;

    /// <summary>Binds the socket.</summary>
    /// <param name="local">Address and port to listen on; port 0 takes a free one.</param>
    /// <param name="advertised">Where peers reach us, if a NAT stands between; null for the local address.</param>
    /// <exception cref="SocketException">The port is taken, or the address is not ours.</exception>
    public UdpSipTransport(IPEndPoint local, IPEndPoint? advertised = null)
    {
        ArgumentNullException.ThrowIfNull(local);
        _socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (local.Address.Equals(IPAddress.IPv6Any))
                _socket.DualMode = true;
            _socket.ReceiveBufferSize = SocketBufferBytes;
            _socket.SendBufferSize = SocketBufferBytes;
            _socket.Bind(local);
            LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
            _addresses = new LocalAddresses(LocalEndPoint, advertised);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override SipTransportKind Kind => SipTransportKind.Udp;

    /// <inheritdoc/>
    public override IPEndPoint LocalEndPoint { get; }

    /// <inheritdoc/>
    public override bool CanReach(IPEndPoint remote) => _addresses.CanReach(remote);

    /// <inheritdoc/>
    public override IPEndPoint AddressFor(IPEndPoint remote) => _addresses.For(remote);

    /// <inheritdoc/>
    protected internal override bool Send(ReadOnlySpan<byte> message, SipHop hop, out SipSent sent)
    {
        sent = default;
        try
        {
            return _socket.SendTo(message, SocketFlags.None, _addresses.Mapped(hop.Remote)) == message.Length;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    protected internal override void Start(SipMessageArrived onMessage, Action<Exception> onError) =>
        _receiving = Task.Run(() => ReceiveAsync(onMessage, onError), CancellationToken.None);

    /// <inheritdoc/>
    protected override async ValueTask CloseAsync()
    {
        if (Interlocked.Exchange(ref _closed, true))
            return;
        await _closing.CancelAsync();
        await _receiving;
        _socket.Dispose();
        _closing.Dispose();
    }

    private async Task ReceiveAsync(SipMessageArrived onMessage, Action<Exception> onError)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(SipParser.MaxMessageBytes, pinned: true);
        var from = new SocketAddress(_socket.AddressFamily);
        var any = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                var length = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, from, _closing.Token);
                onMessage(buffer.AsSpan(0, length), new SipHop(this, _addresses.Unmapped((IPEndPoint)any.Create(from))));
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                return;
            }
            // The loop outlives whatever one datagram brings: an ICMP error that surfaces here, or a fault above.
            catch (Exception exception)
            {
                onError(exception);
                await Task.Delay(PauseAfterError, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
