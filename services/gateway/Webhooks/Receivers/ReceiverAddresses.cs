using System.Net;
using System.Net.Sockets;

namespace FlashCall.Gateway.Webhooks.Receivers;

/// <summary>
/// Which addresses may be connected to for an application: public ones alone, so that nobody reaches through the gateway what it can reach
/// and they cannot (server-side request forgery). By IANA's special-purpose address registries (RFC 6890), as of 2025, and by the clouds'
/// metadata services.
/// </summary>
/// <param name="allowed">Networks that may be connected to all the same.</param>
internal sealed class ReceiverAddresses(IReadOnlyList<IPNetwork> allowed)
{
    private static readonly IPNetwork[] Closed4 =
    [
        .. Networks(
            "0.0.0.0/8",        // this network
            "10.0.0.0/8",       // private use
            "100.64.0.0/10",    // shared address space of carriers' NAT; a cloud's metadata service
            "127.0.0.0/8",      // loopback
            "169.254.0.0/16",   // link-local; most clouds' metadata services
            "172.16.0.0/12",    // private use
            "192.0.0.0/24",     // protocol assignments; a cloud's metadata service
            "192.0.2.0/24",     // documentation
            "192.31.196.0/24",  // AS112
            "192.52.193.0/24",  // AMT
            "192.88.99.0/24",   // 6to4 relays, deprecated
            "192.168.0.0/16",   // private use
            "192.175.48.0/24",  // AS112
            "198.18.0.0/15",    // benchmarking
            "198.51.100.0/24",  // documentation
            "203.0.113.0/24",   // documentation
            "168.63.129.16/32", // a cloud's host services, at a public address
            "224.0.0.0/4",      // multicast
            "240.0.0.0/4"),     // reserved; broadcast
    ];

    /// <summary>All that is global unicast (RFC 4291 §2.4); whatever lies outside is not public: loopback, unique local, link-local,
    /// multicast, IPv4-compatible, NAT64 for local use, segment routing.</summary>
    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] Closed6 =
    [
        .. Networks(
            "2001::/23",         // protocol assignments: Teredo, benchmarking, ORCHID and others
            "2001:db8::/32",     // documentation
            "2002::/16",         // 6to4, which carries any IPv4 address
            "2620:4f:8000::/48", // AS112
            "3fff::/20"),        // documentation
    ];

    /// <summary>NAT64's well-known prefix (RFC 6052): in a network without IPv4, the way to all of it.</summary>
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>Whether it may be connected to.</summary>
    public bool MayConnect(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return allowed.Any(network => network.Contains(address)) || IsPublic(address);
    }

    /// <summary>Whether everybody can reach it over the internet.</summary>
    private static bool IsPublic(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return !Closed4.Any(network => network.Contains(address));
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.ScopeId != 0)
            return false;
        if (Nat64.Contains(address))
            return IsPublic(new IPAddress(address.GetAddressBytes().AsSpan(12)));
        return Global6.Contains(address) && !Closed6.Any(network => network.Contains(address));
    }

    private static IEnumerable<IPNetwork> Networks(params string[] networks) => networks.Select(IPNetwork.Parse);
}
