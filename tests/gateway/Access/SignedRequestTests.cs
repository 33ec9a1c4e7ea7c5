using System.Net;
using System.Text;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Applications;
using Microsoft.Extensions.Time.Testing;

namespace FlashCall.Gateway.Tests.Access;

/// <summary>Signed requests, through the whole gateway.</summary>
public sealed class SignedRequestTests
{
    private static readonly string[] All = ["verifications:write", "verifications:read", "operations"];

    [Fact]
    public async Task A_signed_request_passes_with_the_body_that_was_signed()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var (gateway, id, key) = await StartAsync(upstream);
        await using var _ = gateway;

        foreach (var body in (string[])["{\"to\":\"\\u002B46701740605\"}", new string('x', 64 * 1024), ""])
        {
            using var response = await gateway.Client.SendAsync(await Post("/v1/verifications", body).SignAsync(key));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        using var get = new HttpRequestMessage(HttpMethod.Get, "/v1/verifications?to=%2B46701740605&limit=5");
        using var found = await gateway.Client.SendAsync(await get.SignAsync(key));

        Assert.Equal(HttpStatusCode.OK, found.StatusCode);
        Assert.Equal(
            ["{\"to\":\"\\u002B46701740605\"}", new string('x', 64 * 1024), "", ""], upstream.Received.Select(received => received.Body));
        Assert.All(upstream.Received, received => Assert.Equal(id, received.Application));
    }

