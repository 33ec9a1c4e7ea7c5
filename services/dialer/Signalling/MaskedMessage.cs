using System.Text;
using System.Text.RegularExpressions;

namespace FlashCall.Dialer.Signalling;

/// <summary>A SIP message as an operator may read it: phone numbers and caller IDs cut to their first digits, credentials and bodies left
/// out.</summary>
internal static partial class MaskedMessage
{
    private const int ShownDigits = 4;

    /// <summary>The start line and the header fields, whatever the bytes are.</summary>
    public static string Of(ReadOnlySpan<byte> message)
    {
        // As the wire has it, octet by octet: what is no text shall be seen, and shall not fail.
        var text = Encoding.Latin1.GetString(message);
        var end = EndOfHeaders().Match(text);
        var masked = new StringBuilder(text.Length);
        var header = "";
        foreach (var line in (end.Success ? text[..end.Index] : text).Split('\n'))
        {
            var content = Printable(line.TrimEnd('\r'));
            if (masked.Length > 0)
                masked.Append('\n');
            // A line that begins with a blank goes on with the header field before it (RFC 3261 §7.3.1).
            if (content is not [' ' or '\t', ..])
                header = NameOf(content);
            masked.Append(Mask(header, content));
        }
        var bodyBytes = end.Success ? text.Length - end.Index - end.Length : 0;
        return bodyBytes > 0 ? masked.Append("\n(a body of ").Append(bodyBytes).Append(" bytes)").ToString() : masked.ToString();
    }

    private static string Mask(string header, string line) => header switch
    {
        // Made by machines, and what one message is matched with another by.
        "via" or "v" or "call-id" or "i" or "cseq" or "content-length" or "l" => line,
        "authorization" or "proxy-authorization" when line[0] is ' ' or '\t' => " •••",
        "authorization" or "proxy-authorization" => $"{line[..line.IndexOf(':', StringComparison.Ordinal)]}: •••",
        _ => Number().Replace(line, number => Hidden(number.Value)),
    };

    /// <summary>The name of a header field in lower case; empty for a start line.</summary>
    private static string NameOf(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? "" : line[..colon].TrimEnd();
        return name.Contains(' ', StringComparison.Ordinal) ? "" : name.ToLowerInvariant();
    }

    private static string Hidden(string number)
    {
        var shown = 0;
        return string.Concat(number.Select(c => !char.IsAsciiDigit(c) || shown++ < ShownDigits ? c : '•'));
    }

    private static string Printable(string line) => string.Concat(line.Select(c => char.IsControl(c) && c != '\t' ? '·' : c));

    // Seven digits is the shortest international number that is dialled; people write some of these signs between them. Not dots: those
    // stand in addresses of hosts. A tag names a dialog, not a person.
    [GeneratedRegex(@"(?<!tag=[^;,>\s]*)\d(?:[-() /]{0,2}\d){6,}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"\r?\n\r?\n", RegexOptions.CultureInvariant)]
    private static partial Regex EndOfHeaders();
}
