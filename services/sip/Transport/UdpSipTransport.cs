using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace FlashCall.Sip;

/// <summary>
/// SIP over UDP (RFC 3261 §18): one socket, from which everything is sent, so that responses to <c>rport</c> (RFC 3581) find back.
/// Bound to the IPv6 wildcard it serves IPv4 as well.
/// </summary>
public sealed class UdpSipTransport : SipTransport
{
    // A burst of requests waits in the kernel instead of being dropped and sent again half a second later.
    private const int SocketBufferBytes = 4 * 1024 * 1024;

    private const int Targets = 64;

    private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(10);

    // The thread's own, for whichever transport it works at the time.
    [ThreadStatic]
    private static DatagramOutbox? _outbox;

    private readonly Socket _socket;
    private readonly LocalAddresses _addresses;
    private readonly CancellationTokenSource _closing = new();
    private Task _receiving = Task.CompletedTask;
    private readonly Target?[] _targets = new Target[Targets];
    private readonly bool _oneByOne;
    private bool _closed;

    /// <summary>Binds the socket.</summary>
    /// <param name="local">Address and port to listen on; port 0 takes a free one.</param>
    /// <param name="advertised">Where peers reach us, if a NAT stands between; null for the local address.</param>
    /// <exception cref="SocketException">The port is taken, or the address is not ours.</exception>
    public UdpSipTransport(IPEndPoint local, IPEndPoint? advertised = null)
        : this(local, advertised, oneByOne: !DatagramCalls.AreThere)
    {
    }

