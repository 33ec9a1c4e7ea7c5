using Microsoft.Extensions.Diagnostics.HealthChecks;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace FlashCall.Gateway.Forwarding;

/// <summary>Shows whether a service behind the gateway is there: the one that the check is named after. Without it the gateway is
/// degraded, not unready: taking every gateway out of service would turn a clear 503 into a refused connection.</summary>
internal sealed class ReplicaHealth(IProxyStateLookup proxy) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var replicas = proxy.TryGetCluster(context.Registration.Name, out var cluster) ? cluster.DestinationsState.AllDestinations : [];
        var healthy = replicas.Count(replica =>
            replica.Health is { Active: not DestinationHealth.Unhealthy, Passive: not DestinationHealth.Unhealthy });
        var description = $"{healthy} of {replicas.Count} replicas are healthy.";
        return Task.FromResult(healthy > 0 ? HealthCheckResult.Healthy(description) : HealthCheckResult.Degraded(description));
    }
}
