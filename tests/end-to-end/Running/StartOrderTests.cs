using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.EndToEnd.Tests.Running;

/// <summary>Services that start before what they need, and lose it later.</summary>
[Collection(Platform.OneAtATime)]
public sealed class StartOrderTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A look-up or change of every service, by the gateway or behind it.</summary>
    private static readonly (HttpMethod Method, string Path, object? Body)[] Requests =
    [
        (HttpMethod.Post, "/v1/verifications", new { to = "+46734999999", purpose = "login" }),
        (HttpMethod.Get, "/v1/verifications", null),
        (HttpMethod.Get, "/v1/verifications/0199d9a2-0000-7000-8000-000000000001", null),
        (HttpMethod.Post, "/v1/verifications/0199d9a2-0000-7000-8000-000000000001/cancel", null),
        (HttpMethod.Put, "/v1/trunks/other", new { addresses = (string[])["127.0.0.1:5099"] }),
        (HttpMethod.Get, "/v1/numbers", null),
        (HttpMethod.Get, "/v1/numbers/+442079460000", null),
        (HttpMethod.Get, "/v1/fraud/lists", null),
        (HttpMethod.Post, "/v1/applications", new { id = "other", name = "Other", scopes = (string[])["verifications:read"] }),
    ];

    [Fact]
    public async Task Services_that_start_first_say_what_they_lack_and_serve_once_it_is_there()
    {
        await using var platform = await ReplicatedPlatform.CreateAsync(replicas: 1);
        foreach (var program in platform.All)
            program.Start();
        await Task.WhenAll(platform.All.Select(program => program.LivesAsync()));
        foreach (var program in platform.All)
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadinessOf(program));
        using (var early = ReplicatedPlatform.Http(platform.Gateways.Single(), "fck_nobody-knows-yet-0123456789abcdefghijklmn"))
        using (var refused = await early.GetAsync("/v1/verifications"))
            await AssertUnavailableAsync(refused);

        // The database server comes up empty, and is prepared; the broker is the last.
        platform.Postgres.Open();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadinessOf(platform.ReplicasOf("verification").Single()));
        await platform.PrepareAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadinessOf(platform.ReplicasOf("verification").Single()));
        platform.RabbitMq.Open();
        platform.Handset.Start();
        await Task.WhenAll(platform.All.Append(platform.Handset).Select(program => program.ReadyAsync()));
        await platform.AddApplicationAsync();
        await VerifyOneAsync(platform);

        using var client = ReplicatedPlatform.Http(platform.Gateways.Single(), platform.Key);
        await platform.Postgres.CloseAsync();
        foreach (var (method, path, body) in Requests)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            using var answer = await client.SendAsync(request);
            await AssertUnavailableAsync(answer);
        }
        platform.Postgres.Open();
        await Task.WhenAll(platform.All.Select(program => program.ReadyAsync()));
        await VerifyOneAsync(platform);
        foreach (var program in platform.All)
            Assert.DoesNotContain("An unhandled exception has occurred", program.Log, StringComparison.Ordinal);
    }

    private static async Task VerifyOneAsync(ReplicatedPlatform platform)
    {
        await using var clients = SteadyClients.Start(platform, TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => clients.Verified > 0 || clients.Errors.Count > 0, "a session is verified", Patience);
        await clients.FinishAsync();
        Assert.Empty(clients.Errors);
    }

    private static async Task<HttpStatusCode> ReadinessOf(Program program)
    {
        using var http = new HttpClient { BaseAddress = program.Address };
        using var answer = await http.GetAsync("/health/ready");
        return answer.StatusCode;
    }

    private static async Task AssertUnavailableAsync(HttpResponseMessage answer)
    {
        var said = await answer.Content.ReadAsStringAsync();
        Assert.True(
            answer.StatusCode == HttpStatusCode.ServiceUnavailable,
            $"{answer.RequestMessage?.RequestUri} was answered {(int)answer.StatusCode}: {said}");
        Assert.Equal("unavailable", JsonSerializer.Deserialize<JsonElement>(said).GetProperty("code").GetString());
        Assert.InRange(answer.Headers.RetryAfter?.Delta?.TotalSeconds ?? 0, 1, 10);
    }
}
