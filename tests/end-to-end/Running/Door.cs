using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace FlashCall.EndToEnd.Tests.Running;

/// <summary>Stands before a server: closed, nobody listens at its port, as where the server does not run; open, all passes.</summary>
internal sealed class Door(IPEndPoint server) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<TcpClient, bool> _sockets = new();
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Where to knock, on 127.0.0.1; the same for good.</summary>
    public int Port { get; } = Program.FreePort(SocketType.Stream);

    public void Open()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Breaks all connections and takes no more.</summary>
    public async Task CloseAsync()
    {
        _listener?.Stop();
        await _accepting;
        foreach (var socket in _sockets.Keys)
            socket.Dispose();
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            try
            {
                _ = PassAsync(await listener.AcceptTcpClientAsync());
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // The door was closed.
                return;
            }
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using var inner = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        _sockets[client] = _sockets[inner] = true;
        try
        {
            await inner.ConnectAsync(server);
            await Task.WhenAny(
                client.GetStream().CopyToAsync(inner.GetStream()), inner.GetStream().CopyToAsync(client.GetStream()));
        }
        catch (Exception exception)
            when (exception is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One side has gone; so the other goes.
        }
        finally
        {
            client.Dispose();
            _sockets.TryRemove(client, out _);
            _sockets.TryRemove(inner, out _);
        }
    }
}
