using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlashCall.Dialer.Trunks;

/// <summary>A place where a carrier listens: <c>sip.carrier.example</c>, <c>sip.carrier.example:5080</c>, <c>192.0.2.10:5060</c> or
/// <c>[2001:db8::10]:5060</c>.</summary>
/// <param name="Host">A host name or an IP address, IPv6 without brackets.</param>
/// <param name="Port">1 to 65535. Null where none is given: a host name is then looked up by SRV first (RFC 3263 §4.2), and the usual
/// port counts for what has no such record.</param>
internal readonly record struct TrunkAddress(string Host, int? Port)
{
    /// <summary>What an address has to be, for the text of an error.</summary>
    public const string Form = "Give a host or host:port, such as sip.carrier.example, 192.0.2.10:5060 or [2001:db8::10]:5060.";

    /// <summary>RFC 1035 §2.3.4, as text.</summary>
    private const int LongestName = 253;

    /// <summary>The host as it stands in a URI: IPv6 addresses in brackets (RFC 3261 §19.1.1).</summary>
    public string UriHost => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;

    /// <summary>Reads an address that is known to be right.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static TrunkAddress Parse(string text) => TryParse(text, out var address) ? address : throw new FormatException(Form);

    /// <summary>Reads an address.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TrunkAddress address)
    {
        address = default;
        if (string.IsNullOrEmpty(text))
            return false;
        var bracket = text.LastIndexOf(']');
        var colon = text.LastIndexOf(':');
        // "2001:db8::10" might as well be an address and a port; brackets say which.
        if (bracket < 0 && colon != text.IndexOf(':', StringComparison.Ordinal))
            return false;
        var hasPort = colon > bracket;
        int? port = null;
        if (hasPort)
        {
            if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number is < 1 or > IPEndPoint.MaxPort)
            {
                return false;
            }
            port = number;
        }
        if (!TryReadHost(hasPort ? text[..colon] : text, out var host))
            return false;
        address = new TrunkAddress(host, port);
        return true;
    }

    /// <summary>Reads a host as URIs have it.</summary>
    /// <param name="text">A host name, an IPv4 address, or an IPv6 address in brackets.</param>
    /// <param name="host">The same, without brackets.</param>
    public static bool TryReadHost(string text, [NotNullWhen(true)] out string? host)
    {
        var isBracketed = text is ['[', _, .., ']'];
        host = isBracketed ? text[1..^1] : text;
        if (IPAddress.TryParse(host, out var address))
        {
            // SIP has no zones (%eth0). What else reads as an IPv4 address, such as 1 or 0x7f.1, is a slip of the pen.
            return isBracketed
                ? address.AddressFamily == AddressFamily.InterNetworkV6 && !host.AsSpan().ContainsAny('%', '[')
                : address.AddressFamily == AddressFamily.InterNetwork && address.ToString() == host;
        }
        return !isBracketed && host.Length <= LongestName && Ascii.IsValid(host) && Uri.CheckHostName(host) == UriHostNameType.Dns;
    }
}
