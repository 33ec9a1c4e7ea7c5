using System.Net;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Edge;
using FlashCall.Gateway.Webhooks.Deliveries;
using FlashCall.Gateway.Webhooks.Operations;
using FlashCall.Gateway.Webhooks.Receivers;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Mvc;

namespace FlashCall.Gateway.Webhooks;

/// <summary>Tells applications what happened, and lets them say where to.</summary>
internal static class WebhookSetup
{
    /// <summary>Adds what keeps and sends webhooks; the gateway's database, bus and <see cref="SealedBox"/> are there already.</summary>
    public static void AddWebhooks(this WebApplicationBuilder builder, WebhookSettings settings)
    {
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<ResolveName>(Dns.GetHostAddressesAsync);
        builder.Services.AddSingleton<ReceiverClient>();
        builder.Services.AddSingleton<WebhookSecrets>();
        builder.Services.AddSingleton<WebhookStore>();
        builder.Services.AddSingleton<WebhookOperations>();
        builder.Services.AddSingleton<IAudience, WebhookAudience>();
        builder.Services.AddSingleton<DeliveryStore>();
        builder.Services.AddSingleton<DeliveryLog>();
        builder.Services.AddSingleton<DeliveryMetrics>();
        builder.Services.AddSingleton<DeliveryAttempts>();
        builder.Services.AddSingleton<DeliverySender>();
        builder.Services.AddHostedService(services => services.GetRequiredService<DeliverySender>());
        builder.AddSweep<DeliverySweep>();
    }

    /// <summary>Adds the endpoints.</summary>
    public static void MapWebhooks(this WebApplication app)
    {
        var webhooks = app.MapGroup("/v1/webhooks").RequireAuthorization(Scopes.VerificationsWrite)
            .WithMetadata(new RequestSizeLimitAttribute(RequestLimits.Body));
        webhooks.MapPost("/", WebhookOperations.AddAsync);
        webhooks.MapGet("/", WebhookOperations.ListAsync);
        webhooks.MapGet("/{id:guid}", WebhookOperations.GetAsync);
        webhooks.MapPut("/{id:guid}", WebhookOperations.ReplaceAsync);
        webhooks.MapDelete("/{id:guid}", WebhookOperations.RemoveAsync);
        webhooks.MapPost("/{id:guid}/rotate-secret", WebhookOperations.RotateSecretAsync);
        webhooks.MapGet("/{id:guid}/deliveries", DeliveryOperations.ListAsync);
        webhooks.MapGet("/{id:guid}/deliveries/{deliveryId:guid}", DeliveryOperations.GetAsync);
        webhooks.MapPost("/{id:guid}/deliveries/{deliveryId:guid}/redeliver", DeliveryOperations.RedeliverAsync);
    }
}
