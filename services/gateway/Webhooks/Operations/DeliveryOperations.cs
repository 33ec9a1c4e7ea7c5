using System.Globalization;
using System.Security.Claims;
using FlashCall.Gateway.Webhooks.Deliveries;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Gateway.Webhooks.Operations;

/// <summary>What was sent to a webhook: <c>/v1/webhooks/{id}/deliveries</c>.</summary>
internal static class DeliveryOperations
{
    private const int DefaultLimit = 20;
    private const int HighestLimit = 100;

    /// <summary>A page of deliveries, the newest first: <c>GET /v1/webhooks/{id}/deliveries</c>.</summary>
    public static async Task<Results<Ok<Page<DeliveryView>>, ProblemHttpResult>> ListAsync(
        Guid id, string? status, string? after, string? limit, ClaimsPrincipal caller, WebhookStore webhooks, DeliveryLog log,
        CancellationToken cancellationToken)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (status is not null && !DeliveryStatus.All.Contains(status, StringComparer.Ordinal))
            errors["status"] = [$"Expected one of: {string.Join(", ", DeliveryStatus.All)}."];
        Guid? afterId = null;
        if (after is not null)
        {
            if (Guid.TryParseExact(after, "N", out var last))
                afterId = last;
            else
                errors["after"] = ["Give what the page before had as next, unchanged."];
        }
        var most = DefaultLimit;
        if (limit is not null && !(int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out most)
            && most is >= 1 and <= HighestLimit))
        {
            errors["limit"] = [$"Give a whole number from 1 to {HighestLimit}."];
        }
        if (errors.Count > 0)
            return WebhookRefusals.Invalid(errors);
        if (await webhooks.FindAsync(caller.ApplicationId(), id, cancellationToken) is null)
            return WebhookRefusals.Unknown();
        // One more than asked for tells whether there is a next page.
        var found = await log.ListAsync(id, status, afterId, most + 1, cancellationToken);
        return TypedResults.Ok(found.Count > most
            ? new Page<DeliveryView>([.. found.Take(most)], found[most - 1].Id.ToString("N"))
            : new Page<DeliveryView>(found));
    }

    /// <summary>One delivery with its attempts: <c>GET /v1/webhooks/{id}/deliveries/{deliveryId}</c>.</summary>
    public static async Task<Results<Ok<DeliveryView>, ProblemHttpResult>> GetAsync(
        Guid id, Guid deliveryId, ClaimsPrincipal caller, WebhookStore webhooks, DeliveryLog log, CancellationToken cancellationToken)
    {
        if (await webhooks.FindAsync(caller.ApplicationId(), id, cancellationToken) is null)
            return WebhookRefusals.Unknown();
        return await log.FindAsync(id, deliveryId, cancellationToken) is { } delivery
            ? TypedResults.Ok(delivery)
            : WebhookRefusals.UnknownDelivery();
    }

    /// <summary>Has a delivery sent again: <c>POST /v1/webhooks/{id}/deliveries/{deliveryId}/redeliver</c>.</summary>
    public static async Task<Results<Accepted<DeliveryView>, ProblemHttpResult>> RedeliverAsync(
        Guid id, Guid deliveryId, ClaimsPrincipal caller, WebhookStore webhooks, DeliveryLog log, DeliverySender sender,
        CancellationToken cancellationToken)
    {
        if (await webhooks.FindAsync(caller.ApplicationId(), id, cancellationToken) is not { } webhook)
            return WebhookRefusals.Unknown();
        if (await log.FindAsync(id, deliveryId, cancellationToken) is null)
            return WebhookRefusals.UnknownDelivery();
        if (!webhook.Enabled)
            return WebhookRefusals.Disabled();
        await log.RedeliverAsync(id, deliveryId, cancellationToken);
        var delivery = await log.FindAsync(id, deliveryId, cancellationToken);
        sender.Wake();
        return delivery is null
            ? WebhookRefusals.UnknownDelivery()
            : TypedResults.Accepted($"/v1/webhooks/{id}/deliveries/{deliveryId}", delivery);
    }
}
