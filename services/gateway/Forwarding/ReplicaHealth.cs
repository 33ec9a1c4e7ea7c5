using Microsoft.Extensions.Diagnostics.HealthChecks;
using Yarp.ReverseProxy;

namespace FlashCall.Gateway.Forwarding;

/// <summary>Shows whether a service behind the gateway is there: the one that the check is named after. Without it the gateway is
/// degraded, not unready: taking every gateway out of service would turn a clear 503 into a refused connection.</summary>
internal sealed class ReplicaHealth(IProxyStateLookup proxy) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var replicas = proxy.TryGetCluster(context.Registration.Name, out var cluster) ? cluster.DestinationsState : null;
        // What requests are given to by now, not what the probes have said: a replica is left out a moment after its answer.
        var healthy = replicas?.AvailableDestinations.Count ?? 0;
        var description = $"{healthy} of {replicas?.AllDestinations.Count ?? 0} replicas are healthy.";
        return Task.FromResult(healthy > 0 ? HealthCheckResult.Healthy(description) : HealthCheckResult.Degraded(description));
    }
}
