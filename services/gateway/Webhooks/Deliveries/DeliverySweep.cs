using FlashCall.Hosting;

namespace FlashCall.Gateway.Webhooks.Deliveries;

/// <summary>Deletes deliveries that were finished long ago; their bodies hold telephone numbers.</summary>
internal sealed class DeliverySweep(DeliveryStore deliveries, WebhookSettings settings, TimeProvider time) : ISweep
{
    public int BatchSize => 500;

    public Task<int> SweepAsync(CancellationToken cancellationToken) =>
        deliveries.ForgetAsync(time.GetUtcNow() - settings.KeepFor, BatchSize, cancellationToken);
}
