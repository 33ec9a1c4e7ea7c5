using FlashCall.Funnel;
using Marten;

namespace FlashCall.Verification.Analytics.Funnel;

/// <summary>Puts the funnel together.</summary>
internal static class FunnelSetup
{
    /// <summary>Adds what keeps the funnel current and answers from it.</summary>
    public static void AddFunnel(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<LiveFunnel>();
        builder.Services.AddSingleton<FunnelLag>().AddHostedService(services => services.GetRequiredService<FunnelLag>());
        builder.Services.AddHealthChecks().AddCheck<FunnelLag>(FunnelLag.Check, tags: ["ready"]);
    }

    /// <summary>The store's daemon hands the event log on to the funnel.</summary>
    public static void FeedFunnel(this StoreOptions options, LiveFunnel funnel) => options.Events.Subscribe(new FunnelSubscription(funnel));
}
