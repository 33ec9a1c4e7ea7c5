using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace FlashCall.Sip;

/// <summary>
/// SIP over connections (RFC 3261 §18): takes those that peers open, opens its own, and uses the one that is open to a peer for all that
/// goes there. A connection that has ended is told to the stack, which fails what waited for an answer over it; the next message to the
/// peer opens another.
/// </summary>
public abstract class SipConnectionTransport : SipTransport
{
    /// <summary>How often connections are looked at that may be idle or stuck.</summary>
    internal static readonly TimeSpan LooksForIdleEvery = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(100);
    private const int Backlog = 512;

    private readonly TimeProvider _time;
    private readonly LocalAddresses _addresses;
    private readonly IPEndPoint _local;
    private readonly Socket? _listener;
    private readonly IPAddress _sendsFrom;
    private readonly ConcurrentDictionary<(IPEndPoint Remote, SipTlsProfile? Tls), SipConnection> _byPeer = new();
    // A peer may connect to us from the very port that we are connected to, so that there are two.
    private readonly ConcurrentDictionary<SipConnection, bool> _all = new();
    private readonly Lock _opening = new();
    private readonly CancellationTokenSource _closing = new();
    private ITimer? _idle;
    private Task _accepting = Task.CompletedTask;
    private SipMessageArrived? _onMessage;
    private int _inbound;
    private bool _isFull;
    private bool _closed;

