using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlashCall.Sip;

/// <summary>The lexical rules of RFC 3261 §25.1 that the parsers share.</summary>
internal static class SipText
{
    private static readonly SearchValues<char> Token =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~");

    private static readonly SearchValues<byte> Controls =
        SearchValues.Create([.. Enumerable.Range(0, 32).Where(c => c != '\t').Append(127).Select(c => (byte)c)]);

    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~"u8);

    // Everything a parameter may hold unquoted: tokens, hosts with brackets and colons, and what URIs allow beside them.
    private static readonly SearchValues<char> ParameterValue =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~[]:/&$()@=?#|{}^");

    /// <summary>At least one character, all of them token characters.</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(Token);

    /// <inheritdoc cref="IsToken(ReadOnlySpan{char})"/>
    public static bool IsToken(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenBytes);

    /// <summary>Whether a line holds a control character other than a tab, unless a backslash stands before it, as one may in a quoted
    /// string (RFC 3261 §25.1, quoted-pair). One that would end the line is never right.</summary>
    public static bool HasControl(ReadOnlySpan<byte> line)
    {
        for (var from = 0; from < line.Length;)
        {
            var index = line[from..].IndexOfAny(Controls);
            if (index < 0)
                return false;
            index += from;
            if (line[index] is (byte)'\r' or (byte)'\n' || index == 0 || line[index - 1] != '\\')
                return true;
            from = index + 1;
        }
        return false;
    }

    /// <summary>Whether a value would break the message it is written into.</summary>
    public static bool BreaksLine(ReadOnlySpan<char> value) => value.IndexOfAny('\r', '\n') >= 0 || HasBareNul(value);

    /// <summary>What may follow the equals sign of a parameter: a quoted string, a token, a host.</summary>
    public static bool IsParameterValue(ReadOnlySpan<char> text) =>
        text is ['"', ..]
            ? QuotedLength(text) == text.Length
            : !text.IsEmpty && !text.ContainsAnyExcept(ParameterValue);

    /// <summary>Spaces and tabs; line folds have become spaces before.</summary>
    public static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text) => text.Trim(" \t");

    /// <summary>The length of the quoted string that the text begins with, quotes included; -1 if it does not end.</summary>
    public static int QuotedLength(ReadOnlySpan<char> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '\\')
                i++;
            else if (text[i] == '"')
                return i + 1;
        }
        return -1;
    }

    /// <summary>Where a separator stands outside quoted strings and angle brackets; -1 if nowhere, or if a quoted string does not
    /// end.</summary>
    public static int IndexOutsideQuotes(ReadOnlySpan<char> text, char separator)
    {
        var inAngles = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '"')
            {
                var length = QuotedLength(text[i..]);
                if (length < 0)
                    return -1;
                i += length - 1;
            }
            else if (c == separator && !inAngles)
            {
                return i;
            }
            else if (c == '<')
            {
                inAngles = true;
            }
            else if (c == '>')
            {
                inAngles = false;
            }
        }
        return -1;
    }

    /// <summary>The text of a quoted string without its quotes and escapes.</summary>
    public static string Unquote(ReadOnlySpan<char> quoted)
    {
        var inner = quoted[1..^1];
        if (!inner.Contains('\\'))
            return inner.ToString();
        var text = new StringBuilder(inner.Length);
        for (var i = 0; i < inner.Length; i++)
        {
            if (inner[i] == '\\' && i + 1 < inner.Length)
                i++;
            text.Append(inner[i]);
        }
        return text.ToString();
    }

    /// <summary>The text as a quoted string.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            if (c is '\\' or '"' or '\u007f' || (c < ' ' && c != '\t'))
                quoted.Append('\\');
            quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>A host name, an IPv4 address, or an IPv6 address in brackets.</summary>
    public static bool IsHost(ReadOnlySpan<char> host)
    {
        if (host is ['[', .., ']'])
            return IPAddress.TryParse(host[1..^1], out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        if (host.IsEmpty)
            return false;
        foreach (var c in host)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_'))
                return false;
        }
        return true;
    }

    /// <summary>Reads <c>host</c> or <c>host:port</c>; blanks may stand around the colon (RFC 3261 §25.1, COLON).</summary>
    public static bool TryScanHostPort(ReadOnlySpan<char> text, out ReadOnlySpan<char> host, out int? port)
    {
        port = null;
        text = Trim(text);
        var colon = text is ['[', ..] ? EndOfBrackets(text) : text.IndexOf(':');
        host = colon < 0 ? text : Trim(text[..colon]);
        if (!IsHost(host))
            return false;
        if (colon >= 0)
        {
            if (!TryParseNumber(Trim(text[(colon + 1)..]), 65535, out var number) || number == 0)
                return false;
            port = (int)number;
        }
        return true;

        static int EndOfBrackets(ReadOnlySpan<char> text)
        {
            var close = text.IndexOf(']');
            var colon = close < 0 ? -1 : text[close..].IndexOf(':');
            return colon < 0 ? -1 : close + colon;
        }
    }

    /// <summary>Reads decimal digits alone, up to a greatest value.</summary>
    public static bool TryParseNumber(ReadOnlySpan<char> digits, long max, out long number)
    {
        number = 0;
        // Leading zeros are allowed, so the length alone says nothing.
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
            return false;
        foreach (var digit in digits)
        {
            number = number * 10 + (digit - '0');
            if (number > max)
                return false;
        }
        return true;
    }

    /// <summary>An address as it stands in a URI or a Via: IPv6 in brackets, and without a scope.</summary>
    public static string HostOf(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4().ToString();
        return $"[{(address.ScopeId == 0 ? address : new IPAddress(address.GetAddressBytes()))}]";
    }

    /// <summary>The address that a host names literally; false for a host name.</summary>
    public static bool TryParseAddress(ReadOnlySpan<char> host, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (host is ['[', .., ']'])
            return IPAddress.TryParse(host[1..^1], out address);
        // IPAddress reads "1" and "1.2" as IPv4 too; in SIP those are not addresses.
        return (host.Contains(':') || host.Count('.') == 3) && IPAddress.TryParse(host, out address);
    }

    private static bool HasBareNul(ReadOnlySpan<char> value)
    {
        for (var i = value.IndexOf('\0'); i >= 0 && i < value.Length; i++)
        {
            if (value[i] == '\0' && (i == 0 || value[i - 1] != '\\'))
                return true;
        }
        return false;
    }
}