    /// <param name="local">Address and port to listen on.</param>
    /// <param name="advertised">Where peers reach us.</param>
    /// <param name="oneByOne">Whether each datagram is a call to the system of its own, as it has to be on other systems than
    /// Linux.</param>
    internal UdpSipTransport(IPEndPoint local, IPEndPoint? advertised, bool oneByOne)
    {
        ArgumentNullException.ThrowIfNull(local);
        _oneByOne = oneByOne;
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
        // In the order in which they were handed over: the ACK before the INVITE that follows it.
        if (OpenOutbox is { } waiting)
            waiting.Send();
        try
        {
            return _socket.SendTo(message, SocketFlags.None, SocketAddressOf(hop.Remote)) == message.Length;
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
    internal override bool Post(ReadOnlySpan<byte> message, SipHop hop) =>
        OpenOutbox is { } outbox && outbox.TryAdd(message, SocketAddressOf(hop.Remote)) || Send(message, hop, out _);

    /// <summary>Keeps what this thread posts until <see cref="CloseOutbox"/>, to be sent together.</summary>
    /// <returns>False if that is not to be had here, or another transport keeps what this thread posts.</returns>
    internal bool TryOpenOutbox()
    {
        if (_oneByOne || (_outbox ??= new DatagramOutbox()).Socket is not null)
            return false;
        _outbox.Open(_socket.SafeHandle, OnUnsent);
        return true;
    }

    /// <summary>Sends what this thread has posted since <see cref="TryOpenOutbox"/> gave true.</summary>
    internal static void CloseOutbox() => _outbox!.Close();

    /// <summary>Runs what may post several messages, so that they go out together if the first of the transports sends datagrams.</summary>
    internal static void SendTogether(SipTransport[] transports, Action work)
    {
        var isOpen = transports is [UdpSipTransport udp, ..] && udp.TryOpenOutbox();
        try
        {
            work();
        }
        finally
        {
            if (isOpen)
                CloseOutbox();
        }
    }

    /// <inheritdoc/>
    protected internal override void Start(SipMessageArrived onMessage, Action<Exception> onError)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _receiving = ended.Task;
        var thread = new Thread(() =>
        {
            if (_oneByOne)
                ReceiveOneByOne(onMessage, onError);
            else
                Receive(onMessage, onError);
            ended.SetResult();
        })
        {
            IsBackground = true,
            Name = $"SIP {LocalEndPoint}",
        };
        thread.Start();
    }

    /// <inheritdoc/>
    protected override async ValueTask CloseAsync()
    {
        if (Interlocked.Exchange(ref _closed, true))
            return;
        await _closing.CancelAsync();
        // Either wakes the receiving thread in its way.
        if (!_oneByOne)
            DatagramCalls.Wake(_socket.SafeHandle);
        else
            _socket.Dispose();
        await _receiving;
        _socket.Dispose();
        _closing.Dispose();
    }

    // A thread of its own that waits in the kernel: for each datagram the cheapest way there is, and never behind other work.
    private void Receive(SipMessageArrived onMessage, Action<Exception> onError)
    {
        var inbox = new DatagramInbox(_addresses);
        var pace = new DatagramPace();
        while (!Volatile.Read(ref _closed))
        {
            try
            {
                var count = inbox.Receive(_socket.SafeHandle);
                if (Volatile.Read(ref _closed))
                    return;
                if (count < 0)
                    throw new SocketException(Marshal.GetLastPInvokeError(), Marshal.GetLastPInvokeErrorMessage());
                Take(inbox, count, onMessage);
                if (pace.Take(count) && count < DatagramInbox.Capacity)
                    Thread.Sleep(1);
            }
            // The loop outlives whatever one datagram brings: an ICMP error that surfaces here, or a fault above.
            catch (Exception exception)
            {
                onError(exception);
                _closing.Token.WaitHandle.WaitOne(PauseAfterError);
            }
        }
    }

    private void Take(DatagramInbox inbox, int count, SipMessageArrived onMessage)
    {
        var isOpen = TryOpenOutbox();
        try
        {
            for (var i = 0; i < count; i++)
                onMessage(inbox.BytesOf(i), new SipHop(this, inbox.SourceOf(i)));
        }
        finally
        {
            if (isOpen)
                CloseOutbox();
        }
    }

    private void ReceiveOneByOne(SipMessageArrived onMessage, Action<Exception> onError)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(SipParser.MaxMessageBytes, pinned: true);
        var from = new SocketAddress(_socket.AddressFamily);
        var any = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        // One peer sends many in a row, so its address is read once.
        var last = new SocketAddress(_socket.AddressFamily);
        IPEndPoint? source = null;
        while (!Volatile.Read(ref _closed))
        {
            try
            {
                var length = _socket.ReceiveFrom(buffer, SocketFlags.None, from);
                if (source is null || !from.Equals(last))
                {
                    source = _addresses.Unmapped((IPEndPoint)any.Create(from));
                    last.Size = from.Size;
                    from.Buffer.Span[..from.Size].CopyTo(last.Buffer.Span);
                }
                onMessage(buffer.AsSpan(0, length), new SipHop(this, source));
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException && Volatile.Read(ref _closed))
            {
                return;
            }
            // The loop outlives whatever one datagram brings: an ICMP error that surfaces here, or a fault above.
            catch (Exception exception)
            {
                onError(exception);
                _closing.Token.WaitHandle.WaitOne(PauseAfterError);
            }
        }
    }

    private SocketAddress SocketAddressOf(IPEndPoint remote)
    {
        ref var place = ref _targets[(uint)remote.GetHashCode() % Targets];
        var target = Volatile.Read(ref place);
        if (target is null || !target.EndPoint.Equals(remote))
        {
            target = new Target(new IPEndPoint(remote.Address, remote.Port), _addresses.Mapped(remote).Serialize());
            Volatile.Write(ref place, target);
        }
        return target.Address;
    }

    // What this thread keeps for us.
    private DatagramOutbox? OpenOutbox => _outbox is { } outbox && ReferenceEquals(outbox.Socket, _socket.SafeHandle) ? outbox : null;

    /// <summary>An address in the form that the kernel takes.</summary>
    private sealed record Target(IPEndPoint EndPoint, SocketAddress Address);
}
