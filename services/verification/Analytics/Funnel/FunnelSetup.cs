using FlashCall.Funnel;
using FlashCall.Hosting;
using Marten;

namespace FlashCall.Verification.Analytics.Funnel;

/// <summary>Puts the funnel together.</summary>
internal static class FunnelSetup
{
    private const string ReadScope = "analytics:read";

    /// <summary>Adds what keeps the funnel current and answers from it.</summary>
    public static void AddFunnel(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<LiveFunnel>().AddSingleton<FunnelFigures>();
        builder.Services.AddSingleton<FunnelLag>().AddHostedService(services => services.GetRequiredService<FunnelLag>());
        builder.Services.AddHealthChecks().AddCheck<FunnelLag>(FunnelLag.Check, tags: ["ready"]);
    }

    /// <summary>Where it is asked.</summary>
    public static void MapFunnel(this WebApplication app) => app.MapGet("/v1/analytics/funnel", GetFunnel.HandleAsync).RequireScope(ReadScope);

    /// <summary>The store's daemon hands the event log on to the funnel.</summary>
    public static void FeedFunnel(this StoreOptions options, LiveFunnel funnel) => options.Events.Subscribe(new FunnelSubscription(funnel));
}
