using System.Net;
using System.Net.Http.Json;
using FlashCall.Gateway.Applications;
using Microsoft.AspNetCore.Http;

namespace FlashCall.Gateway.Tests.Edge;

/// <summary>What a browser lets web pages do: it asks first, and shows a page only what it may read (Fetch standard §4.8 to §4.10).</summary>
public sealed class CrossOriginTests
{
    private const string Shop = "https://shop.example";
    private const string Bank = "https://bank.example:8443";

    [Fact]
    public async Task A_page_of_the_applications_origin_starts_follows_and_reads_what_it_needs()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        upstream.Answer = context =>
        {
            context.Response.StatusCode = context.Request.Method == "POST" ? 201 : 200;
            context.Response.Headers.ETag = "\"5\"";
            context.Response.Headers.Location = "/v1/verifications/1";
            context.Response.Headers["Preference-Applied"] = "wait=5";
            return context.Response.WriteAsJsonAsync(new { });
        };
        var (gateway, shop, _) = await StartAsync(upstream);
        await using var _1 = gateway;
        var session = Guid.CreateVersion7();
        var page = new Page(gateway, Shop);

        var started = await page.FetchAsync(HttpMethod.Post, "/v1/verifications", shop.Key.ApiKey, "Idempotency-Key", "Prefer", "Content-Type");
        var read = await page.FetchAsync(
            HttpMethod.Get, $"/v1/verifications/{session}", RunningGateway.ClientToken(shop.Id, session), "If-None-Match", "Prefer");
        var events = await page.FetchAsync(
            HttpMethod.Get, $"/v1/verifications/{session}/events", RunningGateway.ClientToken(shop.Id, session), "Last-Event-ID");

        Assert.Equal([HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.OK], [started.Status, read.Status, events.Status]);
        Assert.Equal(
            ["\"5\"", "/v1/verifications/1", "wait=5"],
            ((string[])["ETag", "Location", "Preference-Applied"]).Select(name => started.Headers[name]));
        Assert.Contains("r=", read.Headers["RateLimit"], StringComparison.Ordinal);
        Assert.Contains("q=", read.Headers["RateLimit-Policy"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_learns_why_it_was_refused()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var (gateway, shop, _) = await StartAsync(upstream);
        await using var _1 = gateway;
        var page = new Page(gateway, Shop);

        var none = await page.FetchAsync(HttpMethod.Get, "/v1/verifications/1", key: null);
        var wrong = await page.FetchAsync(HttpMethod.Get, "/v1/verifications/1", "fck_wrong");
        var over = await page.FetchAsync(
            HttpMethod.Get, "/v1/verifications/1", RunningGateway.ClientToken(shop.Id, Guid.NewGuid(), TimeSpan.FromSeconds(-1)));
        var foreign = await page.FetchAsync(
            HttpMethod.Get, $"/v1/verifications/{Guid.NewGuid()}", RunningGateway.ClientToken(shop.Id, Guid.NewGuid()));
        var scope = await page.FetchAsync(HttpMethod.Get, "/v1/trunks", shop.Key.ApiKey);

        Assert.Equal([401, 401, 401, 404, 403], ((Answer[])[none, wrong, over, foreign, scope]).Select(answer => (int)answer.Status));
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("http://shop.example")]
    [InlineData("https://shop.example:444")]
    [InlineData("https://shop.example.evil.example")]
    [InlineData("https://xshop.example")]
    [InlineData("https://shop.example/")]
    [InlineData("*")]
    public async Task A_page_of_another_origin_may_ask_nothing(string origin)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var (gateway, shop, _) = await StartAsync(upstream);
        await using var _1 = gateway;

        await Assert.ThrowsAsync<BlockedByBrowserException>(() =>
            new Page(gateway, origin).FetchAsync(HttpMethod.Get, "/v1/verifications/1", shop.Key.ApiKey));
        Assert.Empty(upstream.Received);
    }

    [Fact]
    public async Task A_page_of_another_applications_origin_reads_nothing()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var (gateway, shop, bank) = await StartAsync(upstream);
        await using var _1 = gateway;

        await Assert.ThrowsAsync<BlockedByBrowserException>(() =>
            new Page(gateway, Bank).FetchAsync(HttpMethod.Get, "/v1/verifications/1", shop.Key.ApiKey));
        var own = await new Page(gateway, Bank).FetchAsync(HttpMethod.Get, "/v1/verifications/1", bank.Key.ApiKey);

