using FlashCall.Hosting;

namespace FlashCall.Verification.Retention;

/// <summary>Puts retention together.</summary>
internal static class RetentionSetup
{
    /// <summary>Adds the sweeps of sessions that ended long ago.</summary>
    public static void AddRetention(this WebApplicationBuilder builder, RetentionSettings settings)
    {
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<RetentionFigures>().AddHostedService(services => services.GetRequiredService<RetentionFigures>());
        builder.AddSweep<ArchiveOldSessions>();
        builder.AddSweep<ForgetOldSessions>();
    }
}
