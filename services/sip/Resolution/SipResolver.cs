using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;

namespace FlashCall.Sip;

/// <summary>How names are resolved.</summary>
public sealed record SipResolverOptions
{
    /// <summary>The name servers to ask; empty for those of the system, and then its hosts file counts too.</summary>
    public IReadOnlyList<IPEndPoint> NameServers { get; init; } = [];

    /// <summary>The families that our transports reach: <see cref="AddressFamily.InterNetwork"/>,
    /// <see cref="AddressFamily.InterNetworkV6"/>.</summary>
    public IReadOnlyCollection<AddressFamily> Families { get; init; } = [AddressFamily.InterNetwork];

    /// <summary>How long a name server may take; it is asked twice. 1.5 s by default.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How long an answer may be used after its time while no name server answers (RFC 8767). 1 day by default.</summary>
    public TimeSpan MaxStale { get; init; } = TimeSpan.FromDays(1);
}

/// <summary>
/// Where to send a request to a name (RFC 3263, the client's side): SRV records where no port is given, addresses else. NAPTR records,
/// which choose a transport, are not asked for: ours is always chosen before, by a trunk's settings or a URI. Remembers answers; any
/// number of calls may use it at once.
/// </summary>
public sealed class SipResolver
{
    // However short the owner of a name wants it, not every call asks; however long, a move is noticed within the hour.
    private static readonly TimeSpan MinLifetime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan NegativeLifetime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HostsFileLifetime = TimeSpan.FromSeconds(30);

    private readonly SipResolverOptions _options;
    private readonly Random _random;
    private readonly Lazy<LookupClient> _dns;
    private readonly DnsCache<IReadOnlyList<SrvRecord>> _services;
    private readonly DnsCache<IReadOnlyList<IPAddress>> _addresses;

    /// <summary>Has asked nobody yet.</summary>
    public SipResolver(SipResolverOptions options, TimeProvider time)
        : this(options, time, Random.Shared)
    {
    }

    internal SipResolver(SipResolverOptions options, TimeProvider time, Random random)
    {
        _options = options;
        _random = random;
        // Reads the system's settings, which nobody needs whose trunks are addresses.
        _dns = new Lazy<LookupClient>(() => new LookupClient(new LookupClientOptions([.. options.NameServers])
        {
            AutoResolveNameServers = options.NameServers.Count == 0,
            UseCache = false,
            ThrowDnsErrors = false,
            Timeout = options.Timeout,
            Retries = 1,
        }));
        _services = new(AskForServicesAsync, options.MaxStale, time);
        _addresses = new(AskForAddressesAsync, options.MaxStale, time);
    }

    /// <summary>Where to send requests, in the order to try. Never empty.</summary>
    /// <param name="host">A host name, an IPv4 address, or an IPv6 address with or without brackets.</param>
    /// <param name="port">1 to 65535; null to look for SRV records and else take the transport's default.</param>
    /// <param name="transport">The transport.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="SipResolutionException">The name leads nowhere that we can reach, or no name server answers.</exception>
    public async ValueTask<IReadOnlyList<SipTarget>> ResolveAsync(
        string host, int? port, SipTransportKind transport, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        if (SipText.TryParseAddress(host, out var literal))
            return [new SipTarget(transport, new IPEndPoint(literal, port ?? transport.DefaultPort()))];
        var name = host.TrimEnd('.');
        if (port is null)
        {
            var services = await ServicesAsync(name, transport, cancellationToken);
            if (services.Count > 0)
                return await TargetsOfAsync(services, name, transport, cancellationToken);
        }
        var addresses = await _addresses.GetAsync(name, cancellationToken);
        if (addresses.Count == 0)
            throw NoAddress(name);
        return [.. addresses.Select(address => new SipTarget(transport, new IPEndPoint(address, port ?? transport.DefaultPort())))];
    }

    /// <summary>The name of the SRV records of a domain (RFC 3263 §4.2, RFC 3261 §26.2.2).</summary>
    internal static string ServiceOf(string domain, SipTransportKind transport) => transport switch
    {
        SipTransportKind.Udp => $"_sip._udp.{domain}",
        SipTransportKind.Tcp => $"_sip._tcp.{domain}",
        SipTransportKind.Tls => $"_sips._tcp.{domain}",
        _ => throw new ArgumentOutOfRangeException(nameof(transport)),
    };

    private async ValueTask<IReadOnlyList<SrvRecord>> ServicesAsync(
        string name, SipTransportKind transport, CancellationToken cancellationToken)
    {
        try
        {
            return await _services.GetAsync(ServiceOf(name, transport), cancellationToken);
        }
        catch (SipResolutionException)
        {
            // Some servers fail at SRV alone. If it was more, the question for the address says so.
            return [];
        }
    }

