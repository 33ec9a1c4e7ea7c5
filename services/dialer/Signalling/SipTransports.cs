using System.Net;
using System.Net.Sockets;
using FlashCall.Hosting;
using FlashCall.Sip;

namespace FlashCall.Dialer.Signalling;

/// <summary>Binds what SIP is spoken over: UDP and TCP on one port, and TLS, which listens only where it is set.</summary>
internal static class SipTransports
{
    // Of free ports that the kernel offers for TCP, some are taken for UDP.
    private const int TriesForFreePort = 20;

    /// <summary>Binds them. UDP comes first: what is sent without a transport chosen goes by it.</summary>
    /// <exception cref="SettingsException">A port is taken, or an address is not ours.</exception>
    public static SipTransport[] Open(DialerSettings settings)
    {
        var (udp, tcp) = OpenBoth(settings);
        try
        {
            var tls = settings.SipTls;
            var listen = tls?.Listen ?? new IPEndPoint(settings.SipListen.Address, SipTransportKinds.DefaultTlsPort);
            return [udp, tcp, new TlsSipTransport(listen, tls?.Certificate, tls?.Intermediates, Advertised(settings, listen.Port))];
        }
        catch (SocketException exception)
        {
            Close(udp);
            Close(tcp);
            throw NotFree("FLASHCALL_DIALER__SIPTLS__LISTEN", "TCP", settings.SipTls!.Listen, exception);
        }
    }

    private static (UdpSipTransport Udp, TcpSipTransport Tcp) OpenBoth(DialerSettings settings)
    {
        const string Setting = "FLASHCALL_DIALER__SIPLISTEN";
        var listen = settings.SipListen;
        for (var tries = 1; ; tries++)
        {
            UdpSipTransport udp;
            try
            {
                udp = new UdpSipTransport(listen, Advertised(settings, listen.Port));
            }
            catch (SocketException exception)
            {
                throw NotFree(Setting, "UDP", listen, exception);
            }
            var same = new IPEndPoint(listen.Address, udp.LocalEndPoint.Port);
            try
            {
                return (udp, new TcpSipTransport(same, Advertised(settings, same.Port)));
            }
            catch (SocketException exception)
            {
                Close(udp);
                if (listen.Port != 0 || tries == TriesForFreePort)
                    throw NotFree(Setting, "TCP", same, exception);
            }
        }
    }

    private static IPEndPoint? Advertised(DialerSettings settings, int port) =>
        settings.SipAdvertised is { } address ? new IPEndPoint(address, port) : null;

    private static SettingsException NotFree(string setting, string protocol, IPEndPoint listen, SocketException exception) => new(
        setting, $"names {protocol} {listen}, which cannot be listened on: {exception.Message}. Free the port or name another.");

    // Nothing has been received yet, so that there is nothing to wait for.
    private static void Close(SipTransport transport) => transport.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
