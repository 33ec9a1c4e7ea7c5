using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace FlashCall.Chaos.Faults;

/// <summary>
/// Stands between a service and a server, and passes what they say over TCP until it is told to cut, stall or slow them.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly IPEndPoint _target;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<Connection, Task> _connections = new();
    private readonly Task _accepting;
    private volatile TaskCompletionSource? _stalled;
    private long _delayTicks;

    private FaultProxy(IPEndPoint target)
    {
        _target = target;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens on the loopback address.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Connections that are open.</summary>
    public int Open => _connections.Count;

    /// <summary>How much later everything arrives; zero for at once.</summary>
    public TimeSpan Delay
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _delayTicks));
        set => Interlocked.Exchange(ref _delayTicks, value.Ticks);
    }

    /// <summary>A proxy before a server of this machine.</summary>
    public static FaultProxy To(int port) => new(new IPEndPoint(IPAddress.Loopback, port));

    /// <summary>Resets all connections, as a network that breaks.</summary>
    public void Cut()
    {
        foreach (var connection in _connections.Keys)
            connection.Reset();
    }

    /// <summary>Passes nothing on, and tells nobody, until <see cref="Resume"/>.</summary>
    public void Stall() => _stalled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Passes on what has waited.</summary>
    public void Resume()
    {
        var stalled = _stalled;
        _stalled = null;
        stalled?.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        Cut();
        Resume();
        await _accepting;
        await Task.WhenAll(_connections.Values);
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptAsync(_ending.Token);
                var connection = new Connection(client);
                // Known before it begins: it forgets itself when it is over.
                var passing = new Task<Task>(() => PassAsync(connection));
                _connections[connection] = passing.Unwrap();
                passing.Start(TaskScheduler.Default);
            }
            // The listener is closed, or a client was gone before it was taken.
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
            }
        }
    }

    private async Task PassAsync(Connection connection)
    {
        try
        {
            await connection.Server.ConnectAsync(_target, _ending.Token);
            await Task.WhenAll(
                PumpAsync(connection.Client, connection.Server, connection), PumpAsync(connection.Server, connection.Client, connection));
        }
        // The server is not there, or one of the two has gone: so has the connection.
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
        finally
        {
            connection.Reset();
            _connections.TryRemove(connection, out _);
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Connection connection)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (true)
            {
                var count = await from.ReceiveAsync(buffer, _ending.Token);
                if (_stalled is { } stalled)
                    await stalled.Task.WaitAsync(_ending.Token);
                if (Delay is { Ticks: > 0 } delay)
                    await Task.Delay(delay, _ending.Token);
                if (count == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _ending.Token);
            }
        }
        catch
        {
            // What one of the two can no longer be told, the other learns.
            connection.Reset();
            throw;
        }
    }

    private sealed class Connection(Socket client)
    {
        public Socket Client { get; } = client;

        public Socket Server { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        /// <summary>Ends both sides at once: what is on its way is lost.</summary>
        public void Reset()
        {
            foreach (var socket in (Socket[])[Client, Server])
            {
                try
                {
                    socket.LingerState = new LingerOption(enable: true, seconds: 0);
                }
                catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
                {
                    // It is closed already.
                }
                socket.Dispose();
            }
        }
    }
}
