using System.Net;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace FlashCall.Gateway.Forwarding;

/// <summary>
/// Finds the replicas that share a name, so that each is probed and passed over by itself: a name of several addresses, as compose and
/// headless services of Kubernetes give them, is a destination for each. YARP's own resolver does not start before every name resolves, and
/// services start in any order. A name that does not resolve stays what it was. Names over https stay names, which certificates are for.
/// </summary>
internal sealed partial class NamedReplicas(
    Func<string, CancellationToken, Task<IPAddress[]>> resolve, TimeProvider time, ILogger<NamedReplicas> logger)
    : BackgroundService, IDestinationResolver
{
    /// <summary>How often names are looked up again.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, IPAddress[]> _known = new(StringComparer.OrdinalIgnoreCase);
    private CancellationTokenSource _changed = new();

    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        foreach (var destination in destinations.Values)
        {
            if (NameIn(destination) is { } name && !IsKnown(name))
                await LookAsync(name, cancellationToken);
        }
        lock (_gate)
        {
            var resolved = new Dictionary<string, DestinationConfig>(StringComparer.OrdinalIgnoreCase);
            foreach (var (id, destination) in destinations)
            {
                if (NameIn(destination) is { } name && _known[name] is { Length: > 0 } addresses)
                    Expand(resolved, destination, addresses);
                else
                    resolved[id] = destination;
            }
            return new ResolvedDestinationCollection(resolved, new CancellationChangeToken(_changed.Token));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            string[] names;
            lock (_gate)
                names = [.. _known.Keys];
            var isChanged = false;
            foreach (var name in names)
                isChanged |= await LookAsync(name, stoppingToken);
            if (isChanged)
                Signal();
        }
    }

    public override void Dispose()
    {
        _changed.Dispose();
        base.Dispose();
    }

    private static void Expand(Dictionary<string, DestinationConfig> resolved, DestinationConfig destination, IPAddress[] addresses)
    {
        var named = new Uri(destination.Address);
        foreach (var address in addresses)
        {
            var replica = new UriBuilder(named) { Host = address.ToString() }.Uri;
            resolved[replica.GetLeftPart(UriPartial.Authority)] =
                destination with { Address = replica.ToString(), Host = named.Authority };
        }
    }

    /// <summary>The name of a destination that is looked up; null where it is an address, this machine's, or stays a name.</summary>
    private static string? NameIn(DestinationConfig destination) =>
        new Uri(destination.Address) is { Scheme: "http", HostNameType: UriHostNameType.Dns, IsLoopback: false } address ? address.Host : null;

    private bool IsKnown(string name)
    {
        lock (_gate)
            return _known.ContainsKey(name);
    }

    /// <summary>Whether the name stands for other addresses now.</summary>
    private async Task<bool> LookAsync(string name, CancellationToken cancellationToken)
    {
        IPAddress[] found;
        try
        {
            found = OfOneFamily(await resolve(name, cancellationToken));
        }
        catch (System.Net.Sockets.SocketException exception)
        {
            LogUnresolved(name, exception.Message);
            found = [];
        }
        lock (_gate)
        {
            var before = _known.GetValueOrDefault(name);
            // Nobody behind a name is more often a name server's fault than all replicas': the probes know.
            if (before is not null && (found.Length == 0 || found.SequenceEqual(before)))
                return false;
            _known[name] = found;
            LogReplicas(name, found.Length);
            return before is not null;
        }
    }

    /// <summary>A replica that has an address of each family counts once.</summary>
    private static IPAddress[] OfOneFamily(IPAddress[] addresses)
    {
        var first = addresses.Where(static address => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork).ToArray();
        return [.. (first is [] ? addresses : first).Distinct().OrderBy(static address => address.ToString(), StringComparer.Ordinal)];
    }

    private void Signal()
    {
        CancellationTokenSource before;
        lock (_gate)
            (before, _changed) = (_changed, new CancellationTokenSource());
        // Not disposed: who was given its token and has yet to listen would never hear of it.
        before.Cancel();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} stands for {Count} addresses")]
    private partial void LogReplicas(string name, int count);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Name} does not resolve: {Reason}")]
    private partial void LogUnresolved(string name, string reason);
}
