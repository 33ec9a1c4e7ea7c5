using System.Net.Sockets;

namespace FlashCall.Sip;

/// <summary>What the sockets of connections have in common.</summary>
internal static class SipSockets
{
    private const int LinuxTcp = 6;
    private const int LinuxTcpUserTimeout = 18;
    private const int KeepAliveAfterSeconds = 30;
    private const int KeepAliveEverySeconds = 10;
    private const int KeepAliveProbes = 3;
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    /// <summary>Sends at once, and notices a peer that is gone without a word: else the kernel would try for a quarter of an hour,
    /// and every call over the connection would wait for Timer B.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="sendTimeout">How long the peer may leave what we send unacknowledged.</param>
    public static void Configure(Socket socket, TimeSpan sendTimeout)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveAfterSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveEverySeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        if (!OperatingSystem.IsLinux())
            return;
        // After our own look at what is stuck, which can tell the reason better; this is for what the kernel has taken from us.
        var milliseconds = (int)(sendTimeout + SipConnectionTransport.LooksForIdleEvery + Slack).TotalMilliseconds;
        socket.SetRawSocketOption(LinuxTcp, LinuxTcpUserTimeout, BitConverter.GetBytes(milliseconds));
    }
}
