using FlashCall.EventLog;
using FlashCall.Hosting;
using FlashCall.Verification.Analytics.Look;
using FlashCall.Verification.Analytics.Reads;
using FlashCall.Verification.Analytics.Stream;

namespace FlashCall.Verification.Analytics;

/// <summary>What lets analysts look back.</summary>
internal static class AnalyticsSetup
{
    public static void AddAnalytics(this WebApplicationBuilder builder)
    {
        // One connection more than there are streams, for what is asked beside them.
        var data = Database.Beside(builder.Configuration, "verification", "analytics", EventStreams.Most + 1);
        builder.Services.AddSingleton(services =>
        {
            services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.Register(data.Dispose);
            return new EventReader(data, services.GetRequiredService<TimeProvider>());
        });
        builder.Services.AddSingleton<EventStreams>().AddSingleton<UnmaskedReads>();
    }

    public static void MapAnalytics(this WebApplication app)
    {
        var analytics = app.MapGroup("/v1/analytics");
        analytics.MapGet("/verifications/{id:guid}", LookBack.HandleAsync).RequireScope(Sight.ReadScope);
        analytics.MapGet("/events", StreamEvents.Handle).RequireScope(Sight.ReadScope);
        analytics.MapGet("/reads", ListReads.HandleAsync).RequireScope(Sight.OperationsScope);
    }
}
