using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Webhooks;
using FlashCall.Gateway.Webhooks.Deliveries;
using FlashCall.Gateway.Webhooks.Receivers;
using FlashCall.Testing;
using Microsoft.Extensions.Time.Testing;

namespace FlashCall.Gateway.Tests.Webhooks;

/// <summary>Deliveries to real receivers, out of a real database, by a clock that the tests move.</summary>
public sealed class SendingTests
{
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1),
        TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12),
    ];

    [Fact]
    public async Task What_is_to_be_told_arrives_signed()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var replica = await SendingReplica.StartAsync();
        var (webhook, secret) = await replica.AddWebhookAsync(receiver.Url);
        await replica.TellAsync(webhook, """{"type":"verification.ended","data":{"to":"+46701740605"}}""");

        var hook = await replica.NextAsync(receiver);
        Assert.Equal("/hooks", hook.Path);
        Assert.Equal("application/json", hook.Headers["Content-Type"]);
        Assert.False(hook.Headers.ContainsKey("traceparent"));
        AssertSigned(hook, secret, replica.Time.GetUtcNow());
        var delivery = await replica.DeliveryAsync(webhook, delivery => delivery.Status == "delivered", "it was delivered");
        Assert.Equal((1, 204, null), (delivery.Attempts, delivery.LastAttempt?.StatusCode, delivery.LastAttempt?.Error));
        Assert.Equal(hook.Headers["webhook-id"], delivery.MessageId);
    }

    [Fact]
    public async Task A_receiver_that_fails_is_tried_again_after_longer_and_longer_and_then_no_more()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = context => Receiver.Status(context, 500);
        await using var replica = await SendingReplica.StartAsync();
        var (webhook, secret) = await replica.AddWebhookAsync(receiver.Url);
        await replica.TellAsync(webhook);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Waits.Length; i++)
        {
            var hook = await replica.NextAsync(receiver);
            AssertSigned(hook, secret, replica.Time.GetUtcNow());
            ids.Add(hook.Headers["webhook-id"]);
            var attempts = i + 1;
            var waiting = await replica.DeliveryAsync(
                webhook, delivery => delivery.Attempts == attempts && delivery.NextAttemptAt is not null, $"attempt {attempts} failed");
            var wait = waiting.NextAttemptAt!.Value - replica.Time.GetUtcNow();
            Assert.InRange(wait, Waits[i] * 0.8, Waits[i] * 1.2);
            // Not a moment earlier, not on any replica.
            replica.Time.Advance(wait - TimeSpan.FromMilliseconds(1));
            Assert.Equal(0, await replica.DueAsync());
            replica.Advance(TimeSpan.FromMilliseconds(1));
        }
        await replica.NextAsync(receiver);
        var failed = await replica.DeliveryAsync(webhook, delivery => delivery.Status == "failed", "it was given up");
        Assert.Equal(Waits.Length + 1, failed.Attempts);
        Assert.All(failed.Log!, attempt => Assert.Equal(500, attempt.StatusCode));
        // A message is one message, however often it is sent.
        Assert.Single(ids);
        replica.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(0, await replica.DueAsync());
    }

    [Fact]
    public async Task What_a_killed_replica_had_taken_another_one_sends()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var database = await GatewayDatabase.CreateAsync();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        var killed = new SendingReplica(database, time, SendingReplica.Open);
        var (webhook, _) = await killed.AddWebhookAsync(receiver.Url);
        await killed.TellAsync(webhook);
        // It takes the delivery, and that is the last of it.
        Assert.Equal(1, await killed.DueAsync());

        await using var other = new SendingReplica(database, time, SendingReplica.Open);
        time.Advance(DeliveryStore.Lease - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, await other.DueAsync());
        await other.Sender.StartAsync(CancellationToken.None);
        other.Advance(TimeSpan.FromMilliseconds(1));
        await other.NextAsync(receiver);
        var delivery = await other.DeliveryAsync(webhook, delivery => delivery.Status == "delivered", "the other replica delivered it");
        Assert.Equal([ReceiverErrors.Interrupted, null], delivery.Log!.Select(attempt => attempt.Error));
    }

    [Fact]
    public async Task Two_replicas_send_each_delivery_once()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var database = await GatewayDatabase.CreateAsync();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        var replicas = Enumerable.Range(0, 2).Select(_ => new SendingReplica(database, time, SendingReplica.Open)).ToArray();
        var (webhook, _) = await replicas[0].AddWebhookAsync(receiver.Url);
        var told = Enumerable.Range(0, 60).Select(_ => SendingReplica.Told(webhook, Guid.CreateVersion7())).ToArray();
        await replicas[0].Deliveries.AddAsync(told, CancellationToken.None);
        foreach (var replica in replicas)
            await replica.Sender.StartAsync(CancellationToken.None);
        var ids = new List<string>();
        for (var i = 0; i < told.Length; i++)
            ids.Add((await replicas[0].NextAsync(receiver)).Headers["webhook-id"]);
        await Eventually.TrueAsync(
            async () => (await replicas[0].Deliveries.BacklogAsync(CancellationToken.None)).Count == 0, "nothing is left to send");
        Assert.Equal(told.Length, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(0, receiver.Unseen);
        foreach (var replica in replicas)
            await replica.DisposeAsync();
    }

    [Fact]
    public async Task A_slow_receiver_gets_a_few_at_once_and_holds_up_nobody_else()
    {
        var answered = new TaskCompletionSource();
        await using var slow = await Receiver.StartAsync();
        slow.Answer = _ => answered.Task;
        await using var quick = await Receiver.StartAsync();
        await using var replica = await SendingReplica.StartAsync(SendingReplica.Open with { InFlight = 5, InFlightPerReceiver = 3 });
        var toSlow = (await replica.AddWebhookAsync(slow.Url)).Webhook;
        var toQuick = (await replica.AddWebhookAsync(quick.Url)).Webhook;
        var told = Enumerable.Range(0, 10).SelectMany(_ => new[]
        {
            SendingReplica.Told(toSlow, Guid.CreateVersion7()), SendingReplica.Told(toQuick, Guid.CreateVersion7()),
        });
        await replica.Deliveries.AddAsync([.. told], CancellationToken.None);
        replica.Sender.Wake();
        for (var i = 0; i < 10; i++)
            await replica.NextAsync(quick);
        for (var i = 0; i < 3; i++)
            await replica.NextAsync(slow);
        // The quick one's ten are done, and of the slow one's there are still as many under way as it has room for.
        Assert.Equal(0, slow.Unseen);
        answered.SetResult();
        for (var i = 3; i < 10; i++)
            await replica.NextAsync(slow);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_in_time_is_tried_again()
    {
        var answered = new TaskCompletionSource();
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = _ => answered.Task;
        await using var replica = await SendingReplica.StartAsync();
        var (webhook, _) = await replica.AddWebhookAsync(receiver.Url);
        await replica.TellAsync(webhook);
        await replica.NextAsync(receiver);
        replica.Time.Advance(ReceiverClient.AnswerWithin);
        var waiting = await replica.DeliveryAsync(webhook, delivery => delivery.NextAttemptAt is not null, "the attempt was given up");
        Assert.Equal((ReceiverErrors.Timeout, 10_000), (waiting.LastAttempt!.Error, waiting.LastAttempt.DurationMs));
        answered.SetResult();
    }

    [Fact]
    public async Task Gone_switches_the_webhook_off()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = context => Receiver.Status(context, 410);
        await using var replica = await SendingReplica.StartAsync();
        var (webhook, _) = await replica.AddWebhookAsync(receiver.Url);
        await replica.TellAsync(webhook);
        await replica.DeliveryAsync(webhook, delivery => delivery.Status == "failed", "it was given up at once");
        var off = await replica.Webhooks.FindAsync(SendingReplica.Application, webhook.Id, CancellationToken.None);
        Assert.Equal((false, "gone"), (off!.Enabled, off.DisabledReason));
        Assert.Empty(await replica.Webhooks.SubscribedAsync(
            SendingReplica.Application, WebhookEvents.VerificationEnded, CancellationToken.None));
    }

    [Fact]
    public async Task What_waits_for_a_webhook_that_was_switched_off_is_not_sent()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var replica = await SendingReplica.StartAsync();
        var (webhook, _) = await replica.AddWebhookAsync(receiver.Url);
        webhook = (await replica.Webhooks.ReplaceAsync(webhook, webhook.Url, webhook.Events, enabled: false, CancellationToken.None))!;
        await replica.TellAsync(webhook);
        var delivery = await replica.DeliveryAsync(webhook, delivery => delivery.Status == "failed", "it was given up");
        Assert.Equal(ReceiverErrors.WebhookDisabled, delivery.LastAttempt!.Error);
        Assert.Equal(0, receiver.Unseen);

        // Switched on again, it can be sent by hand.
        await replica.Webhooks.ReplaceAsync(webhook, webhook.Url, webhook.Events, enabled: true, CancellationToken.None);
        await replica.Log.RedeliverAsync(webhook.Id, delivery.Id, CancellationToken.None);
        replica.Sender.Wake();
        await replica.NextAsync(receiver);
        await replica.DeliveryAsync(webhook, again => again.Status == "delivered", "it was sent by hand");
    }

    [Fact]
    public async Task Sent_again_by_hand_it_has_the_same_id_and_the_whole_schedule()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var replica = await SendingReplica.StartAsync();
        var (webhook, _) = await replica.AddWebhookAsync(receiver.Url);
        await replica.TellAsync(webhook);
        var first = await replica.NextAsync(receiver);
        var delivery = await replica.DeliveryAsync(webhook, delivery => delivery.Status == "delivered", "it was delivered");

        replica.Time.Advance(TimeSpan.FromDays(3));
        receiver.Answer = context => Receiver.Status(context, 503);
        await replica.Log.RedeliverAsync(webhook.Id, delivery.Id, CancellationToken.None);
        replica.Sender.Wake();
        var again = await replica.NextAsync(receiver);
        Assert.Equal(first.Headers["webhook-id"], again.Headers["webhook-id"]);
        Assert.NotEqual(first.Headers["webhook-timestamp"], again.Headers["webhook-timestamp"]);
        var waiting = await replica.DeliveryAsync(webhook, one => one.NextAttemptAt is not null, "it waits for the second try");
        Assert.InRange(waiting.NextAttemptAt!.Value - replica.Time.GetUtcNow(), Waits[0] * 0.8, Waits[0] * 1.2);
        Assert.Equal(2, waiting.Attempts);
    }

    [Fact]
    public async Task After_a_change_of_secret_both_sign_for_a_day()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var replica = await SendingReplica.StartAsync();
        var (webhook, oldSecret) = await replica.AddWebhookAsync(receiver.Url);
        var (_, newSecret) = (await replica.Webhooks.RotateSecretAsync(webhook, CancellationToken.None))!.Value;
        await replica.TellAsync(webhook);
        var hook = await replica.NextAsync(receiver);
        AssertSigned(hook, newSecret, replica.Time.GetUtcNow());
        AssertSigned(hook, oldSecret, replica.Time.GetUtcNow());

        replica.Time.Advance(TimeSpan.FromHours(24));
        await replica.TellAsync(webhook);
        hook = await replica.NextAsync(receiver);
        AssertSigned(hook, newSecret, replica.Time.GetUtcNow());
        Assert.False(WebhookReceiver.IsGenuine(Example(hook), oldSecret, replica.Time.GetUtcNow()));
    }

    [Fact]
    public async Task A_secret_of_another_key_is_not_signed_with()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var replica = await SendingReplica.StartAsync();
        var (webhook, _) = await replica.AddWebhookAsync(receiver.Url);
        var (other, _) = await replica.AddWebhookAsync(receiver.Url);
        // Another webhook's secret, put there past the service, is bound to the other one.
        await replica.ExecuteAsync(
            $"update webhooks set secret = (select secret from webhooks where id = '{other.Id}') where id = '{webhook.Id}'");
        await replica.TellAsync(webhook);
        var delivery = await replica.DeliveryAsync(webhook, one => one.LastAttempt?.Error is not null, "it could not be signed");
        Assert.Equal(ReceiverErrors.SecretUnreadable, delivery.LastAttempt!.Error);
        Assert.Equal(0, receiver.Unseen);
    }

    [Fact]
    public async Task A_Sinch_callback_is_signed_with_a_key_of_the_application()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var replica = await SendingReplica.StartAsync();
        var key = new ApplicationKey(Guid.CreateVersion7(), new byte[32], new byte[32], ExpiresAt: null);
        replica.Applications.Take(new ApplicationSnapshot(
            [new Application { Id = SendingReplica.Application, Name = "All", Scopes = [], Keys = [key] }]));
        var callback = new NewDelivery
        {
            To = new Recipient.Sinch(
                SendingReplica.Application, new Uri(receiver.Url),
                new Dictionary<string, string>(StringComparer.Ordinal) { ["x-kind"] = "result" }),
            ApplicationId = SendingReplica.Application,
            VerificationId = Guid.CreateVersion7(),
            Type = "VerificationResultEvent",
            Body = "{}"u8.ToArray(),
        };
        Assert.Equal(1, await replica.Deliveries.AddAsync([callback], CancellationToken.None));
        Assert.Equal(0, await replica.Deliveries.AddAsync([callback], CancellationToken.None));
        replica.Sender.Wake();
        var hook = await replica.NextAsync(receiver);
        Assert.StartsWith($"application {key.Id}:", hook.Headers["Authorization"], StringComparison.Ordinal);
        Assert.Equal("2026-11-23T12:00:00Z", hook.Headers["x-timestamp"]);
        Assert.Equal("result", hook.Headers["x-kind"]);
    }

    [Fact]
    public async Task What_was_finished_long_ago_is_deleted_and_what_waits_is_not()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var replica = await SendingReplica.StartAsync();
        var (webhook, _) = await replica.AddWebhookAsync(receiver.Url);
        await replica.TellAsync(webhook);
        await replica.DeliveryAsync(webhook, delivery => delivery.Status == "delivered", "it was delivered");
        var sweep = new DeliverySweep(replica.Deliveries, SendingReplica.Open, replica.Time);
        replica.Time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(0, await sweep.SweepAsync(CancellationToken.None));
        replica.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, await sweep.SweepAsync(CancellationToken.None));
        Assert.Empty(await replica.Log.ListAsync(webhook.Id, status: null, after: null, 10, CancellationToken.None));
    }

    /// <summary>By the receiver of the documentation, which shares no code with the sender.</summary>
    private static void AssertSigned(Hook hook, string secret, DateTimeOffset now) =>
        Assert.True(WebhookReceiver.IsGenuine(Example(hook), secret, now), "The signature is not the receiver's own.");

    private static WebhookReceiver.Message Example(Hook hook) =>
        new(hook.Headers["webhook-id"], hook.Headers["webhook-timestamp"], hook.Headers["webhook-signature"], hook.Body);
}
