using FlashCall.Gateway.Services;
using Microsoft.AspNetCore.Http.Features;
using OpenTelemetry.Trace;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace FlashCall.Gateway.Forwarding;

/// <summary>Hands requests that may pass on to the services.</summary>
internal static class ForwardingSetup
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    /// <summary>A service that has not asked for a streamed body by then gets it unasked.</summary>
    private static readonly TimeSpan AskForBodyWithin = TimeSpan.FromSeconds(10);

    /// <summary>Connections are renewed after this time, so that a name that has come to stand for another address is noticed.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    /// <summary>Adds the proxy with its routes and its health checks.</summary>
    public static void AddForwarding(this WebApplicationBuilder builder, GatewaySettings settings)
    {
        builder.Services.AddSingleton<VerificationClient>();
        builder.Services.AddSingleton<ForwardedMessages>();
        builder.Services.AddSingleton<IActiveHealthCheckPolicy, ProbesHeeded>();
        builder.Services.AddSingleton(services => new NamedReplicas(
            System.Net.Dns.GetHostAddressesAsync, services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<NamedReplicas>>()));
        builder.Services.AddSingleton<IDestinationResolver>(services => services.GetRequiredService<NamedReplicas>());
        builder.Services.AddHostedService(services => services.GetRequiredService<NamedReplicas>());
        builder.Services.AddReverseProxy()
            .LoadFromMemory(Routes.All, Routes.Clusters(settings))
            .AddTransforms<ForwardedMessages>()
            .ConfigureHttpClient((_, handler) =>
            {
                handler.ConnectTimeout = ConnectTimeout;
                handler.PooledConnectionLifetime = ConnectionLifetime;
                handler.Expect100ContinueTimeout = AskForBodyWithin;
            });
        builder.Services.Configure<TransportFailureRateHealthPolicyOptions>(policy =>
        {
            policy.DetectionWindowSize = Routes.Passive.Window;
            policy.MinimalTotalCountThreshold = Routes.Passive.FewestRequests;
            policy.DefaultFailureRateLimit = Routes.Passive.FailedShare;
        });
        builder.Services.AddHealthChecks()
            .AddCheck<ReplicaHealth>(Routes.Verification, tags: ["ready"])
            .AddCheck<ReplicaHealth>(Routes.Dialer, tags: ["ready"])
            .AddCheck<ReplicaHealth>(Routes.NumberPool, tags: ["ready"]);
        builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddProcessor(new ProbesUntraced()));
    }

    /// <summary>Adds the routes to the pipeline.</summary>
    public static void MapForwarding(this WebApplication app) => app.MapReverseProxy(proxy =>
    {
        proxy.Use(RefuseUpgrades);
        proxy.Use(StreamedBodies.PassAsync);
        proxy.Use(BufferedBodies.ReadAsync);
        proxy.Use(Failover.ForwardAsync);
        proxy.UseLoadBalancing();
        proxy.UsePassiveHealthChecks();
    });

    /// <summary>The API upgrades to no other protocol; a tunnel would pass everything by that is checked here.</summary>
    private static Task RefuseUpgrades(HttpContext context, RequestDelegate next)
    {
        context.Features.Set<IHttpUpgradeFeature>(null);
        return next(context);
    }
}
