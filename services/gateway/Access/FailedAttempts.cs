using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Edge;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Mvc;

namespace FlashCall.Gateway.Access;

/// <summary>
/// Counts credentials that nobody has by the address they come from, and answers 429 once they are many. Good credentials pass from there
/// all the same: behind one address may be thousands of phones, or a whole company's proxy, and one of them must not lock the others out.
/// </summary>
internal sealed class FailedAttempts(TimeProvider time)
{
    /// <summary>How many an address has before it is told to wait.</summary>
    public static readonly RateLimit Allowed = new(20, TimeSpan.FromMinutes(1));

    private const int MostAddresses = 50_000;
    private readonly RateBuckets<UInt128> _addresses = new(time, MostAddresses);

    /// <summary>Counts one.</summary>
    public Permit Note(IPAddress? address) => _addresses.Take(NetworkOf(address), Allowed, share: 1);

    /// <summary>What the client is told from then on.</summary>
    public static ProblemDetails TooMany() => Problems.Create(StatusCodes.Status429TooManyRequests, "rate_limited", "Too many requests",
        "Too many requests with credentials that are not valid came from this address. Check the credential, and wait for as long as the "
        + "Retry-After header says.");

    /// <summary>The address; of IPv6 the /64, which is what one network has at least (RFC 6177).</summary>
    private static UInt128 NetworkOf(IPAddress? address)
    {
        if (address is null)
            return 0;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            bytes[8..].Clear();
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
