using System.Buffers;
using System.Collections.Frozen;

namespace FlashCall.Dialer.Trunks;

/// <summary>Which further header fields a trunk may ask for.</summary>
internal static class TrunkHeaders
{
    private const int LongestName = 64;
    private const int LongestValue = 512;

    /// <summary>The characters of a token (RFC 3261 §25.1).</summary>
    private static readonly SearchValues<char> Token =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~");

    /// <summary>What the dialer writes itself, and what would change what a call is, where it goes or how it is framed.</summary>
    private static readonly FrozenSet<string> Ours = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards", "Route", "Record-Route", "Path", "Allow", "User-Agent",
        "P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID", "Privacy", "Authorization", "Proxy-Authorization", "Require",
        "Proxy-Require", "Supported", "Expires", "Session-Expires", "Min-SE", "RAck", "RSeq", "Timestamp", "Content-Type",
        "Content-Length", "Content-Encoding", "Content-Disposition", "Content-Language", "MIME-Version", "Replaces", "Join",
        "Refer-To", "Event");

    /// <summary>What is wrong with header fields: by name, what is the matter and what would be right.</summary>
    public static IEnumerable<(string Name, string Problem)> Mistakes(IReadOnlyDictionary<string, string?>? headers)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in headers ?? new Dictionary<string, string?>(StringComparer.Ordinal))
        {
            if (name.Length is 0 or > LongestName || name.AsSpan().ContainsAnyExcept(Token))
                yield return (name, $"is no header field's name. Give 1 to {LongestName} of the characters that RFC 3261 calls a token.");
            else if (name.Length == 1)
                yield return (name, "is a compact form. Give the header field's long name.");
            else if (Ours.Contains(name))
                yield return (name, "is written by the dialer itself. Leave it out.");
            else if (!seen.Add(name))
                yield return (name, "stands there twice. Give each header field once.");
            else if (value is not { Length: > 0 and <= LongestValue } || value.Any(char.IsControl))
                yield return (name, $"has no value that can be sent. Give 1 to {LongestValue} characters without line breaks.");
        }
    }
}