    private async Task<IReadOnlyList<SipTarget>> TargetsOfAsync(
        IReadOnlyList<SrvRecord> services, string name, SipTransportKind transport, CancellationToken cancellationToken)
    {
        var targets = new List<SipTarget>();
        SipResolutionException? failure = null;
        foreach (var service in SrvOrder.Of(services.Where(service => service.Host.Length > 0), _random))
        {
            try
            {
                foreach (var address in await _addresses.GetAsync(service.Host, cancellationToken))
                    targets.Add(new SipTarget(transport, new IPEndPoint(address, service.Port)));
            }
            catch (SipResolutionException exception)
            {
                // One server of several without an address leaves the others.
                failure = exception;
            }
        }
        if (targets.Count > 0)
            return targets;
        if (services.All(service => service.Host.Length == 0))
        {
            throw new SipResolutionException(
                $"{name} offers no SIP over {transport.ViaName()}: its SRV record {ServiceOf(name, transport)} says so. "
                + "Choose another transport, or give a port.");
        }
        throw failure ?? NoAddress(string.Join(", ", services.Select(service => service.Host)));
    }

    private SipResolutionException NoAddress(string name) => new(
        $"{name} has no {string.Join(" or ", _options.Families.Select(family => family == AddressFamily.InterNetwork ? "IPv4" : "IPv6"))} "
        + "address that can be reached from where SIP is listened on. Check the name, and the address family of the listening address.");

    private async Task<DnsAnswer<IReadOnlyList<SrvRecord>>> AskForServicesAsync(string name)
    {
        var response = await AskAsync(name, QueryType.SRV);
        var records = response.Answers.SrvRecords().ToList();
        return new(
            [.. records.Select(record => new SrvRecord(record.Priority, record.Weight, record.Port, record.Target.Value.TrimEnd('.')))],
            LifetimeOf(records));
    }

    private async Task<DnsAnswer<IReadOnlyList<IPAddress>>> AskForAddressesAsync(string name)
    {
        // Asked together. What one fails at, the other may know.
        var asked = _options.Families
            .Select(family => AskAsync(name, family == AddressFamily.InterNetwork ? QueryType.A : QueryType.AAAA))
            .ToList();
        var records = new List<AddressRecord>();
        Exception? failure = null;
        foreach (var one in asked)
        {
            try
            {
                records.AddRange((await one).Answers.AddressRecords());
            }
            catch (SipResolutionException exception)
            {
                failure = exception;
            }
        }
        if (records.Count > 0)
            return new([.. InOrder(records.Select(record => record.Address))], LifetimeOf(records));
        if (_options.NameServers.Count == 0 && await AskSystemAsync(name) is { Count: > 0 } known)
            return new(known, HostsFileLifetime);
        return failure is null ? new([], NegativeLifetime) : throw failure;
    }

    private async Task<IDnsQueryResponse> AskAsync(string name, QueryType type)
    {
        try
        {
            var response = await _dns.Value.QueryAsync(name, type);
            // That a name does not exist is an answer; that a server cannot say is none.
            return !response.HasError || response.Header.ResponseCode is DnsHeaderResponseCode.NotExistentDomain
                ? response
                : throw new SipResolutionException($"The name server answered {response.Header.ResponseCode} for {name}. Check it.");
        }
        catch (Exception exception)
            when (exception is DnsResponseException or SocketException or InvalidOperationException or ArgumentException)
        {
            throw new SipResolutionException(
                $"No name server told where {name} is: {exception.Message} Check the name, and that a name server can be reached.",
                exception);
        }
    }

    /// <summary>What the system knows beside DNS: its hosts file, and search domains.</summary>
    private async Task<IReadOnlyList<IPAddress>> AskSystemAsync(string name)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(name);
            return [.. InOrder(addresses.Where(address => _options.Families.Contains(address.AddressFamily)))];
        }
        catch (SocketException)
        {
            // It does not know the name either.
            return [];
        }
    }

    /// <summary>Those first to which a route leads, and of these IPv6 before IPv4 (RFC 6724 §6, RFC 7984 §4).</summary>
    private static IEnumerable<IPAddress> InOrder(IEnumerable<IPAddress> addresses) => addresses
        .Distinct()
        .OrderBy(address => LocalAddresses.RouteTo(new IPEndPoint(address, SipUri.DefaultPort)) is null)
        .ThenBy(address => address.AddressFamily == AddressFamily.InterNetwork);

    private static TimeSpan LifetimeOf(IReadOnlyCollection<DnsResourceRecord> records)
    {
        if (records.Count == 0)
            return NegativeLifetime;
        var shortest = TimeSpan.FromSeconds(records.Min(record => record.InitialTimeToLive));
        return shortest < MinLifetime ? MinLifetime : shortest > MaxLifetime ? MaxLifetime : shortest;
    }
}