    private protected SipConnectionTransport(
        IPEndPoint local, bool listens, int defaultPort, IPEndPoint? advertised, SipConnectionLimits? limits, TimeProvider? time)
    {
        ArgumentNullException.ThrowIfNull(local);
        Limits = limits ?? new SipConnectionLimits();
        _time = time ?? TimeProvider.System;
        _sendsFrom = local.Address;
        if (!listens)
        {
            _local = local.Port == 0 ? new IPEndPoint(local.Address, defaultPort) : local;
        }
        else
        {
            _listener = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                if (local.Address.Equals(IPAddress.IPv6Any))
                    _listener.DualMode = true;
                _listener.Bind(local);
                _listener.Listen(Backlog);
                _local = (IPEndPoint)_listener.LocalEndPoint!;
            }
            catch
            {
                _listener.Dispose();
                throw;
            }
        }
        _addresses = new LocalAddresses(_local, advertised);
    }

    /// <inheritdoc/>
    public override IPEndPoint LocalEndPoint => _local;

    /// <summary>Connections that are open or being opened.</summary>
    public int Connections => _all.Count;

    /// <summary>The bounds.</summary>
    internal SipConnectionLimits Limits { get; }

    /// <summary>Told on another thread of each connection that has ended, and why; the cause is null if it was our will.</summary>
    internal Action<SipConnection, SipConnectionFailed?>? OnEnded { get; set; }

    /// <inheritdoc/>
    public override bool CanReach(IPEndPoint remote) => _addresses.CanReach(remote);

    /// <inheritdoc/>
    public override IPEndPoint AddressFor(IPEndPoint remote) => _addresses.For(remote);

    /// <inheritdoc/>
    protected internal override bool Send(ReadOnlySpan<byte> message, SipHop hop, out SipSent sent)
    {
        sent = default;
        if (message.Length > Limits.MaxMessageBytes)
            return false;
        if (hop.Connection is { } connection)
        {
            var queued = connection.Send(message, out var number);
            if (queued == SipQueued.Yes)
            {
                sent = new SipSent { Connection = connection, Number = number };
                return true;
            }
            // The port that a peer connected from is not one that it listens on.
            if (queued == SipQueued.Full || connection.IsInbound)
                return false;
        }
        while (Find(hop) is { } found)
        {
            switch (found.Send(message, out var number))
            {
                case SipQueued.Yes:
                    sent = new SipSent { Connection = found, Number = number };
                    return true;
                case SipQueued.Full:
                    return false;
                default:
                    Forget(found);
                    break;
            }
        }
        return false;
    }

    /// <inheritdoc/>
    protected internal override void Start(SipMessageArrived onMessage, Action<Exception> onError)
    {
        _onMessage = onMessage;
        _idle = _time.CreateTimer(_ => EndIdle(), null, LooksForIdleEvery, LooksForIdleEvery);
        if (_listener is not null)
            _accepting = Task.Run(() => AcceptAsync(_listener, onError), CancellationToken.None);
    }

    /// <inheritdoc/>
    protected override async ValueTask CloseAsync()
    {
        if (Interlocked.Exchange(ref _closed, true))
            return;
        _idle?.Dispose();
        await _closing.CancelAsync();
        await _accepting;
        _listener?.Dispose();
        SipConnection[] open;
        lock (_opening)
            open = [.. _all.Keys];
        foreach (var connection in open)
            connection.End(cause: null);
        await Task.WhenAll(open.Select(connection => connection.Running));
        _closing.Dispose();
    }

    /// <summary>Makes a stream of messages of a socket that we have connected.</summary>
    private protected abstract Task<Stream> GreetAsync(Socket socket, SipHop hop, CancellationToken cancellationToken);

    /// <summary>Makes a stream of messages of a socket that a peer has connected.</summary>
    private protected abstract Task<Stream> WelcomeAsync(Socket socket, CancellationToken cancellationToken);

    /// <summary>A connection has ended.</summary>
    internal void Ended(SipConnection connection, SipConnectionFailure? cause, string reason)
    {
        Forget(connection);
        if (_all.TryRemove(connection, out _) && connection.IsInbound)
            Interlocked.Decrement(ref _inbound);
        OnEnded?.Invoke(connection, cause is { } failure
            ? new SipConnectionFailed(connection.Hop with { Connection = null }, connection.IsInbound, connection.WasOpen, failure, reason)
            : null);
    }

    private SipConnection? Find(SipHop hop)
    {
        var key = (hop.Remote, hop.Tls);
        if (_byPeer.TryGetValue(key, out var known))
            return known;
        var onMessage = _onMessage ?? throw new InvalidOperationException("The stack starts the transport first.");
        lock (_opening)
        {
            if (_closed)
                return null;
            if (_byPeer.TryGetValue(key, out known))
                return known;
            var connection = new SipConnection(this, new SipHop(this, hop.Remote) { Tls = hop.Tls }, isInbound: false, _time);
            _byPeer[key] = connection;
            _all[connection] = true;
            connection.Run(cancellationToken => ConnectAsync(connection.Hop, cancellationToken), onMessage);
            return connection;
        }
    }

    private void Forget(SipConnection connection) =>
        _byPeer.TryRemove(KeyValuePair.Create((connection.Hop.Remote, connection.Hop.Tls), connection));

    private async Task<Stream> ConnectAsync(SipHop hop, CancellationToken cancellationToken)
    {
        var socket = new Socket(hop.Remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            SipSockets.Configure(socket, Limits.SendTimeout);
            // From the address that the peer knows us by, where we are bound to one.
            if (_sendsFrom.AddressFamily == hop.Remote.AddressFamily && !_sendsFrom.Equals(IPAddress.Any)
                && !_sendsFrom.Equals(IPAddress.IPv6Any))
            {
                socket.Bind(new IPEndPoint(_sendsFrom, 0));
            }
            await socket.ConnectAsync(hop.Remote, cancellationToken);
            return await GreetAsync(socket, hop, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync(Socket listener, Action<Exception> onError)
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(_closing.Token);
                try
                {
                    Take(socket);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                return;
            }
            // Out of descriptors, or a peer that was gone before it was taken: the next one is taken.
            catch (Exception exception)
            {
                onError(exception);
                await Task.Delay(PauseAfterError, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Take(Socket socket)
    {
        var remote = _addresses.Unmapped((IPEndPoint)socket.RemoteEndPoint!);
        var hop = new SipHop(this, remote);
        lock (_opening)
        {
            if (!_closed && _inbound < Limits.MaxInbound)
            {
                _isFull = false;
                SipSockets.Configure(socket, Limits.SendTimeout);
                var connection = new SipConnection(this, hop, isInbound: true, _time);
                _byPeer.TryAdd((remote, null), connection);
                _all[connection] = true;
                Interlocked.Increment(ref _inbound);
                connection.Run(cancellationToken => WelcomeOrCloseAsync(socket, cancellationToken), _onMessage!);
                return;
            }
        }
        socket.Dispose();
        // Once until one is taken again: who floods us does not flood the log too.
        if (_isFull)
            return;
        _isFull = true;
        var refused = new SipConnection(this, hop, isInbound: true, _time);
        OnEnded?.Invoke(refused, new SipConnectionFailed(hop, IsInbound: true, WasOpen: false, SipConnectionFailure.TooMany,
            SipConnectionErrors.Describe(SipConnectionFailure.TooMany, error: null, hop, Limits)));
    }

    private async Task<Stream> WelcomeOrCloseAsync(Socket socket, CancellationToken cancellationToken)
    {
        try
        {
            return await WelcomeAsync(socket, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void EndIdle()
    {
        foreach (var (connection, _) in _all)
            connection.EndIfIdle();
    }
}
