using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>
/// Ports for peers, on which nobody listens over UDP or TCP, and that nobody else is given: they are below the range that the system takes
/// ports from for those who ask for any (32768 and up by default), and each is handed out once.
/// </summary>
internal static class FreePort
{
    // Above what SIPp takes for itself: media from 6000, control from 8888.
    private const int First = 9_000;
    private const int Last = 11_900;

    private static readonly ConcurrentDictionary<int, bool> Given = new();

    /// <summary>One port.</summary>
    public static int Next() => Next(count: 1);

    /// <summary>The first of some ports in a row: there are programs that listen on the next one too.</summary>
    public static int Next(int count)
    {
        while (true)
        {
            var first = RandomNumberGenerator.GetInt32(First, Last);
            var ports = Enumerable.Range(first, count).ToArray();
            if (ports.All(IsFree) && ports.All(port => Given.TryAdd(port, true)))
                return first;
        }
    }

    private static bool IsFree(int port) =>
        !Given.ContainsKey(port)
        && CanBind(port, SocketType.Dgram, ProtocolType.Udp)
        && CanBind(port, SocketType.Stream, ProtocolType.Tcp);

    private static bool CanBind(int port, SocketType type, ProtocolType protocol)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, type, protocol);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }
}
