using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace FlashCall.Sip;

/// <summary>Which of our addresses a peer reaches us by, for a socket that is bound to one or to all of them.</summary>
/// <param name="local">Where the socket listens; a wildcard means every address.</param>
/// <param name="advertised">Where peers reach us, if a NAT stands between; null for the local address.</param>
internal sealed class LocalAddresses(IPEndPoint local, IPEndPoint? advertised)
{
    private const int MaxRoutesRemembered = 1024;

    private readonly bool _isWildcard = local.Address.Equals(IPAddress.Any) || local.Address.Equals(IPAddress.IPv6Any);
    private readonly ConcurrentDictionary<IPAddress, IPAddress> _byRemote = new();

    /// <summary>Bound to the IPv6 wildcard a socket serves IPv4 as well.</summary>
    public bool MapsIPv4 { get; } = local.Address.Equals(IPAddress.IPv6Any);

    /// <summary>Whether a peer's address is of a family that the socket speaks.</summary>
    public bool CanReach(IPEndPoint remote) => remote.AddressFamily == local.AddressFamily || MapsIPv4;

    /// <summary>What Via and Contact say to this peer.</summary>
    public IPEndPoint For(IPEndPoint remote)
    {
        if (advertised is not null)
            return advertised;
        if (!_isWildcard)
            return local;
        // Bound to all addresses: the one that the route to this peer uses.
        if (!_byRemote.TryGetValue(remote.Address, out var address))
        {
            address = RouteTo(remote)
                // Without a route the message will not leave either, and sending it says so.
                ?? (remote.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback);
            // Peers choose their addresses, so what is remembered of them has a limit.
            if (_byRemote.Count < MaxRoutesRemembered)
                _byRemote.TryAdd(remote.Address, address);
        }
        return new IPEndPoint(address, local.Port);
    }

    /// <summary>The address as the socket wants it.</summary>
    public IPEndPoint Mapped(IPEndPoint remote) => MapsIPv4 && remote.AddressFamily == AddressFamily.InterNetwork
        ? new IPEndPoint(remote.Address.MapToIPv6(), remote.Port)
        : remote;

    /// <summary>The address as everybody else wants it.</summary>
    public IPEndPoint Unmapped(IPEndPoint source) =>
        MapsIPv4 && source.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(source.Address.MapToIPv4(), source.Port) : source;

    /// <summary>The address of ours that the kernel would send from; null if no route leads there.</summary>
    public static IPAddress? RouteTo(IPEndPoint remote)
    {
        try
        {
            // Connecting a datagram socket sends nothing; it asks the kernel for the route.
            using var probe = new Socket(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            probe.Connect(remote);
            return ((IPEndPoint)probe.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
