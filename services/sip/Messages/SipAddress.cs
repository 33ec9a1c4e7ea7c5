using System.Diagnostics.CodeAnalysis;

namespace FlashCall.Sip;

/// <summary>
/// The value of From, To, Contact, Route and P-Asserted-Identity: an optional display name, a URI, parameters (RFC 3261 §20.10, name-addr).
/// Immutable. <see cref="ToString"/> hides who it is; <see cref="Text"/> is the value itself.
/// </summary>
public sealed class SipAddress
{
    /// <summary>An address of a URI, without a display name.</summary>
    public SipAddress(SipUri uri)
        : this(uri, displayName: null, SipParameters.Empty)
    {
    }

    private string? _text;

    private SipAddress(SipUri uri, string? displayName, SipParameters parameters)
    {
        Uri = uri;
        DisplayName = displayName;
        Parameters = parameters;
    }

    /// <summary>Where it leads.</summary>
    public SipUri Uri { get; }

    /// <summary>The name to show, without quotes; null if there is none. Personal data.</summary>
    public string? DisplayName { get; }

    /// <summary>Parameters of the header field, not of the URI.</summary>
    public SipParameters Parameters { get; }

    /// <summary>The <c>tag</c> of From and To, which names one side of a dialog (RFC 3261 §19.3).</summary>
    public string? Tag => Parameters["tag"];

    /// <summary>As it stands in a message. Personal data: never to a log, a trace or an error.</summary>
    public string Text => _text ??= $"{(DisplayName is null ? "" : $"{SipText.Quote(DisplayName)} ")}<{Uri.Text}>{Parameters}";

    /// <summary>The same address with this tag.</summary>
    /// <exception cref="ArgumentException">The tag is not a token.</exception>
    public SipAddress WithTag(string tag) => new(Uri, DisplayName, Parameters.With("tag", tag));

    /// <summary>Reads <c>"Name" &lt;sip:…&gt;;tag=…</c>, <c>Name &lt;sip:…&gt;</c> or <c>sip:…;tag=…</c>; in the last form parameters
    /// belong to the header (RFC 3261 §20).</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out SipAddress? address)
    {
        address = null;
        if (!TryScan(text, out var parts)
            || !SipUri.TryParse(parts.Uri, out var uri) || !SipParameters.TryParse(parts.Parameters, out var parameters))
        {
            return false;
        }
        var name = parts.Name.IsEmpty ? null : parts.Name[0] == '"' ? SipText.Unquote(parts.Name) : parts.Name.ToString();
        address = new SipAddress(uri, name, parameters);
        return true;
    }

    /// <summary>Whether <see cref="TryParse"/> would read the text.</summary>
    internal static bool IsValid(ReadOnlySpan<char> text) =>
        TryScan(text, out var parts) && SipUri.IsValid(parts.Uri) && SipParameters.IsValid(parts.Parameters);

    /// <summary>The address with its user hidden.</summary>
    public override string ToString() => $"<{Uri}>";

    private static bool TryScan(ReadOnlySpan<char> text, out Parts parts)
    {
        parts = default;
        text = SipText.Trim(text);
        if (text is ['"', ..])
        {
            var length = SipText.QuotedLength(text);
            if (length < 0)
                return false;
            parts.Name = text[..length];
            text = SipText.Trim(text[length..]);
            if (text is not ['<', ..])
                return false;
        }
        var open = text.IndexOf('<');
        if (open >= 0)
        {
            if (open > 0)
                parts.Name = SipText.Trim(text[..open]);
            // Peers write names with dots, umlauts and other signs without quotes; only what breaks the structure is refused.
            if (open > 0 && parts.Name.IndexOfAny("\"<>,;") >= 0)
                return false;
            var close = text.IndexOf('>');
            if (close < open)
                return false;
            parts.Uri = SipText.Trim(text[(open + 1)..close]);
            parts.Parameters = text[(close + 1)..];
            return true;
        }
        var end = text.IndexOf(';');
        parts.Uri = SipText.Trim(end < 0 ? text : text[..end]);
        parts.Parameters = end < 0 ? [] : text[end..];
        // Such a URI has to stand in brackets, or it could not be told where it ends.
        return parts.Uri.IndexOfAny(',', '?') < 0;
    }

    private ref struct Parts
    {
        public ReadOnlySpan<char> Name;
        public ReadOnlySpan<char> Uri;
        public ReadOnlySpan<char> Parameters;
    }
}
