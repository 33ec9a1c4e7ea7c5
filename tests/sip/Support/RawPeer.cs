using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlashCall.Sip.Tests;

/// <summary>A TCP peer of the test's own, byte by byte.</summary>
internal sealed class RawPeer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly StringBuilder _read = new();

    private RawPeer(Socket socket) => _socket = socket;

    public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

    public static Socket Listen(int backlog = 10)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(StackPeer.Loopback);
        listener.Listen(backlog);
        return listener;
    }

    public static async Task<RawPeer> AcceptAsync(Socket listener) =>
        new(await StackPeer.Within(new ValueTask<Socket>(listener.AcceptAsync())));

    public static async Task<RawPeer> ConnectAsync(IPEndPoint remote)
    {
        var socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(remote).WaitAsync(Patience);
        return new RawPeer(socket);
    }

    /// <summary>An address where nobody listens.</summary>
    public static IPEndPoint Nobody()
    {
        using var listener = Listen();
        return (IPEndPoint)listener.LocalEndPoint!;
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes) => await StackPeer.Within(_socket.SendAsync(bytes));

    public Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Reads the next message without a body.</summary>
    public async Task<SipMessage> ReadMessageAsync()
    {
        var text = await ReadUntilAsync("\r\n\r\n");
        return Sample.Parse(text);
    }

    /// <summary>Reads up to and including the end mark.</summary>
    public async Task<string> ReadUntilAsync(string mark)
    {
        while (true)
        {
            var text = _read.ToString();
            var end = text.IndexOf(mark, StringComparison.Ordinal);
            if (end >= 0)
            {
                _read.Remove(0, end + mark.Length);
                return text[..(end + mark.Length)];
            }
            if (!await ReadSomeAsync())
                throw new EndOfStreamException($"The peer closed after: {text}");
        }
    }

    /// <summary>Waits until the other side closes, and gives what came before.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await ReadSomeAsync())
        {
            // Until the end.
        }
        return _read.ToString();
    }

    /// <summary>Breaks the connection without an orderly end.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();

    private async Task<bool> ReadSomeAsync()
    {
        var buffer = new byte[65536];
        var count = await StackPeer.Within(_socket.ReceiveAsync(buffer.AsMemory()));
        _read.Append(Encoding.UTF8.GetString(buffer, 0, count));
        return count > 0;
    }
}
