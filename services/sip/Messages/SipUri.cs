using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace FlashCall.Sip;

/// <summary>
/// An address of SIP: <c>sip:</c> and <c>sips:</c> taken apart (RFC 3261 §19.1), <c>tel:</c> as far as its number (RFC 3966), anything
/// else kept whole. The user part is a phone number here: <see cref="ToString"/> hides it, <see cref="Text"/> is the URI itself.
/// </summary>
public sealed class SipUri
{
    /// <summary>The port of SIP over UDP and TCP when none is named (RFC 3261 §19.1.2).</summary>
    public const int DefaultPort = 5060;

    // What never needs to be escaped in a user part: all that phone numbers are made of.
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("+-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private SipUri(string text, string scheme) => (Text, Scheme) = (text, scheme);

    /// <summary>The URI as it stands in a message. Personal data: never to a log, a trace or an error.</summary>
    public string Text { get; }

    /// <summary>In lower case: <c>sip</c>, <c>sips</c>, <c>tel</c> …</summary>
    public string Scheme { get; }

    /// <summary>The user, unescaped, without a password; the number of a <c>tel:</c> URI; null if there is none. Personal data.</summary>
    public string? User { get; private init; }

    /// <summary>Host name, IPv4 address, or IPv6 address in brackets; empty unless the scheme is <c>sip</c> or <c>sips</c>.</summary>
    public string Host { get; private init; } = "";

    /// <summary>The port if one is named, 1 to 65535.</summary>
    public int? Port { get; private init; }

    /// <summary>Parameters of the URI, such as <c>transport</c> and <c>lr</c>, unescaped.</summary>
    public SipParameters Parameters { get; private init; } = SipParameters.Empty;

    /// <summary>The address and port that the URI names literally; null for a host name, which has to be resolved (RFC 3263).</summary>
    public IPEndPoint? EndPoint => SipText.TryParseAddress(Host, out var address) ? new IPEndPoint(address, Port ?? DefaultPort) : null;

    /// <summary>Makes <c>sip:user@host:port</c>.</summary>
    /// <param name="user">Escaped where it must be; null for a URI without one.</param>
    /// <param name="host">Host name, IPv4 address, or IPv6 address in brackets.</param>
    /// <param name="port">1 to 65535, or null for the default.</param>
    /// <exception cref="ArgumentException">The host or the port is none.</exception>
    public static SipUri Create(string? user, string host, int? port = null)
    {
        var userPart = user is null ? "" : $"{Escape(user)}@";
        var portPart = port is null ? "" : $":{port}";
        return TryParse($"sip:{userPart}{host}{portPart}", out var uri)
            ? uri
            : throw new ArgumentException(
                "A SIP URI needs a host name, an IPv4 address or an IPv6 address in brackets, and a port from 1 to 65535.",
                nameof(host));
    }

    /// <summary>Makes <c>sip:user@address:port</c>.</summary>
    public static SipUri Create(string? user, IPEndPoint endPoint) => Create(user, SipText.HostOf(endPoint.Address), endPoint.Port);

    /// <summary>Reads a URI that is known to be right.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    public static SipUri Parse(string text) =>
        TryParse(text, out var uri) ? uri : throw new FormatException("Not a URI of the form sip:user@host:port (RFC 3261 §19.1).");

    /// <summary>Reads a URI; blanks, brackets and broken escapes make it none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out SipUri? uri)
    {
        uri = null;
        if (!TryScan(text, out var parts))
            return false;
        var scheme = SchemeOf(parts.Scheme);
        if (scheme is not ("sip" or "sips"))
        {
            uri = new SipUri(text.ToString(), scheme) { User = scheme is "tel" ? parts.User.ToString() : null };
            return true;
        }
        if (!SipParameters.TryParse(parts.Parameters, out var parameters))
            return false;
        var user = parts.User.Contains('%') ? Uri.UnescapeDataString(parts.User) : parts.User.ToString();
        uri = new SipUri(text.ToString(), scheme)
        {
            User = parts.HasUser ? user : null,
            Host = parts.Host.ToString(),
            Port = parts.Port,
            Parameters = parameters.Unescaped(),
        };
        return true;
    }

    /// <summary>Whether <see cref="TryParse"/> would read the text.</summary>
    internal static bool IsValid(ReadOnlySpan<char> text) => TryScan(text, out var parts) && SipParameters.IsValid(parts.Parameters);

    /// <summary>The URI with its user hidden: <c>sip:•••@203.0.113.5:5060</c>.</summary>
    public override string ToString() => Host.Length == 0
        ? $"{Scheme}:•••"
        : $"{Scheme}:{(User is null ? "" : "•••@")}{Host}{(Port is null ? "" : $":{Port}")}";

    private static string SchemeOf(ReadOnlySpan<char> scheme) => scheme switch
    {
        "sip" => "sip",
        "sips" => "sips",
        "tel" => "tel",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static bool TryScan(ReadOnlySpan<char> text, out Parts parts)
    {
        parts = default;
        var colon = text.IndexOf(':');
        if (colon <= 0 || !IsScheme(text[..colon]) || !IsClean(text))
            return false;
        parts.Scheme = text[..colon];
        var rest = text[(colon + 1)..];
        if (rest.IsEmpty)
            return false;
        if (!parts.Scheme.Equals("sip", StringComparison.OrdinalIgnoreCase)
            && !parts.Scheme.Equals("sips", StringComparison.OrdinalIgnoreCase))
        {
            var stop = rest.IndexOf(';');
            parts.User = stop < 0 ? rest : rest[..stop];
            return true;
        }
        // The user may hold ';' and '?' unescaped, so it ends at the '@' and nothing before that counts.
        var at = rest.IndexOf('@');
        if (at >= 0)
        {
            var password = rest[..at].IndexOf(':');
            parts.HasUser = true;
            parts.User = rest[..(password < 0 ? at : password)];
            if (parts.User.IsEmpty)
                return false;
            rest = rest[(at + 1)..];
        }
        var end = rest.IndexOfAny(';', '?');
        if (!SipText.TryScanHostPort(end < 0 ? rest : rest[..end], out parts.Host, out parts.Port))
            return false;
        if (end >= 0 && rest[end] == ';')
        {
            var headers = rest.IndexOf('?');
            parts.Parameters = headers < 0 ? rest[end..] : rest[end..headers];
        }
        return true;
    }

    private static bool IsScheme(ReadOnlySpan<char> scheme)
    {
        foreach (var c in scheme)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
                return false;
        }
        return char.IsAsciiLetter(scheme[0]);
    }

    private static bool IsClean(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c <= ' ' || c is '<' or '>' or '"' or '\u007f')
                return false;
            if (c == '%' && (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2])))
                return false;
        }
        return true;
    }

    // '+' is allowed as it is in a user part (RFC 3261 §25.1, user-unreserved), and phone numbers are written so.
    private static string Escape(string user) => user.AsSpan().ContainsAnyExcept(Plain)
        ? Uri.EscapeDataString(user).Replace("%2B", "+", StringComparison.Ordinal)
        : user;

    private ref struct Parts
    {
        public ReadOnlySpan<char> Scheme;
        public bool HasUser;
        public ReadOnlySpan<char> User;
        public ReadOnlySpan<char> Host;
        public int? Port;
        public ReadOnlySpan<char> Parameters;
    }
}
