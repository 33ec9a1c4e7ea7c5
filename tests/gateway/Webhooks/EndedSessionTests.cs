using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Gateway.Services;
using FlashCall.Gateway.Webhooks.Deliveries;
using FlashCall.Hosting;
using FlashCall.Testing;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace FlashCall.Gateway.Tests.Webhooks;

/// <summary>From the news on the bus that a session has ended to the receiver, through two gateways as they run in production; this test is
/// the verification service.</summary>
public sealed class EndedSessionTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly string _bus = $"{servers.BusPrefix}ended-{Guid.NewGuid().ToString("N")[..6]}-";
    private readonly List<RunningGateway> _gateways = [];
    private GatewayDatabase? _database;
    private Upstream? _verification;
    private Receiver? _receiver;
    private WebApplication? _publisher;

    public async ValueTask InitializeAsync()
    {
        _database = await GatewayDatabase.CreateAsync();
        _verification = await Upstream.StartAsync(RunningGateway.PublicKey);
        _receiver = await Receiver.StartAsync();
        for (var i = 0; i < 2; i++)
        {
            _gateways.Add(await RunningGateway.StartAsync(
                _database, [_verification.Address], $"--BusPrefix={_bus}", "--Webhooks:AllowHttp=true",
                "--Webhooks:AllowedNetworks:0=127.0.0.0/8"));
        }
        var builder = PlatformHost.CreateBuilder([.. servers.Arguments, $"--BusPrefix={_bus}"], "verification");
        builder.AddBus(queue: null, _ => { });
        _publisher = builder.Build();
        await _publisher.StartAsync();
        await _publisher.Services.GetRequiredService<IBusControl>().WaitForHealthStatus(BusHealthStatus.Healthy, TimeSpan.FromSeconds(30));
        // A queue takes what is published once it is bound to it.
        foreach (var gateway in _gateways)
        {
            await Eventually.TrueAsync(
                async () => (await HealthAsync(gateway)).GetProperty("rabbitmq").GetProperty("status").GetString() == "healthy",
                "the gateway is on the bus");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
            await gateway.DisposeAsync();
        await _publisher!.StopAsync();
        await _publisher.DisposeAsync();
        await _receiver!.DisposeAsync();
        await _verification!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task The_end_of_a_session_is_told_once_however_often_the_news_comes()
    {
        var (location, secret) = await AddWebhookAsync();
        _verification!.Answer = context => ViewAsync(context, 200);
        var ended = Ended();
        await PublishAsync(ended);
        var hook = await _receiver!.NextAsync();
        var message = JsonSerializer.Deserialize<JsonElement>(hook.Body);
        Assert.Equal("verification.ended", message.GetProperty("type").GetString());
        Assert.Equal(ended.CompletedAt, message.GetProperty("timestamp").GetDateTimeOffset());
        Assert.Equal(
            (ended.VerificationId.ToString(), "verified", "eyJ.a.b"),
            (Data("id"), Data("status"), Data("resultToken")));
        Assert.True(WebhookReceiver.IsGenuine(
            new(hook.Headers["webhook-id"], hook.Headers["webhook-timestamp"], hook.Headers["webhook-signature"], hook.Body), secret,
            DateTimeOffset.UtcNow));
        // The gateway looked it up for the application, whose key need not have the scope.
        Assert.Contains(_verification.Received, request =>
            request.Target == $"/v1/verifications/{ended.VerificationId}" && request.Application == "everything"
            && request.Scope == "verifications:read");

        await PublishAsync(ended);
        // The news of a later session passes after it.
        var later = Ended();
        await PublishAsync(later);
        Assert.Equal(later.VerificationId, SessionOf(await _receiver.NextAsync()));

        var log = await DeliveriesAsync($"{location}/deliveries?status=delivered", 2);
        Assert.Equal(
            [later.VerificationId, ended.VerificationId],
            log.EnumerateArray().Select(item => item.GetProperty("verificationId").GetGuid()));
        string Data(string field) => message.GetProperty("data").GetProperty(field).GetString()!;
    }

    [Fact]
    public async Task While_the_verification_service_is_away_the_news_waits()
    {
        await AddWebhookAsync();
        var asked = 0;
        _verification!.Answer = context => ViewAsync(context, Interlocked.Increment(ref asked) < 4 ? 503 : 200);
        var ended = Ended();
        await PublishAsync(ended);
        var hook = await _receiver!.NextAsync();
        Assert.Equal(ended.VerificationId, SessionOf(hook));
        Assert.True(asked >= 4);
    }

    [Theory]
    [InlineData(500, true)]
    [InlineData(503, true)]
    [InlineData(429, true)]
    [InlineData(401, true)]
    [InlineData(403, true)]
    [InlineData(404, false)]
    [InlineData(410, false)]
    public async Task Only_a_service_that_cannot_answer_is_waited_for(int status, bool isWaitedFor)
    {
        _verification!.Answer = context => ViewAsync(context, status);
        var ended = new EndedVerification(Ended(), _gateways[0].Services.GetRequiredService<VerificationClient>());
        var exception = await Assert.ThrowsAnyAsync<Exception>(() => ended.ViewAsync(CancellationToken.None));
        Assert.Equal(isWaitedFor ? typeof(VerificationUnavailableException) : typeof(InvalidOperationException), exception.GetType());
    }

    [Fact]
    public async Task Nobody_asks_for_a_session_that_nobody_wants_to_hear_of()
    {
        _verification!.Answer = context => ViewAsync(context, 200);
        await AddWebhookAsync();
        // Of another application, which has no webhook.
        await PublishAsync(Ended() with { ApplicationId = "writer" });
        var mine = Ended();
        await PublishAsync(mine);
        var hook = await _receiver!.NextAsync();
        Assert.Equal(mine.VerificationId, SessionOf(hook));
        Assert.All(
            _verification.Received, request => Assert.Contains(mine.VerificationId.ToString(), request.Target, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_delivery_is_read_page_by_page_and_sent_again_by_hand()
    {
        var (location, _) = await AddWebhookAsync();
        _verification!.Answer = context => ViewAsync(context, 200);
        var first = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < 3; i++)
        {
            await PublishAsync(Ended());
            first[(await _receiver!.NextAsync()).Headers["webhook-id"]] = "";
        }
        await DeliveriesAsync($"{location}/deliveries?status=delivered", 3);
        var seen = new List<JsonElement>();
        string? next = null;
        do
        {
            using var response = await _gateways[1].SendAsync(
                HttpMethod.Get, $"{location}/deliveries?limit=2{(next is null ? "" : $"&after={next}")}");
            var page = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
            seen.AddRange(page.GetProperty("items").EnumerateArray());
            next = page.TryGetProperty("next", out var cursor) ? cursor.GetString() : null;
        }
        while (next is not null);
        Assert.Equal(
            first.Keys.Order(StringComparer.Ordinal),
            seen.Select(item => item.GetProperty("messageId").GetString()!).Order(StringComparer.Ordinal));

        var again = seen[1];
        using var redelivered = await _gateways[1].SendAsync(
            HttpMethod.Post, $"{location}/deliveries/{again.GetProperty("id").GetString()}/redeliver");
        Assert.Equal(HttpStatusCode.Accepted, redelivered.StatusCode);
        Assert.Equal(again.GetProperty("messageId").GetString(), (await _receiver!.NextAsync()).Headers["webhook-id"]);
        using var unknown = await _gateways[1].SendAsync(HttpMethod.Post, $"{location}/deliveries/{Guid.CreateVersion7()}/redeliver");
        Assert.Equal("delivery_not_found", (await Problem.OfAsync(unknown)).Code);
        await Eventually.TrueAsync(async () =>
        {
            using var response = await _gateways[0].SendAsync(
                HttpMethod.Get, $"{location}/deliveries/{again.GetProperty("id").GetString()}");
            var delivery = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
            return delivery.GetProperty("status").GetString() == "delivered"
                && delivery.GetProperty("log").EnumerateArray().Count(attempt => attempt.GetProperty("statusCode").GetInt32() == 204) == 2;
        }, "both attempts stand in the log");
    }

    private async Task<(string Location, string Secret)> AddWebhookAsync()
    {
        using var response = await _gateways[0].SendAsync(
            HttpMethod.Post, "/v1/webhooks",
            content: new StringContent($$"""{"url":"{{_receiver!.Url}}"}""", new MediaTypeHeaderValue("application/json")));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var view = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
        return (response.Headers.Location!.ToString(), view.GetProperty("secret").GetString()!);
    }

    private async Task<JsonElement> DeliveriesAsync(string path, int count)
    {
        JsonElement items = default;
        await Eventually.TrueAsync(async () =>
        {
            using var response = await _gateways[0].SendAsync(HttpMethod.Get, path);
            items = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()).GetProperty("items");
            return items.GetArrayLength() == count;
        }, $"{count} deliveries");
        return items;
    }

    private static Guid SessionOf(Hook hook) =>
        JsonSerializer.Deserialize<JsonElement>(hook.Body).GetProperty("data").GetProperty("id").GetGuid();

    private static VerificationCompleted Ended() => new()
    {
        VerificationId = Guid.CreateVersion7(),
        ApplicationId = "everything",
        To = PhoneNumber.Parse("+46701740605"),
        Purpose = Purpose.Login,
        Outcome = VerificationOutcome.Succeeded,
        CompletedAt = new DateTimeOffset(2026, 11, 23, 12, 0, 0, 250, TimeSpan.Zero),
    };

    private Task PublishAsync(VerificationCompleted ended) => _publisher!.Services.GetRequiredService<Messenger>()
        .PublishAsync(ended, MessageId.Derive(ended.VerificationId, "completed"), CancellationToken.None);

    private static async Task ViewAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        if (status != 200)
            return;
        var id = context.Request.Path.Value!.Split('/')[^1];
        await context.Response.WriteAsJsonAsync(new { id, status = "verified", to = "+46701740605", resultToken = "eyJ.a.b" });
    }

    private static async Task<JsonElement> HealthAsync(RunningGateway gateway) =>
        JsonSerializer.Deserialize<JsonElement>(await gateway.Client.GetStringAsync("/health/ready")).GetProperty("checks");
}
