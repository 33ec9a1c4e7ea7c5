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
    public string Text => $"{(DisplayName is null ? "" : $"{SipText.Quote(DisplayName)} ")}<{Uri.Text}>{Parameters}";

    /// <summary>The same address with this tag.</summary>
    /// <exception cref="ArgumentException">The tag is not a token.</exception>
    public SipAddress WithTag(string tag) => new(Uri, DisplayName, Parameters.With("tag", tag));

    /// <summary>Reads <c>"Name" &lt;sip:…&gt;;tag=…</c>, <c>Name &lt;sip:…&gt;</c> or <c>sip:…;tag=…</c>; in the last form parameters
    /// belong to the header (RFC 3261 §20).</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out SipAddress? address)
    {
        address = null;
        text = SipText.Trim(text);
        string? displayName = null;
        if (text is ['"', ..])
        {
            var length = SipText.QuotedLength(text);
            if (length < 0)
                return false;
            displayName = SipText.Unquote(text[..length]);
            text = SipText.Trim(text[length..]);
            if (text is not ['<', ..])
                return false;
        }
        var open = text.IndexOf('<');
        ReadOnlySpan<char> uriText, parametersText;
        if (open >= 0)
        {
            if (open > 0 && !TryParseName(SipText.Trim(text[..open]), out displayName))
                return false;
            var close = text.IndexOf('>');
            if (close < open)
                return false;
            uriText = SipText.Trim(text[(open + 1)..close]);
            parametersText = text[(close + 1)..];
        }
        else
        {
            var end = text.IndexOf(';');
            uriText = SipText.Trim(end < 0 ? text : text[..end]);
            parametersText = end < 0 ? [] : text[end..];
            // Such a URI has to stand in brackets, or it could not be told where it ends.
            if (uriText.IndexOfAny(',', '?') >= 0)
                return false;
        }
        if (!SipUri.TryParse(uriText, out var uri) || !SipParameters.TryParse(parametersText, out var parameters))
            return false;
        address = new SipAddress(uri, displayName, parameters);
        return true;
    }

    /// <summary>The address with its user hidden.</summary>
    public override string ToString() => $"<{Uri}>";

    // Peers write names with dots, umlauts and other signs without quotes; only what breaks the structure is refused.
    private static bool TryParseName(ReadOnlySpan<char> text, out string? name)
    {
        name = text.IsEmpty ? null : text.ToString();
        return text.IndexOfAny("\"<>,;") < 0;
    }
}
