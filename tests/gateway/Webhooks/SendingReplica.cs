using System.Diagnostics.Metrics;
using System.Net;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Webhooks;
using FlashCall.Gateway.Webhooks.Deliveries;
using FlashCall.Gateway.Webhooks.Receivers;
using FlashCall.Hosting;
using FlashCall.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FlashCall.Gateway.Tests.Webhooks;

/// <summary>What sends deliveries, on a database of the test's own and a clock that the test moves.</summary>
internal sealed class SendingReplica : IAsyncDisposable
{
    public const string Application = "everything";

    private readonly GatewayDatabase _database;
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ReceiverClient _client;

    public SendingReplica(GatewayDatabase database, FakeTimeProvider time, WebhookSettings settings)
    {
        (_database, Time) = (database, time);
        Secrets = new WebhookSecrets(new SealedBox(GatewayDatabase.SecretsKey));
        Webhooks = new WebhookStore(database.Data, Secrets, time);
        Deliveries = new DeliveryStore(database.Data, time);
        Log = new DeliveryLog(database.Data, time);
        _client = new ReceiverClient(settings, Dns.GetHostAddressesAsync, time);
        Metrics = new DeliveryMetrics(_meters.GetRequiredService<IMeterFactory>(), time);
        var attempts = new DeliveryAttempts(
            Deliveries, Webhooks, Secrets, Applications, _client, Metrics, time, NullLogger<DeliveryAttempts>.Instance);
        var outages = new OutageLog(time, NullLogger<OutageLog>.Instance);
        Sender = new DeliverySender(Deliveries, attempts, Metrics, settings, outages, time, NullLogger<DeliverySender>.Instance);
    }

    /// <summary>Settings under which this machine's own addresses may be sent to.</summary>
    public static WebhookSettings Open { get; } =
        new() { AllowHttp = true, AllowedNetworks = [IPNetwork.Parse("127.0.0.0/8")], InFlight = 64, InFlightPerReceiver = 4 };

    /// <summary>The database, to look where nothing else shows.</summary>
    public Npgsql.NpgsqlDataSource Data => _database.Data;

    public FakeTimeProvider Time { get; }

    public WebhookSecrets Secrets { get; }

    public WebhookStore Webhooks { get; }

    public DeliveryStore Deliveries { get; }

    public DeliveryLog Log { get; }

    public DeliveryMetrics Metrics { get; }

    public DeliverySender Sender { get; }

    public ApplicationDirectory Applications { get; } = new();

    /// <summary>On a database of its own, with the sender running.</summary>
    public static async Task<SendingReplica> StartAsync(WebhookSettings? settings = null)
    {
        var replica = new SendingReplica(
            await GatewayDatabase.CreateAsync(), new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero)),
            settings ?? Open);
        await replica.Sender.StartAsync(CancellationToken.None);
        return replica;
    }

    public async Task<(Webhook Webhook, string Secret)> AddWebhookAsync(string url) =>
        (await Webhooks.AddAsync(Application, url, WebhookEvents.All, enabled: true, CancellationToken.None))!.Value;

    /// <summary>Has something to tell.</summary>
    public async Task<Guid> TellAsync(Webhook webhook, string body = """{"type":"verification.ended"}""")
    {
        var verification = Guid.CreateVersion7();
        Assert.Equal(1, await Deliveries.AddAsync([Told(webhook, verification, body)], CancellationToken.None));
        Sender.Wake();
        return verification;
    }

    public static NewDelivery Told(Webhook webhook, Guid verification, string body = "{}") => new()
    {
        To = new Recipient.Standard(webhook.Id),
        ApplicationId = webhook.ApplicationId,
        VerificationId = verification,
        Type = WebhookEvents.VerificationEnded,
        Body = System.Text.Encoding.UTF8.GetBytes(body),
    };

    /// <summary>Moves the clock on, and has the sender look.</summary>
    public void Advance(TimeSpan by)
    {
        Time.Advance(by);
        Sender.Wake();
    }

    /// <summary>What the receiver gets next. The sender looks again at once where a look failed: its clock stands still.</summary>
    public async Task<Hook> NextAsync(Receiver receiver)
    {
        var next = receiver.NextAsync();
        await Eventually.TrueAsync(() =>
        {
            if (!next.IsCompleted)
                Sender.Wake();
            return next.IsCompleted;
        }, "something arrives");
        return await next;
    }

    /// <summary>The webhook's only delivery, once it is as it should be.</summary>
    public Task<DeliveryView> DeliveryAsync(Webhook webhook, Func<DeliveryView, bool> isSo, string expected) =>
        Eventually.ValueAsync(async () =>
        {
            var page = await Log.ListAsync(webhook.Id, status: null, after: null, 2, CancellationToken.None);
            return page is [var only] && await Log.FindAsync(webhook.Id, only.Id, CancellationToken.None) is { } delivery && isSo(delivery)
                ? delivery
                : null;
        }, expected);

    /// <summary>What another replica would find to send at this moment.</summary>
    public async Task<int> DueAsync() =>
        (await Deliveries.TakeAsync(100, 100, new Dictionary<string, int>(StringComparer.Ordinal), CancellationToken.None)).Count;

    public Task ExecuteAsync(string sql) => _database.ExecuteAsync(sql);

    public async ValueTask DisposeAsync()
    {
        await Sender.StopAsync(CancellationToken.None);
        Sender.Dispose();
        _client.Dispose();
        await _meters.DisposeAsync();
        await _database.DisposeAsync();
    }
}
