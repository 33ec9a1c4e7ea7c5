using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;

namespace FlashCall.Dialer.Routing;

/// <summary>Puts routing together.</summary>
internal static class RoutingServices
{
    /// <summary>Adds what finds trunks for calls. To be added after the SIP endpoint and the trunks, so that it ends before them.</summary>
    public static void AddRouting(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RoutingMetrics>();
        builder.Services.AddSingleton(services =>
        {
            var directory = services.GetRequiredService<TrunkDirectory>();
            return new TrunkSource(() => directory.Current.Trunks.Values);
        });
        builder.Services.AddSingleton<LimitStore>();
        builder.Services.AddSingleton<TrunkLimits>();
        builder.Services.AddHostedService(services => services.GetRequiredService<TrunkLimits>());
        builder.AddSweep<GoneReplicas>();
        builder.Services.AddSingleton<TrunkConditions>();
        builder.Services.AddSingleton<OptionsProbe>();
        builder.Services.AddSingleton<TrunkHealth>();
        builder.Services.AddHostedService(services => services.GetRequiredService<TrunkHealth>());
        builder.Services.AddHostedService<TrunkNewsSender>();
        builder.Services.AddSingleton<TrunkRouter>();
        builder.Services.AddSingleton<TrunkStatuses>();
    }
}
