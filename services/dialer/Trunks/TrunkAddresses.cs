using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using FlashCall.Sip;

namespace FlashCall.Dialer.Trunks;

/// <summary>Resolves the addresses of trunks, and remembers them for a while so that a call does not wait for DNS.</summary>
/// <param name="family">The family that our socket speaks; <see cref="AddressFamily.InterNetworkV6"/> takes IPv4 too.</param>
/// <param name="time">The clock.</param>
internal sealed class TrunkAddresses(AddressFamily family, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<string, (IPEndPoint EndPoint, DateTimeOffset Until)> _known = new(StringComparer.Ordinal);

    /// <summary>Where to send requests for a trunk: the first address of its host that we can reach.</summary>
    /// <exception cref="SocketException">The host has no such address.</exception>
    public async ValueTask<IPEndPoint> ResolveAsync(Trunk trunk, CancellationToken cancellationToken)
    {
        var (host, givenPort) = TrunkAddress.Parse(trunk.Addresses[0]);
        var port = givenPort ?? SipUri.DefaultPort;
        if (IPAddress.TryParse(host, out var address))
            return new IPEndPoint(address, port);
        var now = time.GetUtcNow();
        if (_known.TryGetValue(trunk.Addresses[0], out var known) && known.Until > now)
            return known.EndPoint;
        try
        {
            var wanted = family == AddressFamily.InterNetworkV6 ? AddressFamily.Unspecified : family;
            var addresses = await Dns.GetHostAddressesAsync(host, wanted, cancellationToken);
            if (addresses.Length == 0)
                throw new SocketException((int)SocketError.HostNotFound);
            var endPoint = new IPEndPoint(addresses[0], port);
            _known[trunk.Addresses[0]] = (endPoint, now + Lifetime);
            return endPoint;
        }
        catch (SocketException) when (known.EndPoint is not null)
        {
            // A name server that is away for a moment is no reason to stop calling; the trunk itself will tell.
            return known.EndPoint;
        }
    }
}
