using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Fraud.Tests.Assessments;
using FlashCall.Hosting;
using FlashCall.Testing;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlashCall.Fraud.Tests;

/// <summary>Two replicas as they run in production, asked over HTTP, and this test as whoever listens to what happens.</summary>
public sealed class OperationsTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly List<WebApplication> _running = [];
    private readonly List<HttpClient> _clients = [];
    private readonly ConcurrentQueue<object> _heard = new();
    private Messenger? _messenger;

    private HttpClient One => _clients[0];

    private HttpClient Other => _clients[1];

    public async ValueTask InitializeAsync()
    {
        string[] servedBy = [.. servers.Arguments, $"--DatabasePrefix={servers.DatabasePrefix}ops_", $"--BusPrefix={servers.BusPrefix}ops-"];
        string[] arguments = [.. servedBy, Operator.IdentityArgument, "--Fraud:AllowedDestinations:0=SE", "--urls=http://127.0.0.1:0"];
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. arguments], FraudService.Build));
        var listener = PlatformHost.CreateBuilder([.. servedBy, "--urls=http://127.0.0.1:0"], "verification");
        listener.Services.AddSingleton(_heard);
        listener.AddBus(Queues.Verification, bus => bus
            .ConsumePublished<FraudBlockRaised, Listener>(raised => raised.BlockId)
            .ConsumePublished<FraudBlockLifted, Listener>(lifted => lifted.BlockId)
            .Consume<RiskAssessed, Listener>(answer => answer.VerificationId));
        _running.AddRange([listener.Build(), FraudService.Build(arguments), FraudService.Build(arguments)]);
        foreach (var app in _running)
        {
            await app.StartAsync();
            await app.Services.GetRequiredService<IBusControl>().WaitForHealthStatus(BusHealthStatus.Healthy, TimeSpan.FromSeconds(30));
        }
        _messenger = _running[0].Services.GetRequiredService<Messenger>();
        _clients.AddRange(_running.Skip(1).Select(app => Operator.Client(new Uri(app.Urls.First()))));
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        foreach (var app in _running)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_policy_is_checked_whole_written_once_and_active_in_all_replicas()
    {
        using var wrong = Json("""{ "thresholds": { "challenge": 90 }, "velocity": [{ "subject": "nobody" }] }""");
        var refused = await One.PostAsync("/v1/fraud/policies", wrong, Token);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        var errors = (await JsonOf(refused)).GetProperty("errors");
        Assert.True(errors.TryGetProperty("$.thresholds.challenge", out _), errors.ToString());
        Assert.True(errors.TryGetProperty("$.velocity[0].subject", out _), errors.ToString());

        using var right = Json("""{ "destinations": { "allowed": ["NO"] } }""");
        var added = await One.PostAsync("/v1/fraud/policies?note=north", right, Token);
        Assert.Equal(HttpStatusCode.Created, added.StatusCode);
        var policy = await JsonOf(added);
        var number = policy.GetProperty("number").GetInt32();
        Assert.Equal((false, "north", "operator"),
            (policy.GetProperty("active").GetBoolean(), policy.GetProperty("note").GetString(), policy.GetProperty("createdBy").GetString()));

        var differences = (await JsonOf(await One.GetAsync($"/v1/fraud/policies/{number}/compare?with=1", Token))).GetProperty("differences");
        var destination = differences.EnumerateArray().Single(one => one.GetProperty("path").GetString() == "$.destinations.allowed[0]");
        Assert.Equal(("NO", "SE"), (destination.GetProperty("is").GetString(), destination.GetProperty("other").GetString()));

        Assert.Equal("allow", await VerdictAsync(Other, "+46701740605"));
        Assert.Equal(HttpStatusCode.OK, (await One.PostAsync($"/v1/fraud/policies/{number}/activate", null, Token)).StatusCode);
        Assert.Equal("block", await VerdictAsync(One, "+46701740605"));
        await Eventually.TrueAsync(
            async () => await VerdictAsync(Other, "+46701740605") == "block", "the other replica has the policy", TimeSpan.FromSeconds(5));
        // Going back is activating what was before.
        Assert.Equal(HttpStatusCode.OK, (await Other.PostAsync("/v1/fraud/policies/1/activate", null, Token)).StatusCode);
        Assert.Equal("allow", await VerdictAsync(Other, "+46701740605"));
        Assert.Equal(HttpStatusCode.NotFound, (await One.PostAsync("/v1/fraud/policies/99/activate", null, Token)).StatusCode);
        var listed = (await JsonOf(await One.GetAsync("/v1/fraud/policies", Token))).GetProperty("policies");
        Assert.Equal([number, 1], listed.EnumerateArray().Select(one => one.GetProperty("number").GetInt32()));
    }

    [Fact]
    public async Task A_block_by_hand_stops_requests_is_told_of_and_lifted_with_a_reason()
    {
        using var request = Json("""{ "kind": "prefix", "value": "+467017", "seconds": 600, "reason": "pumping" }""");
        var raised = await One.PostAsync("/v1/fraud/blocks", request, Token);
        Assert.Equal(HttpStatusCode.Created, raised.StatusCode);
        var id = (await JsonOf(raised)).GetProperty("id").GetGuid();
        using var again = Json("""{ "kind": "prefix", "value": "+467017", "seconds": 600, "reason": "pumping" }""");
        Assert.Equal(HttpStatusCode.Conflict, (await Other.PostAsync("/v1/fraud/blocks", again, Token)).StatusCode);
        Assert.Equal("block", await VerdictAsync(Other, "+46701700001"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Other.DeleteAsync($"/v1/fraud/blocks/{id}", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Other.DeleteAsync($"/v1/fraud/blocks/{id}?reason=mistake", Token)).StatusCode);
        Assert.Equal("allow", await VerdictAsync(One, "+46701700001"));
        Assert.Equal(HttpStatusCode.NotFound, (await Other.DeleteAsync($"/v1/fraud/blocks/{id}?reason=mistake", Token)).StatusCode);

        // Each of the two goes its own way.
        await Eventually.TrueAsync(
            () => _heard.OfType<FraudBlockLifted>().Any(news => news.BlockId == id) && _heard.OfType<FraudBlockRaised>().Any(news => news.BlockId == id),
            "the block and its end are told");
        Assert.Equal("+467017", Assert.Single(_heard.OfType<FraudBlockRaised>(), news => news.BlockId == id).Subject);
        Assert.Equal("operator", Assert.Single(_heard.OfType<FraudBlockLifted>(), news => news.BlockId == id).LiftedBy);
        var shown = Assert.Single((await JsonOf(await One.GetAsync("/v1/fraud/blocks", Token))).GetProperty("blocks").EnumerateArray(),
            block => block.GetProperty("id").GetGuid() == id);
        Assert.Equal((false, "mistake"), (shown.GetProperty("active").GetBoolean(), shown.GetProperty("liftReason").GetString()));
    }

    [Fact]
    public async Task Lists_hold_for_all_or_one_application_and_show_numbers_masked()
    {
        using var request = Json("""{ "list": "block", "kind": "number", "value": "+46701740609", "application": "shop", "reason": "asked us" }""");
        var added = await One.PostAsync("/v1/fraud/lists", request, Token);
        Assert.Equal(HttpStatusCode.OK, added.StatusCode);
        var id = (await JsonOf(added)).GetProperty("id").GetGuid();
        Assert.Equal("block", await VerdictAsync(Other, "+46701740609"));
        Assert.Equal("allow", await VerdictAsync(Other, "+46701740609", "bank"));

        var all = await (await One.GetAsync("/v1/fraud/lists", Token)).Content.ReadAsStringAsync(Token);
        Assert.DoesNotContain("+46701740609", all, StringComparison.Ordinal);
        var asked = await (await One.GetAsync("/v1/fraud/lists?kind=number&value=%2B46701740609", Token)).Content.ReadAsStringAsync(Token);
        Assert.Contains("46701740609", asked, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, (await Other.DeleteAsync($"/v1/fraud/lists/{id}", Token)).StatusCode);
        Assert.Equal("allow", await VerdictAsync(One, "+46701740609"));
        using var wrong = Json("""{ "list": "safe", "kind": "prefix", "value": "+467", "expiresAt": "2001-01-01T00:00:00Z" }""");
        var errors = (await JsonOf(await One.PostAsync("/v1/fraud/lists", wrong, Token))).GetProperty("errors");
        Assert.Equal(["expiresAt", "reason", "value"], errors.EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Outcomes_and_feedback_are_counted_once_over_the_bus()
    {
        var command = FraudDatabase.Command(FraudDatabase.NewNumber(), DateTimeOffset.UtcNow) with { ApplicationId = "feedback" };
        var completed = new VerificationCompleted
        {
            VerificationId = command.VerificationId,
            ApplicationId = command.ApplicationId,
            To = command.To,
            Purpose = command.Purpose,
            Outcome = VerificationOutcome.Succeeded,
            CompletedAt = DateTimeOffset.UtcNow,
            Called = true,
        };
        // The end before the beginning, and twice.
        await _messenger!.PublishAsync(completed, Guid.CreateVersion7(), Token);
        await _messenger.SendAsync(Queues.Fraud, command, command.VerificationId, Token);
        await _messenger.PublishAsync(completed, Guid.CreateVersion7(), Token);
        await Eventually.TrueAsync(async () => await VerifiedAsync() == 1, "the verified number is counted");

        async Task<HttpStatusCode> GiveAsync(string kind)
        {
            using var feedback = Json($$"""{ "verificationId": "{{command.VerificationId}}", "kind": "{{kind}}" }""");
            return (await One.PostAsync("/v1/fraud/feedback", feedback, Token)).StatusCode;
        }
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], [await GiveAsync("fraud"), await GiveAsync("fraud")]);
        Assert.Equal(0, await VerifiedAsync());
        Assert.Equal(HttpStatusCode.OK, await GiveAsync("legitimate"));
        Assert.Equal(1, await VerifiedAsync());
        using var unknown = Json($$"""{ "verificationId": "{{Guid.CreateVersion7()}}", "kind": "fraud" }""");
        Assert.Equal(HttpStatusCode.NotFound, (await One.PostAsync("/v1/fraud/feedback", unknown, Token)).StatusCode);

        async Task<long> VerifiedAsync()
        {
            using var request = Json("""{ "to": "+46701740605", "purpose": "login", "application": "feedback" }""");
            var rules = (await JsonOf(await Other.PostAsync("/v1/fraud/dry-run", request, Token))).GetProperty("rules");
            var conversion = rules.EnumerateArray().Single(rule => rule.GetProperty("rule").GetString() == "conversion");
            // The window without a lag: what was asked for a moment ago.
            return conversion.GetProperty("read").GetProperty("Application feedback verified in 10 minutes").GetInt64();
        }
    }

    [Fact]
    public async Task Who_lacks_the_scope_is_refused()
    {
        using var client = Operator.Client(new Uri(_running[1].Urls.First()), "operator", "verifications:write");
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/v1/fraud/policies", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/v1/fraud/lists", Token)).StatusCode);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<string?> VerdictAsync(HttpClient client, string number, string application = "shop")
    {
        using var request = Json($$"""{ "to": "{{number}}", "purpose": "login", "application": "{{application}}" }""");
        return (await JsonOf(await client.PostAsync("/v1/fraud/dry-run", request, Token))).GetProperty("verdict").GetString();
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static async Task<JsonElement> JsonOf(HttpResponseMessage response) =>
        await response.Content.ReadFromJsonAsync<JsonElement>(Token);

    private sealed class Listener(ConcurrentQueue<object> heard)
        : IConsumer<FraudBlockRaised>, IConsumer<FraudBlockLifted>, IConsumer<RiskAssessed>
    {
        public Task Consume(ConsumeContext<FraudBlockRaised> context) => Hear(context.Message);

        public Task Consume(ConsumeContext<FraudBlockLifted> context) => Hear(context.Message);

        public Task Consume(ConsumeContext<RiskAssessed> context) => Hear(context.Message);

        private Task Hear(object message)
        {
            heard.Enqueue(message);
            return Task.CompletedTask;
        }
    }
}
