using FlashCall.Hosting;

namespace FlashCall.NumberPool.Wear;

/// <summary>Wear as a part of the service.</summary>
internal static class WearServices
{
    /// <summary>Adds what lets numbers rest.</summary>
    public static void AddWear(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<OutcomeFold>();
        builder.Services.AddSingleton<PoolCensus>();
        builder.Services.AddSingleton<WearFigures>();
        builder.Services.AddSingleton<WearMetrics>();
        builder.AddSweep<FoldOutcomes>();
        builder.AddSweep<LongTrials>();
        builder.AddSweep<OldPeers>();
    }
}
