using System.Text;

namespace FlashCall.Dialer.Signalling;

/// <summary>A SIP message as an operator may read it: phone numbers and caller IDs cut to their first digits, credentials and bodies left
/// out.</summary>
internal static class MaskedMessage
{
    private const int ShownDigits = 4;
    // The shortest international number that is dialled.
    private const int FewestDigits = 7;
    private const string Tag = "tag=";

    /// <summary>The start line and the header fields, whatever the bytes are.</summary>
    public static string Of(ReadOnlySpan<byte> message)
    {
        // As the wire has it, octet by octet: what is no text shall be seen, and shall not fail.
        var text = Encoding.Latin1.GetString(message);
        var (headers, bodyBytes) = Split(text);
        var masked = new StringBuilder(text.Length);
        var header = "";
        foreach (var line in headers.Split('\n'))
        {
            var content = Printable(line.TrimEnd('\r'));
            if (masked.Length > 0)
                masked.Append('\n');
            // A line that begins with a blank goes on with the header field before it (RFC 3261 §7.3.1).
            if (content is not [' ' or '\t', ..])
                header = NameOf(content);
            masked.Append(Mask(header, content));
        }
        return bodyBytes > 0 ? masked.Append("\n(a body of ").Append(bodyBytes).Append(" bytes)").ToString() : masked.ToString();
    }

    private static string Mask(string header, string line) => header switch
    {
        // Made by machines, and what one message is matched with another by.
        "via" or "v" or "call-id" or "i" or "cseq" or "content-length" or "l" => line,
        "authorization" or "proxy-authorization" when line[0] is ' ' or '\t' => " •••",
        "authorization" or "proxy-authorization" => $"{line[..line.IndexOf(':', StringComparison.Ordinal)]}: •••",
        _ => HideNumbers(line),
    };

    /// <summary>The name of a header field in lower case; empty for a start line.</summary>
    private static string NameOf(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? "" : line[..colon].TrimEnd();
        return name.Contains(' ', StringComparison.Ordinal) ? "" : name.ToLowerInvariant();
    }

    /// <summary>Hides what may be a phone number: seven digits or more, as people write them. A tag names a dialog, not a person.</summary>
    private static string HideNumbers(string line)
    {
        var shown = line.ToCharArray();
        for (var i = 0; i < line.Length; i++)
        {
            if (line.AsSpan(i).StartsWith(Tag, StringComparison.OrdinalIgnoreCase))
            {
                var length = line.AsSpan(i).IndexOfAny(";,> ");
                i = length < 0 ? line.Length : i + length;
                continue;
            }
            if (!char.IsAsciiDigit(line[i]))
                continue;
            var (end, digits) = NumberAt(line, i);
            for (var seen = 0; i < end; i++)
            {
                if (char.IsAsciiDigit(line[i]) && ++seen > ShownDigits && digits >= FewestDigits)
                    shown[i] = '•';
            }
            i--;
        }
        return new string(shown);
    }

    /// <summary>Where a number ends, and how many digits it has. Some signs may stand between them, but no dots: those stand in addresses
    /// of hosts.</summary>
    private static (int End, int Digits) NumberAt(string line, int start)
    {
        var (end, digits) = (start, 0);
        for (var i = start; i < line.Length && i - end <= 2; i++)
        {
            if (char.IsAsciiDigit(line[i]))
                (end, digits) = (i + 1, digits + 1);
            else if (line[i] is not ('-' or '(' or ')' or ' ' or '/'))
                break;
        }
        return (end, digits);
    }

    private static (string Headers, int BodyBytes) Split(string text)
    {
        var end = text.IndexOf("\n\r\n", StringComparison.Ordinal);
        var length = 3;
        if (end < 0)
            (end, length) = (text.IndexOf("\n\n", StringComparison.Ordinal), 2);
        return end < 0 ? (text, 0) : (text[..end], text.Length - end - length);
    }

    private static string Printable(string line) => string.Concat(line.Select(c => char.IsControl(c) && c != '\t' ? '·' : c));
}