    [Theory]
    [InlineData("body")]
    [InlineData("path")]
    [InlineData("query")]
    [InlineData("content type")]
    [InlineData("key")]
    public async Task What_was_changed_on_the_way_is_refused(string what)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var (gateway, _, key) = await StartAsync(upstream);
        await using var stop = gateway;
        var database = await GatewayDatabase.SharedAsync();
        using var request = await Post("/v1/verifications/1/report", "{\"digits\":\"1\"}").SignAsync(key);
        switch (what)
        {
            case "body":
                request.Content = new StringContent("{\"digits\":\"2\"}", Encoding.UTF8, "application/json");
                break;
            case "path":
                request.RequestUri = new Uri("/v1/verifications/2/report", UriKind.Relative);
                break;
            case "query":
                request.RequestUri = new Uri("/v1/verifications/1/report?a=1", UriKind.Relative);
                break;
            case "content type":
                request.Content!.Headers.ContentType = new("text/plain");
                break;
            default:
                var other = await database.AddAsync($"o-{Guid.NewGuid():N}", Document("signed"));
                request.Headers.Authorization = new(
                    "Application", request.Headers.Authorization!.Parameter!.Replace(key.Id.ToString(), other.Id.ToString(), StringComparison.Ordinal));
                await FlashCall.Testing.Eventually.TrueAsync(
                    () => Applications(gateway).FindKey(other.Id) is not null, "the other key is known");
                break;
        }

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal("invalid_signature", (await Problem.OfAsync(response)).Code);
        Assert.Empty(upstream.Received);
    }

    [Fact]
    public async Task A_signature_is_used_once_at_whatever_replica_and_however_many_send_it_at_once()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var (first, _, key) = await StartAsync(upstream);
        await using var _1 = first;
        await using var second = await RunningGateway.StartAsync(upstream.Address);
        var at = DateTimeOffset.UtcNow;

        var sent = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            using var request = await Post("/v1/verifications", "{}").SignAsync(key, at);
            using var response = await (i % 2 == 0 ? first : second).Client.SendAsync(request);
            return response.IsSuccessStatusCode ? "taken" : (await Problem.OfAsync(response)).Code;
        }));

        Assert.Equal(1, sent.Count(outcome => outcome == "taken"));
        Assert.Equal(19, sent.Count(outcome => outcome == "replayed"));
        Assert.Single(upstream.Received);
    }

    [Fact]
    public async Task What_only_looks_may_be_sent_again()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var (gateway, _, key) = await StartAsync(upstream);
        await using var stop = gateway;
        var at = DateTimeOffset.UtcNow;

        for (var i = 0; i < 3; i++)
        {
            using var request = await new HttpRequestMessage(HttpMethod.Get, "/v1/verifications/1").SignAsync(key, at);
            using var response = await gateway.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task A_signed_body_over_the_limit_is_refused_before_it_is_hashed()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var (gateway, _, key) = await StartAsync(upstream);
        await using var stop = gateway;

        foreach (var path in (string[])["/v1/verifications", "/v1/numbers/import"])
        {
            using var request = await Post(path, new string('x', 64 * 1024 + 1)).SignAsync(key);
            request.Headers.ExpectContinue = true;
            using var response = await gateway.Client.SendAsync(request);
            Assert.Equal("body_too_large", (await Problem.OfAsync(response)).Code);
        }
        using var small = await gateway.Client.SendAsync(await Post("/v1/numbers/import", "number\n+442079460123").SignAsync(key));
        Assert.Equal(HttpStatusCode.OK, small.StatusCode);
        Assert.Equal("number\n+442079460123", Assert.Single(upstream.Received).Body);
    }

    [Fact]
    public async Task An_application_that_asks_for_signatures_takes_no_key_sent_along()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var (gateway, id, key) = await StartAsync(upstream);
        await using var stop = gateway;
        var session = Guid.CreateVersion7();

        using var bearer = await gateway.SendAsync(HttpMethod.Get, "/v1/verifications", key.ApiKey);
        using var device = await gateway.SendAsync(
            HttpMethod.Get, $"/v1/verifications/{session}", RunningGateway.ClientToken(id, session));

        Assert.Equal(HttpStatusCode.Unauthorized, bearer.StatusCode);
        Assert.Equal("stronger_authorization_needed", (await Problem.OfAsync(bearer)).Code);
        Assert.Equal("Application", Assert.Single(bearer.Headers.WwwAuthenticate).Scheme);
        Assert.Equal(HttpStatusCode.OK, device.StatusCode);
    }

    [Fact]
    public async Task Used_signatures_are_forgotten_when_their_timestamp_is_too_old_to_pass()
    {
        await using var database = await GatewayDatabase.CreateAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var signature = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
        var sweep = new OldSignatures(database.Data, time);
        Assert.True(await new ReplayGuard(database.Data).TryUseAsync(signature, time.GetUtcNow(), CancellationToken.None));

        Assert.Equal(0, await sweep.SweepAsync(CancellationToken.None));
        Assert.False(await new ReplayGuard(database.Data).TryUseAsync(signature, time.GetUtcNow(), CancellationToken.None));
        time.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, await sweep.SweepAsync(CancellationToken.None));
        Assert.True(await new ReplayGuard(database.Data).TryUseAsync(signature, time.GetUtcNow(), CancellationToken.None));
    }

    /// <summary>A gateway, with an application of the test's own that asks for signatures.</summary>
    private static async Task<(RunningGateway Gateway, string Id, NewKey Key)> StartAsync(Upstream upstream)
    {
        var id = $"s-{Guid.NewGuid():N}";
        var key = await (await GatewayDatabase.SharedAsync()).AddAsync(id, Document("signed"));
        return (await RunningGateway.StartAsync(upstream.Address), id, key);
    }

    private static ApplicationDocument Document(string minimum) => new()
    {
        Name = "Signs",
        Scopes = All,
        MinimumAuthorization = minimum,
        RateLimits = new LimitsDocument { Requests = new RateDocument { Permits = RateLimit.MostPermits } },
    };

    private static ApplicationSnapshot Applications(RunningGateway gateway) =>
        ((ApplicationDirectory)gateway.Services.GetService(typeof(ApplicationDirectory))!).Current;

    private static HttpRequestMessage Post(string path, string body) => new(HttpMethod.Post, path)
    {
        Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new("application/json") } },
    };
}
