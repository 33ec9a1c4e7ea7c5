using System.Net;
using System.Net.Sockets;

namespace FlashCall.Testing;

/// <summary>The cable to a server: while it is pulled, connections end and new ones are refused, as when the server is gone.</summary>
public sealed class Cable : IAsyncDisposable
{
    private readonly EndPoint _server;
    private readonly Lock _lock = new();
    private readonly List<Socket> _open = [];
    private Socket? _listener;

    /// <summary>A cable that is plugged in.</summary>
    public Cable(string host, int port)
    {
        _server = new DnsEndPoint(host, port);
        PlugIn();
    }

    /// <summary>Where the server seems to be.</summary>
    public int Port { get; private set; }

    /// <summary>Makes the server reachable again, at the same address.</summary>
    public void PlugIn()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        listener.Listen();
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        lock (_lock)
            _listener = listener;
        _ = AcceptAsync(listener);
    }

    /// <summary>Ends all connections and refuses new ones.</summary>
    public void Pull()
    {
        lock (_lock)
        {
            _listener?.Dispose();
            _listener = null;
            foreach (var socket in _open)
                socket.Close(0);
            _open.Clear();
        }
    }

    public ValueTask DisposeAsync()
    {
        Pull();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptAsync();
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                lock (_lock)
                {
                    if (_listener != listener)
                    {
                        client.Close(0);
                        return;
                    }
                    _open.AddRange([client, server]);
                }
                _ = CarryAsync(client, server);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Pulled.
        }
    }

    private async Task CarryAsync(Socket client, Socket server)
    {
        try
        {
            await server.ConnectAsync(_server);
            await Task.WhenAny(CopyAsync(client, server), CopyAsync(server, client));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Pulled, or the server refused; either way both ends are closed.
        }
        client.Close(0);
        server.Close(0);
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Closed by either end, or pulled.
        }
    }
}
