using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;

namespace FlashCall.Sip;

/// <summary>One hop of the way a request took: <c>SIP/2.0/UDP host:port;branch=…;rport</c> (RFC 3261 §20.42, RFC 3581).
/// Immutable.</summary>
public sealed class SipVia
{
    /// <summary>Begins every branch that a peer following RFC 3261 makes (§8.1.1.7).</summary>
    public const string MagicCookie = "z9hG4bK";

    private SipVia(string protocol, string host, int? port, SipParameters parameters)
    {
        Protocol = protocol;
        Host = host;
        Port = port;
        Parameters = parameters;
    }

    /// <summary>The transport in upper case: <c>UDP</c>, <c>TCP</c>, <c>TLS</c>.</summary>
    public string Protocol { get; }

    /// <summary>The host of sent-by: where the hop wants its responses.</summary>
    public string Host { get; }

    /// <summary>The port of sent-by, if one is named.</summary>
    public int? Port { get; }

    /// <summary>All parameters in their order.</summary>
    public SipParameters Parameters { get; }

    /// <summary>Names the transaction, if it begins with <see cref="MagicCookie"/>.</summary>
    public string? Branch => Parameters["branch"];

    /// <summary>Whether the branch is one that RFC 3261 makes, and so names the transaction alone (§17.2.3).</summary>
    [MemberNotNullWhen(true, nameof(Branch))]
    internal bool HasCookie => Branch?.StartsWith(MagicCookie, StringComparison.Ordinal) is true;

    /// <summary>The address the request really came from (§18.2.1).</summary>
    public string? Received => Parameters["received"];

    /// <summary>Whether the hop wants its responses at the port it sent from (RFC 3581 §3).</summary>
    public bool WantsSourcePort => Parameters.Contains("rport");

    /// <summary>The port the request really came from (RFC 3581 §4).</summary>
    public int? SourcePort => SipText.TryParseNumber(Parameters["rport"], 65535, out var port) && port > 0 ? (int)port : null;

    /// <summary>Host and port, the port always named, in lower case: what transactions are told apart by.</summary>
    public string SentBy => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port ?? SipUri.DefaultPort}").ToLowerInvariant();

    /// <summary>As it stands in a message.</summary>
    public string Text
    {
        get
        {
            var text = new StringBuilder("SIP/2.0/", 96).Append(Protocol).Append(' ').Append(Host);
            if (Port is { } port)
                text.Append(':').Append(port);
            Parameters.AppendTo(text);
            return text.ToString();
        }
    }

    /// <summary>Our own hop, asking for responses at the port we send from.</summary>
    /// <param name="protocol">The transport: <c>UDP</c>, <c>TCP</c>, <c>TLS</c>.</param>
    /// <param name="sentBy">Where responses reach us.</param>
    /// <param name="branch">The transaction, beginning with <see cref="MagicCookie"/>.</param>
    public static SipVia Create(string protocol, IPEndPoint sentBy, string branch) =>
        new(protocol, SipText.HostOf(sentBy.Address), sentBy.Port, SipParameters.Empty.With("branch", branch).With("rport", null));

    /// <summary>The text of <see cref="Create"/>, as every request of ours has it.</summary>
    internal static string TextOf(string protocol, IPEndPoint sentBy, string branch) => string.Create(
        CultureInfo.InvariantCulture,
        $"SIP/2.0/{protocol} {SipText.HostOf(sentBy.Address)}:{sentBy.Port};branch={branch};rport");

    /// <summary>
    /// The same hop, marked with where the request really came from: <c>received</c> if sent-by says another address or the hop asked for
    /// the port, and <c>rport</c> if it asked (RFC 3261 §18.2.1, RFC 3581 §4).
    /// </summary>
    public SipVia WithSource(IPEndPoint source)
    {
        var parameters = Parameters;
        var elsewhere = !SipText.TryParseAddress(Host, out var address) || !address.Equals(source.Address);
        if (elsewhere || WantsSourcePort)
            parameters = parameters.With("received", SipText.HostOf(source.Address).Trim('[', ']'));
        if (WantsSourcePort)
            parameters = parameters.With("rport", source.Port.ToString(CultureInfo.InvariantCulture));
        return new SipVia(Protocol, Host, Port, parameters);
    }

    /// <summary>Where a response goes over an unreliable transport (RFC 3261 §18.2.2, RFC 3581 §4).</summary>
    /// <param name="source">Where the request came from.</param>
    public IPEndPoint ResponseTarget(IPEndPoint source)
    {
        if (SipText.TryParseAddress(Parameters["maddr"], out var multicast))
            return new IPEndPoint(multicast, Port ?? SipUri.DefaultPort);
        return WantsSourcePort ? source : new IPEndPoint(source.Address, Port ?? SipUri.DefaultPort);
    }

    /// <summary>Reads one hop; blanks may stand around the slashes and the colon.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out SipVia? via)
    {
        via = null;
        if (!TryScan(text, out var parts) || !SipParameters.TryParse(parts.Parameters, out var parameters))
            return false;
        var protocol = parts.Protocol switch
        {
            "UDP" => "UDP",
            "TCP" => "TCP",
            "TLS" => "TLS",
            var other => other.ToString().ToUpperInvariant(),
        };
        via = new SipVia(protocol, parts.Host.ToString(), parts.Port, parameters);
        return true;
    }

    /// <summary>Whether <see cref="TryParse"/> would read the text, and if so the branch, empty if there is none.</summary>
    internal static bool TryScanBranch(ReadOnlySpan<char> text, out ReadOnlySpan<char> branch)
    {
        branch = default;
        if (!TryScan(text, out var parts) || !SipParameters.IsValid(parts.Parameters))
            return false;
        SipParameters.TryFind(parts.Parameters, "branch", out branch);
        return true;
    }

    /// <summary>As it stands in a message; a hop is no personal data.</summary>
    public override string ToString() => Text;

    private static bool TryScan(ReadOnlySpan<char> text, out Parts parts)
    {
        parts = default;
        text = SipText.Trim(text);
        if (!TryTake(ref text, '/', out var name) || !name.Equals("SIP", StringComparison.OrdinalIgnoreCase)
            || !TryTake(ref text, '/', out var version) || version is not "2.0")
        {
            return false;
        }
        var blank = text.IndexOfAny(' ', '\t');
        if (blank <= 0 || !SipText.IsToken(text[..blank]))
            return false;
        parts.Protocol = text[..blank];
        text = SipText.Trim(text[blank..]);
        var end = text.IndexOf(';');
        parts.Parameters = end < 0 ? [] : text[end..];
        return SipText.TryScanHostPort(end < 0 ? text : text[..end], out parts.Host, out parts.Port);

        static bool TryTake(ref ReadOnlySpan<char> text, char separator, out ReadOnlySpan<char> part)
        {
            var index = text.IndexOf(separator);
            part = index < 0 ? [] : SipText.Trim(text[..index]);
            text = index < 0 ? text : SipText.Trim(text[(index + 1)..]);
            return index >= 0;
        }
    }

    private ref struct Parts
    {
        public ReadOnlySpan<char> Protocol;
        public ReadOnlySpan<char> Host;
        public int? Port;
        public ReadOnlySpan<char> Parameters;
    }
}
