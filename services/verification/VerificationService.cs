using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Verification.Analytics;
using FlashCall.Verification.Analytics.Funnel;
using FlashCall.Verification.Results;
using FlashCall.Verification.Retention;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Subjects;
using FlashCall.Verification.Verifications;
using FlashCall.Verification.Watching;

namespace FlashCall.Verification;

/// <summary>Puts the service together.</summary>
internal static class VerificationService
{
    private const string ReadScope = "verifications:read";
    private const string WriteScope = "verifications:write";

    /// <summary>The service, ready to run. Tests start it in their own process with other settings on the command line.</summary>
    /// <exception cref="SettingsException">Settings are missing or wrong.</exception>
    public static WebApplication Build(string[] args)
    {
        var builder = PlatformHost.CreateBuilder(args, "verification");
        var policies = Policies.Read(builder.Configuration);
        var mistakes = new SettingsMistakes();
        var results = ResultSettings.Read(builder.Configuration, mistakes);
        var clientTokens = ClientTokens.Read(builder.Configuration, mistakes);
        var retention = RetentionSettings.Read(builder.Configuration, mistakes);
        mistakes.ThrowIfAny();
        builder.AddInternalIdentity();
        builder.AddDatabase("verification", typeof(VerificationService).Assembly);
        builder.AddEventStore();
        builder.AddFunnel();
        builder.AddResults(results!);
        builder.AddAnalytics();
        builder.AddBus(Queues.Verification, bus => bus
            .Consume<RiskAssessed, News.OfRisk>(message => message.VerificationId)
            .Consume<CallerIdLeased, News.OfLease>(message => message.VerificationId)
            .Consume<CallerIdUnavailable, News.OfRefusal>(message => message.VerificationId)
            .Consume<FlashCallRinging, News.OfRinging>(message => message.VerificationId)
            .Consume<FlashCallEnded, News.OfCallEnd>(message => message.VerificationId)
            .Consume<SubjectErased, SubjectErasedConsumer>(message => message.ErasureId)
            .ConsumeHere<SessionsMoved, SessionsMovedConsumer>($"verification-watch-{builder.Self().Instance}", published: true));

        builder.Services.AddSingleton(policies);
        builder.Services.AddSingleton(clientTokens!);
        builder.Services.AddSingleton<SessionMetrics>().AddBackground<BacklogMetrics>();
        builder.Services.AddSingleton<LiveSessions>().AddSingleton<Committer>().AddSingleton<SessionStore>();
        builder.Services.AddSingleton<VerificationRows>().AddSingleton<SessionWaits>().AddSingleton<SessionStarts>();
        builder.Services.AddBackground<Outbox>().AddBackground<SessionWatch>().AddBackground<Deadlines>();
        builder.AddSweep<IdempotencyKeys>();
        builder.AddSubjects();
        builder.AddRetention(retention);
        builder.AddApiJson();

        var app = builder.Build().UsePlatformDefaults();
        app.UseAuthentication();
        app.UseAuthorization();
        var verifications = app.MapGroup("/v1/verifications");
        verifications.MapPost("/", StartVerification.HandleAsync).RequireScope(WriteScope);
        verifications.MapGet("/", ListVerifications.HandleAsync).RequireScope(ReadScope);
        verifications.MapGet("/{id:guid}", GetVerification.HandleAsync).RequireScopeOrSession(ReadScope, Refusals.NoSuchSession);
        verifications.MapGet("/{id:guid}/events", FollowVerification.HandleAsync).RequireScopeOrSession(ReadScope, Refusals.NoSuchSession);
        verifications.MapPost("/{id:guid}/report", ReportCallerId.HandleAsync).RequireScopeOrSession(WriteScope, Refusals.NoSuchSession);
        verifications.MapPost("/{id:guid}/cancel", CancelVerification.HandleAsync).RequireScopeOrSession(WriteScope, Refusals.NoSuchSession);
        verifications.MapPost("/{id:guid}/telemetry", SendTelemetry.HandleAsync).RequireScopeOrSession(WriteScope, Refusals.NoSuchSession);
        app.MapSubjects();
        app.MapResultKeys();
        app.MapAnalytics();
        app.MapFunnel();
        return app;
    }

    private static IServiceCollection AddBackground<T>(this IServiceCollection services) where T : class, IHostedService =>
        services.AddSingleton<T>().AddHostedService(provider => provider.GetRequiredService<T>());
}
