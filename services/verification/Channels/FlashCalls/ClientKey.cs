using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using FlashCall.Contracts;

namespace FlashCall.Verification.Channels.FlashCalls;

/// <summary>Who is behind a session, as the number pool may know it: the same for the same device or address at the same application,
/// and nothing that tells which. Pure.</summary>
internal static class ClientKey
{
    /// <summary>128 bits: two clients do not meet in one key by chance.</summary>
    private const int Bytes = 16;

    /// <summary>What one connection is commonly given of IPv6 (RFC 6177): addresses within it are changed at will.</summary>
    private const int NetworkBytes = 8;

    /// <summary>The key of the device, else of the address: base64url, 22 characters. Null when neither is known.</summary>
    public static string? Of(string applicationId, ClientContext client)
    {
        if (client.DeviceId is { Length: > 0 } device)
            return Hash("device", applicationId, device);
        return IPAddress.TryParse(client.Ip, out var address) ? Hash("network", applicationId, NetworkOf(address)) : null;
    }

    private static string NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, NetworkBytes))
            : address.ToString();
    }

    private static string Hash(string kind, string applicationId, string client)
    {
        // With the length, no two pairs of application and client make the same text.
        var text = string.Create(CultureInfo.InvariantCulture, $"{kind} {applicationId.Length} {applicationId} {client}");
        return Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, Bytes));
    }
}
