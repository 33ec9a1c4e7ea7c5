using System.Net;
using System.Net.Sockets;

namespace FlashCall.Fraud.Engine;

/// <summary>
/// Where a request came from, as far as it can be counted: one subscriber and the network around it. An IPv6 subscriber has a /64 to choose
/// addresses from, often a /56 or /48 (RFC 6177), so counting single IPv6 addresses counts nothing.
/// </summary>
/// <param name="Subscriber">IPv4 /32 or IPv6 /64.</param>
/// <param name="Network">IPv4 /24 or IPv6 /48.</param>
internal sealed record ClientAddress(IPNetwork Subscriber, IPNetwork Network)
{
    /// <summary>Not routed on the internet, so not the end user's: whoever sends such an address has put its own network's in its place,
    /// and all its users would be counted as one (RFC 6890).</summary>
    private static readonly IPNetwork[] NotPublic =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("224.0.0.0/3"),
        IPNetwork.Parse("::/127"), IPNetwork.Parse("fc00::/7"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("ff00::/8"),
    ];

    /// <summary>Reads an address.</summary>
    /// <param name="text">IPv4 or IPv6 text, or null.</param>
    /// <returns>Null if there is none or it is not a public one.</returns>
    /// <exception cref="ArgumentException">The text is no address.</exception>
    public static ClientAddress? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (!IPAddress.TryParse(text, out var address))
        {
            throw new ArgumentException(
                "Client.Ip is no IP address. Give IPv4 or IPv6 text, such as 203.0.113.7 or 2001:db8::7.", nameof(text));
        }
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (NotPublic.Any(network => network.Contains(address)))
            return null;
        return address.AddressFamily == AddressFamily.InterNetwork
            ? new(Truncate(address, 32), Truncate(address, 24))
            : new(Truncate(address, 64), Truncate(address, 48));
    }

    private static IPNetwork Truncate(IPAddress address, int prefixLength)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var bits = Math.Clamp(prefixLength - (8 * i), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - bits));
        }
        return new IPNetwork(new IPAddress(bytes), prefixLength);
    }
}