        Assert.Equal(HttpStatusCode.OK, own.Status);
    }

    [Fact]
    public async Task A_preflight_is_answered_without_a_credential_and_reaches_no_service()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var (gateway, _, _) = await StartAsync(upstream);
        await using var _1 = gateway;
        using var preflight = Page.Preflight(Shop, "/v1/verifications", "POST", ["authorization", "x-evil"]);

        using var response = await gateway.Client.SendAsync(preflight);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.DoesNotContain("x-evil", Page.ListOf(response, "Access-Control-Allow-Headers"), StringComparer.OrdinalIgnoreCase);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Credentials"));
        Assert.Contains("Origin", response.Headers.Vary);
        Assert.Equal("600", Assert.Single(response.Headers.GetValues("Access-Control-Max-Age")));
        Assert.Empty(upstream.Received);
    }

    [Fact]
    public async Task An_answer_to_no_page_says_nothing_of_origins()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var (gateway, shop, _) = await StartAsync(upstream);
        await using var _1 = gateway;

        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1", shop.Key.ApiKey);

        Assert.DoesNotContain(response.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    private static async Task<(RunningGateway Gateway, (string Id, NewKey Key) Shop, (string Id, NewKey Key) Bank)> StartAsync(Upstream upstream)
    {
        var database = await GatewayDatabase.SharedAsync();
        var (shop, bank) = ($"c-{Guid.NewGuid():N}", $"c-{Guid.NewGuid():N}");
        var shopKey = await database.AddAsync(shop, Document(Shop));
        var bankKey = await database.AddAsync(bank, Document(Bank));
        return (await RunningGateway.StartAsync(upstream.Address), (shop, shopKey), (bank, bankKey));
    }

    private static ApplicationDocument Document(string origin) => new()
    {
        Name = "Page",
        Scopes = ["verifications:read", "verifications:write"],
        AllowedOrigins = [origin],
        RateLimits = new LimitsDocument
        {
            Requests = new RateDocument { Permits = RateLimit.MostPermits },
            ClientToken = new RateDocument { Permits = RateLimit.MostPermits },
        },
    };

    private sealed record Answer(HttpStatusCode Status, IReadOnlyDictionary<string, string> Headers);

    private sealed class BlockedByBrowserException(string why) : Exception(why);

    /// <summary>A web page as the browser has it, without credentials mode.</summary>
    private sealed class Page(RunningGateway gateway, string origin)
    {
        private static readonly string[] SafelistedHeaders = ["Cache-Control", "Content-Language", "Content-Length", "Content-Type"];

        public async Task<Answer> FetchAsync(HttpMethod method, string path, string? key, params string[] headers)
        {
            List<string> asked = [.. headers, .. key is null ? Array.Empty<string>() : ["Authorization"]];
            using var preflight = Preflight(origin, path, method.Method, asked);
            using var permission = await gateway.Client.SendAsync(preflight);
            if (!permission.IsSuccessStatusCode || !IsAllowed(permission))
                throw new BlockedByBrowserException("The preflight does not allow the origin.");
            if (method != HttpMethod.Get && method != HttpMethod.Post && !ListOf(permission, "Access-Control-Allow-Methods").Contains(method.Method))
                throw new BlockedByBrowserException($"The preflight does not allow {method}.");
            if (asked.Except(ListOf(permission, "Access-Control-Allow-Headers"), StringComparer.OrdinalIgnoreCase).ToList() is [var first, ..])
                throw new BlockedByBrowserException($"The preflight does not allow {first}.");

            using var request = RunningGateway.Request(method, path, key, method == HttpMethod.Post ? JsonContent.Create(new { }) : null);
            request.Headers.Add("Origin", origin);
            foreach (var header in headers.Except(["Content-Type"]))
                Assert.True(request.Headers.TryAddWithoutValidation(header, "\"1\""));
            using var response = await gateway.Client.SendAsync(request);
            if (!IsAllowed(response))
                throw new BlockedByBrowserException("The answer does not allow the origin.");
            var shown = ListOf(response, "Access-Control-Expose-Headers").Concat(SafelistedHeaders).ToHashSet(StringComparer.OrdinalIgnoreCase);
            return new Answer(response.StatusCode, response.Headers.Where(header => shown.Contains(header.Key))
                .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
        }

        public static HttpRequestMessage Preflight(string origin, string path, string method, IEnumerable<string> headers)
        {
            var request = new HttpRequestMessage(HttpMethod.Options, path);
            request.Headers.Add("Origin", origin);
            request.Headers.Add("Access-Control-Request-Method", method);
            request.Headers.Add("Access-Control-Request-Headers", string.Join(',', headers.Select(header => header.ToLowerInvariant()).Order()));
            return request;
        }

        public static IReadOnlyList<string> ListOf(HttpResponseMessage response, string header) =>
            response.Headers.TryGetValues(header, out var values)
                ? [.. values.SelectMany(value => value.Split(',')).Select(value => value.Trim())]
                : [];

        private bool IsAllowed(HttpResponseMessage response) =>
            response.Headers.TryGetValues("Access-Control-Allow-Origin", out var allowed) && allowed.SequenceEqual([origin]);
    }
}
