using FlashCall.Contracts;
using FlashCall.Sip;

namespace FlashCall.Dialer.Trunks;

/// <summary>A carrier's SIP service that takes our calls, as it stands at one moment: a change makes another one. Made from a
/// <see cref="TrunkDocument"/> that <see cref="TrunkValidator"/> has passed.</summary>
internal sealed record Trunk
{
    /// <summary>The name that number ranges and <see cref="PlaceFlashCall.Trunk"/> refer to: 1 to 64 of a-z, 0-9, <c>.</c>, <c>_</c>
    /// and <c>-</c>, the first a letter or digit.</summary>
    public required string Name { get; init; }

    /// <summary>What SIP is spoken over.</summary>
    public SipTransportKind Transport { get; init; } = SipTransportKind.Udp;

    /// <summary>Where the carrier listens, 1 to 16 in the order they are tried, each in the form of <see cref="TrunkAddress"/>.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>What we answer the carrier's challenges with (RFC 3261 §22); null where it knows us by our address.</summary>
    public TrunkCredentials? Credentials { get; init; }

    /// <summary>How TLS is spoken with it; null with other transports, and where the usual is right.</summary>
    public TrunkTls? Tls { get; init; }

    /// <summary>How numbers are written in From and P-Asserted-Identity.</summary>
    public CallerIdFormat CallerIdFormat { get; init; } = CallerIdFormat.E164;

    /// <summary>The host of From and P-Asserted-Identity, IPv6 addresses in brackets; null for our own address.</summary>
    public string? Domain { get; init; }

    /// <summary>Further header fields of the INVITE. None that the dialer sets itself, and no line breaks.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The caller IDs that it may present. Empty for only those that the number pool has leased on it.</summary>
    public IReadOnlyList<CallerIdRange> CallerIds { get; init; } = [];

    /// <summary>Where it carries calls to. Empty for everywhere.</summary>
    public IReadOnlyList<Destination> Destinations { get; init; } = [];

    /// <summary>The currency of the prices, ISO 4217; null where there are none.</summary>
    public string? Currency { get; init; }

    /// <summary>Calls that may be begun in a second on average, 0.01 to 10,000, over all replicas; null for no limit.</summary>
    public double? CallsPerSecond { get; init; }

    /// <summary>Calls that may be begun at once after a pause, 1 to 10,000; where it is left out, what a second allows, at least 1. Null
    /// only without <see cref="CallsPerSecond"/>.</summary>
    public int? Burst
    {
        get => field ?? (CallsPerSecond is { } perSecond ? Math.Max(1, (int)Math.Ceiling(perSecond)) : null);
        init;
    }

    /// <summary>Calls under way at the same time, 1 to 100,000, over all replicas; null for no limit.</summary>
    public int? Channels { get; init; }

    /// <summary>How long phones ring, 1 to 30 s, whatever the command says; null for what the command says.</summary>
    public TimeSpan? RingTime { get; init; }

    /// <summary>How long to wait for the first 180, 1 to 60 s; of this and the command's cap, the shorter counts.</summary>
    public TimeSpan? PostDialDelayCap { get; init; }

    /// <summary>1 to 100; a lower one is tried first.</summary>
    public int Priority { get; init; } = 1;

    /// <summary>The share of the calls among trunks of the same priority, 1 to 1,000.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Whether a 3xx is followed (RFC 3261 §8.1.3.4); otherwise it counts as a failure of the trunk.</summary>
    public bool AllowRedirects { get; init; }

    /// <summary>Whether its SIP messages are logged, numbers masked.</summary>
    public bool LogMessages { get; init; }

    /// <summary>How often OPTIONS asks whether it is there, 5 s to 10 min; zero for never.</summary>
    public TimeSpan OptionsInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether it takes calls.</summary>
    public TrunkState State { get; init; }

    /// <summary>The destination that a call falls under: the longest prefix that fits; null where none does.</summary>
    public Destination? DestinationOf(PhoneNumber callee)
    {
        Destination? longest = null;
        // Asked several times a call, of trunks that may have many: no closure, no enumerator.
        for (var i = 0; i < Destinations.Count; i++)
        {
            var destination = Destinations[i];
            if (destination.Prefix.Length > (longest?.Prefix.Length ?? -1)
                && callee.E164.StartsWith(destination.Prefix, StringComparison.Ordinal))
            {
                longest = destination;
            }
        }
        return longest;
    }

    /// <summary>Whether it carries calls to this phone.</summary>
    public bool Reaches(PhoneNumber callee) => Destinations.Count == 0 || DestinationOf(callee) is not null;

    /// <summary>Whether it may present this caller ID.</summary>
    /// <param name="callerId">The caller ID.</param>
    /// <param name="leasedOn">The trunk that the number pool names with it.</param>
    public bool MayPresent(CallerId callerId, string leasedOn) =>
        CallerIds.Count == 0 ? Name == leasedOn : CallerIds.Any(range => range.Covers(callerId));
}

/// <summary>What a trunk's challenges are answered with (RFC 3261 §22, RFC 8760).</summary>
/// <param name="Username">1 to 128 characters.</param>
/// <param name="Password">1 to 256 characters.</param>
internal sealed record TrunkCredentials(string Username, string Password)
{
    /// <summary>Without the password.</summary>
    public override string ToString() => $"{nameof(TrunkCredentials)} {{ {nameof(Username)} = {Username} }}";
}

/// <summary>How TLS is spoken with a trunk.</summary>
internal sealed record TrunkTls
{
    /// <summary>The name that its certificate has to bear and that it is asked for (SNI); null for the host of the address.</summary>
    public string? ServerName { get; init; }

    /// <summary>The certificates, in PEM form, that its own has to go back to; null for those that the system trusts.</summary>
    public string? CaCertificates { get; init; }

    /// <summary>The certificate that we show, in PEM form, with the chain after it if there is one; null for none.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>Its private key, in PEM form.</summary>
    public string? ClientKey { get; init; }

    /// <summary>Without the key.</summary>
    public override string ToString() => $"{nameof(TrunkTls)} {{ {nameof(ServerName)} = {ServerName} }}";
}

/// <summary>How a trunk wants numbers of ours to be written.</summary>
internal enum CallerIdFormat
{
    /// <summary><c>+442079460123</c></summary>
    E164,

    /// <summary><c>442079460123</c></summary>
    E164WithoutPlus,

    /// <summary><c>02079460123</c></summary>
    National,
}

/// <summary>Whether a trunk takes calls.</summary>
internal enum TrunkState
{
    /// <summary>It does.</summary>
    Active,

    /// <summary>It takes no new ones; those under way go on to their end.</summary>
    Draining,
}

/// <summary>Numbers that a trunk carries calls to.</summary>
/// <param name="Prefix">How they begin: a plus sign and up to 15 digits.</param>
/// <param name="Price">What an answered call costs, 0 to 1,000,000, in the trunk's currency; null where it is not known.</param>
internal sealed record Destination(string Prefix, decimal? Price = null);
