using FlashCall.Contracts;
using FlashCall.Dialer.Attempts;
using FlashCall.Dialer.Calls;
using FlashCall.Dialer.Reports;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Signalling;
using FlashCall.Dialer.Trunks;
using FlashCall.Dialer.Trunks.Operations;
using FlashCall.Hosting;

namespace FlashCall.Dialer;

/// <summary>Puts the service together.</summary>
internal static class DialerService
{
    /// <summary>The service, ready to run. Tests start it in their own process with other settings on the command line.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = PlatformHost.CreateBuilder(args, "dialer");
        builder.Services.AddSingleton(DialerSettings.Read(builder.Configuration));
        builder.AddInternalIdentity();
        builder.AddDatabase("dialer", typeof(DialerService).Assembly);

        // Hosted services start in this order and stop in the opposite one: the socket first, then the signs of life, then the bus.
        builder.Services.AddSingleton<MessageLog>();
        builder.Services.AddSingleton<SipEndpoint>();
        builder.Services.AddHostedService(services => services.GetRequiredService<SipEndpoint>());
        builder.Services.AddHealthChecks().AddCheck<SipEndpoint>("sip", tags: ["ready"]);
        builder.AddTrunks();
        builder.Services.AddSingleton<AttemptStore>();
        builder.Services.AddSingleton<Liveness>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Liveness>());
        builder.AddRouting();
        builder.Services.AddSingleton<CallsInProgress>();
        builder.Services.AddSingleton<TrunkDigests>();
        builder.Services.AddSingleton<CallLog>();
        builder.Services.AddSingleton(services => new CallSurroundings(
            services.GetRequiredService<SipEndpoint>(),
            services.GetRequiredService<TrunkDigests>(),
            async token => (await services.GetRequiredService<TrunkDirectory>().CurrentAsync(token)).Trunks.Values,
            services.GetRequiredService<TrunkRouter>(),
            services.GetRequiredService<AttemptStore>(),
            services.GetRequiredService<CallReports>().Add,
            services.GetRequiredService<DialerMetrics>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<CallLog>()));
        builder.Services.AddSingleton<DialerMetrics>();
        builder.Services.AddSingleton<ReportSender>();
        builder.Services.AddSingleton<CallReports>();
        builder.Services.AddHostedService(services => services.GetRequiredService<CallReports>());
        builder.Services.AddHostedService<ReportSweeper>();
        builder.Services.AddHostedService<AttemptRetention>();
        builder.Services.AddHostedService<CallDrain>();

        builder.AddBus(Queues.Dialer, bus => bus
            .Consume<PlaceFlashCall, PlaceFlashCallConsumer>(call => call.VerificationId)
            .Consume<HangUp, HangUpConsumer>(hangUp => hangUp.VerificationId)
            .ConsumeHere<HangUp, HangUpHereConsumer>(ReplicaQueue.NameOf(builder.Self().Instance), published: false));
        var app = builder.Build().UsePlatformDefaults();
        app.MapTrunks();
        app.Services.GetRequiredService<TrunkDirectory>().Follow(app.Services.GetRequiredService<MessageLog>().Keep);
        return app;
    }
}
