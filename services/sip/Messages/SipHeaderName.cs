using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace FlashCall.Sip;

/// <summary>Names of header fields in their long form (RFC 3261 §20). Compact forms (§7.3.3) are read as the long ones.</summary>
public static class SipHeaderName
{
    /// <summary>RFC 3261 §20.42.</summary>
    public const string Via = "Via";

    /// <summary>RFC 3261 §20.20.</summary>
    public const string From = "From";

    /// <summary>RFC 3261 §20.39.</summary>
    public const string To = "To";

    /// <summary>RFC 3261 §20.8.</summary>
    public const string CallId = "Call-ID";

    /// <summary>RFC 3261 §20.16.</summary>
    public const string CSeq = "CSeq";

    /// <summary>RFC 3261 §20.10.</summary>
    public const string Contact = "Contact";

    /// <summary>RFC 3261 §20.22.</summary>
    public const string MaxForwards = "Max-Forwards";

    /// <summary>RFC 3261 §20.14.</summary>
    public const string ContentLength = "Content-Length";

    /// <summary>RFC 3261 §20.15.</summary>
    public const string ContentType = "Content-Type";

    /// <summary>RFC 3261 §20.34.</summary>
    public const string Route = "Route";

    /// <summary>RFC 3261 §20.30.</summary>
    public const string RecordRoute = "Record-Route";

    /// <summary>RFC 3261 §20.5.</summary>
    public const string Allow = "Allow";

    /// <summary>RFC 3261 §20.37.</summary>
    public const string Supported = "Supported";

    /// <summary>RFC 3261 §20.32.</summary>
    public const string Require = "Require";

    /// <summary>RFC 3261 §20.40.</summary>
    public const string Unsupported = "Unsupported";

    /// <summary>RFC 3261 §20.41.</summary>
    public const string UserAgent = "User-Agent";

    /// <summary>RFC 3261 §20.35.</summary>
    public const string Server = "Server";

    /// <summary>RFC 3261 §20.33. Seconds.</summary>
    public const string RetryAfter = "Retry-After";

    /// <summary>RFC 3261 §20.38.</summary>
    public const string Timestamp = "Timestamp";

    /// <summary>RFC 3326: why a request was sent or a call ended.</summary>
    public const string Reason = "Reason";

    /// <summary>RFC 3325 §9.1: the caller as the network vouches for it.</summary>
    public const string PAssertedIdentity = "P-Asserted-Identity";

    /// <summary>RFC 3325 §9.2.</summary>
    public const string PPreferredIdentity = "P-Preferred-Identity";

    /// <summary>RFC 3323 §4.2.</summary>
    public const string Privacy = "Privacy";

    /// <summary>RFC 3261 §20.44.</summary>
    public const string WwwAuthenticate = "WWW-Authenticate";

    /// <summary>RFC 3261 §20.7.</summary>
    public const string Authorization = "Authorization";

    /// <summary>RFC 3261 §20.27.</summary>
    public const string ProxyAuthenticate = "Proxy-Authenticate";

    /// <summary>RFC 3261 §20.28.</summary>
    public const string ProxyAuthorization = "Proxy-Authorization";

    private static readonly FrozenDictionary<string, string> LongForms = new[]
        {
            Via, From, To, CallId, CSeq, Contact, MaxForwards, ContentLength, ContentType, Route, RecordRoute, Allow, Supported, Require,
            Unsupported, UserAgent, Server, RetryAfter, Timestamp, Reason, PAssertedIdentity, PPreferredIdentity, Privacy, WwwAuthenticate,
            Authorization, ProxyAuthenticate, ProxyAuthorization, "Accept", "Content-Encoding", "Content-Disposition", "Session-Expires",
            "Min-SE", "Expires", "Date", "Subject", "Event", "Refer-To", "Referred-By", "Allow-Events", "Accept-Contact", "Reject-Contact",
            "Request-Disposition", "Identity", "Path", "Service-Route", "Proxy-Require", "RSeq", "RAck", "Warning", "Record-Session",
        }
        .Select(name => KeyValuePair.Create(name, name))
        .Concat(
        [
            KeyValuePair.Create("v", Via), KeyValuePair.Create("f", From), KeyValuePair.Create("t", To), KeyValuePair.Create("i", CallId),
            KeyValuePair.Create("m", Contact), KeyValuePair.Create("l", ContentLength), KeyValuePair.Create("c", ContentType),
            KeyValuePair.Create("k", Supported), KeyValuePair.Create("e", "Content-Encoding"), KeyValuePair.Create("s", "Subject"),
            // RFC 6665, 3515, 3892, 4028, 3841, 8224.
            KeyValuePair.Create("o", "Event"), KeyValuePair.Create("u", "Allow-Events"), KeyValuePair.Create("r", "Refer-To"),
            KeyValuePair.Create("b", "Referred-By"), KeyValuePair.Create("x", "Session-Expires"),
            KeyValuePair.Create("a", "Accept-Contact"),
            KeyValuePair.Create("j", "Reject-Contact"), KeyValuePair.Create("d", "Request-Disposition"),
            KeyValuePair.Create("y", "Identity"),
        ])
        .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> LongFormsBySpan =
        LongForms.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The long, conventionally spelled name; an unknown name is kept as it is written.</summary>
    public static string Canonical(ReadOnlySpan<char> name) =>
        LongFormsBySpan.TryGetValue(name, out var known) ? known : name.ToString();

    /// <summary>The same for a name as it was received, a token.</summary>
    internal static string Canonical(ReadOnlySpan<byte> name)
    {
        Span<char> characters = stackalloc char[64];
        return Canonical(SipParser.CharsOf(name, characters));
    }

    /// <inheritdoc cref="Canonical(ReadOnlySpan{char})"/>
    public static string Canonical(string name) => LongForms.GetValueOrDefault(name, name);

    /// <summary>The long, conventionally spelled name of a header field that is known here.</summary>
    internal static bool TryFindKnown(string name, [NotNullWhen(true)] out string? canonicalName) =>
        LongForms.TryGetValue(name, out canonicalName);

    /// <summary>Header fields that hold a list of addresses or hops: one line with commas means the same as several lines (RFC 3261
    /// §7.3.1).</summary>
    internal static bool IsList(string canonicalName) =>
        canonicalName is Via or Route or RecordRoute or Contact or PAssertedIdentity or PPreferredIdentity or "Path" or "Service-Route";

    /// <summary>Header fields that a message has at most once.</summary>
    internal static bool IsSingle(string canonicalName) =>
        canonicalName is From or To or CallId or CSeq or MaxForwards or ContentLength or ContentType;
}
