using FlashCall.Contracts;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Applications.Operations;
using FlashCall.Gateway.Edge;
using FlashCall.Gateway.Forwarding;
using FlashCall.Gateway.Reference;
using FlashCall.Gateway.Services;
using FlashCall.Gateway.Sinch;
using FlashCall.Gateway.Subjects;
using FlashCall.Gateway.Webhooks;
using FlashCall.Gateway.Webhooks.Deliveries;
using FlashCall.Hosting;

namespace FlashCall.Gateway;

/// <summary>Puts the service together.</summary>
internal static class GatewayService
{
    /// <summary>The service, ready to run. Tests start it in their own process with other settings on the command line.</summary>
    /// <exception cref="SettingsException">Settings are missing or wrong; the message names all of them.</exception>
    public static WebApplication Build(string[] args)
    {
        var builder = PlatformHost.CreateBuilder(args, "gateway");
        var settings = GatewaySettings.Read(builder.Configuration);
        builder.AddRequestLimits();
        builder.AddDatabase("gateway", typeof(GatewayService).Assembly, isVital: false);
        builder.AddApplications(settings);
        builder.AddAccess(settings);
        builder.AddRateLimiting();
        builder.AddCrossOrigin();
        builder.AddForwarding(settings);
        builder.AddWebhooks(settings.Webhooks);
        builder.AddSinch();
        builder.Services.AddSingleton<SubjectData>();
        builder.AddBus(
            Queues.Gateway,
            bus => bus.ConsumePublished<VerificationCompleted, VerificationEndedConsumer>(ended => ended.VerificationId)
                .Consume<EraseSubject, EraseSubjectConsumer>(command => command.ErasureId)
                .WaitOut<VerificationUnavailableException>(),
            isVital: false);

        var app = builder.Build();
        app.UseResponseHeaders();
        app.UseClientBaggageDropped();
        app.UseSinchErrors();
        app.UseApplicationsKnown();
        app.UseProblems();
        app.UseRequestLimits();
        app.UseAuthentication();
        app.UseCors();
        app.UseRateLimiting();
        app.UseAuthorization();
        app.MapReference();
        app.MapPlatformHealth();
        app.MapApplications();
        app.MapWebhooks();
        app.MapSinch();
        app.MapForwarding();
        return app;
    }
}
