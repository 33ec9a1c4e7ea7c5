using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using FlashCall.Gateway.Webhooks;

namespace FlashCall.Gateway.Tests.Webhooks;

/// <summary>What applications do with their webhooks.</summary>
public sealed class WebhookApiTests
{
    [Fact]
    public async Task A_webhook_is_added_read_replaced_and_removed()
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));
        var (added, location, tag) = await AddAsync(gateway, """{"url":"https://shop.example/hooks"}""");
        Assert.Equal($"/v1/webhooks/{added.GetProperty("id").GetString()}", location);
        Assert.Equal(
            ("https://shop.example/hooks", "verification.ended", true),
            (added.GetProperty("url").GetString(), added.GetProperty("events").EnumerateArray().Single().GetString(),
                added.GetProperty("enabled").GetBoolean()));
        var secret = added.GetProperty("secret").GetString()!;
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(secret["whsec_".Length..]).Length);

        // Shown once.
        var read = await OfAsync(await gateway.SendAsync(HttpMethod.Get, location), HttpStatusCode.OK);
        Assert.False(read.TryGetProperty("secret", out _));
        var listed = await OfAsync(await gateway.SendAsync(HttpMethod.Get, "/v1/webhooks"), HttpStatusCode.OK);
        Assert.Contains(listed.GetProperty("items").EnumerateArray(),
            item => item.GetProperty("id").GetString() == added.GetProperty("id").GetString() && !item.TryGetProperty("secret", out _));

        var replaced = await PutAsync(gateway, location, """{"url":"https://shop.example/other","enabled":false}""", tag);
        var changed = await OfAsync(replaced, HttpStatusCode.OK);
        Assert.Equal(
            ("https://shop.example/other", false),
            (changed.GetProperty("url").GetString(), changed.GetProperty("enabled").GetBoolean()));
        var stale = await Problem.OfAsync(await PutAsync(gateway, location, """{"url":"https://shop.example/third"}""", tag));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "webhook_changed"), (stale.Status, stale.Code));

        var rotated = await OfAsync(await gateway.SendAsync(HttpMethod.Post, $"{location}/rotate-secret"), HttpStatusCode.OK);
        Assert.NotEqual(secret, rotated.GetProperty("secret").GetString());
        Assert.True(rotated.TryGetProperty("previousSecretUntil", out _));

        Assert.Equal(HttpStatusCode.NoContent, (await gateway.SendAsync(HttpMethod.Delete, location)).StatusCode);
        var gone = await Problem.OfAsync(await gateway.SendAsync(HttpMethod.Get, location));
        Assert.Equal((HttpStatusCode.NotFound, "webhook_not_found"), (gone.Status, gone.Code));
    }

    [Fact]
    public async Task Another_application_s_webhooks_are_not_there()
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));
        var (_, location, _) = await AddAsync(gateway, """{"url":"https://shop.example/hooks"}""");
        var delivery = $"{location}/deliveries/{Guid.CreateVersion7()}";
        HttpRequestMessage[] requests =
        [
            RunningGateway.Request(HttpMethod.Get, location, RunningGateway.WriteKey),
            RunningGateway.Request(HttpMethod.Put, location, RunningGateway.WriteKey, Json("""{"url":"https://evil.example/"}""")),
            RunningGateway.Request(HttpMethod.Delete, location, RunningGateway.WriteKey),
            RunningGateway.Request(HttpMethod.Post, $"{location}/rotate-secret", RunningGateway.WriteKey),
            RunningGateway.Request(HttpMethod.Get, $"{location}/deliveries", RunningGateway.WriteKey),
            RunningGateway.Request(HttpMethod.Get, delivery, RunningGateway.WriteKey),
            RunningGateway.Request(HttpMethod.Post, $"{delivery}/redeliver", RunningGateway.WriteKey),
        ];
        foreach (var request in requests)
        {
            var problem = await Problem.OfAsync(await gateway.Client.SendAsync(request));
            Assert.Equal((HttpStatusCode.NotFound, "webhook_not_found"), (problem.Status, problem.Code));
        }
        Assert.Equal(HttpStatusCode.OK, (await gateway.SendAsync(HttpMethod.Get, location)).StatusCode);
    }

    [Fact]
    public async Task Only_those_who_may_start_verifications_have_webhooks()
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));
        foreach (var (key, status) in new[] { (null, 401), (RunningGateway.ReadKey, 403), (RunningGateway.OperatorKey, 403) })
        {
            foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post])
                Assert.Equal(status, (int)(await gateway.SendAsync(method, "/v1/webhooks", key)).StatusCode);
        }
    }

    [Fact]
    public async Task What_is_wrong_is_named()
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));
        (string Document, string Field)[] wrong =
        [
            ("""{}""", "url"),
            ("""{"url":"http://shop.example/"}""", "url"),
            ("""{"url":"https://10.0.0.1/"}""", "url"),
            ("""{"url":"https://shop.example/","events":[]}""", "events"),
            ("""{"url":"https://shop.example/","events":["verification.begun"]}""", "events"),
            ("""{"url":"https://shop.example/","events":[null]}""", "events"),
            ("""{"url":"https://shop.example/","enabeld":false}""", "enabeld"),
        ];
        foreach (var (document, field) in wrong)
        {
            using var response = await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks", content: Json(document));
            var problem = await OfAsync(response, HttpStatusCode.UnprocessableEntity);
            Assert.Equal("validation_failed", problem.GetProperty("code").GetString());
            Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.ToString());
        }

        var (_, location, _) = await AddAsync(gateway, """{"url":"https://shop.example/hooks"}""");
        foreach (var (query, field) in new[]
            { ("status=lost", "status"), ("limit=0", "limit"), ("limit=101", "limit"), ("limit=ten", "limit"), ("after=5", "after") })
        {
            using var response = await gateway.SendAsync(HttpMethod.Get, $"{location}/deliveries?{query}");
            var problem = await OfAsync(response, HttpStatusCode.UnprocessableEntity);
            Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.ToString());
        }
    }

    [Fact]
    public async Task An_application_has_at_most_20_however_many_it_adds_at_once()
    {
        await using var database = await GatewayDatabase.CreateAsync();
        await using var gateway = await RunningGateway.StartAsync(database, [new Uri("http://127.0.0.1:1")]);
        var responses = await Task.WhenAll(Enumerable.Range(0, Webhook.MostOfApplication + 5).Select(_ =>
            gateway.SendAsync(HttpMethod.Post, "/v1/webhooks", content: Json("""{"url":"https://shop.example/hooks"}"""))));
        Assert.Equal(Webhook.MostOfApplication, responses.Count(response => response.StatusCode == HttpStatusCode.Created));
        Assert.All(
            responses.Where(response => response.StatusCode != HttpStatusCode.Created),
            response => Assert.Equal(HttpStatusCode.Conflict, response.StatusCode));
    }

    [Fact]
    public async Task The_database_does_not_give_a_secret_away_and_a_removed_application_takes_all_with_it()
    {
        await using var database = await GatewayDatabase.CreateAsync();
        await using var gateway = await RunningGateway.StartAsync(database, [new Uri("http://127.0.0.1:1")]);
        var (added, _, _) = await AddAsync(gateway, """{"url":"https://shop.example/hooks"}""");
        var secret = Convert.FromBase64String(added.GetProperty("secret").GetString()!["whsec_".Length..]);
        await using (var rows = database.Data.CreateCommand("select secret from webhooks"))
        {
            var stored = (byte[])(await rows.ExecuteScalarAsync())!;
            Assert.Equal(-1, stored.AsSpan().IndexOf(secret));
        }
        await database.ExecuteAsync("delete from applications where id = 'everything'");
        await using var count = database.Data.CreateCommand("select count(*) from webhooks");
        Assert.Equal(0L, await count.ExecuteScalarAsync());
    }

    private static StringContent Json(string document) => new(document, new MediaTypeHeaderValue("application/json"));

    private static async Task<(JsonElement View, string Location, string Tag)> AddAsync(RunningGateway gateway, string document)
    {
        using var response = await gateway.SendAsync(HttpMethod.Post, "/v1/webhooks", content: Json(document));
        var view = await OfAsync(response, HttpStatusCode.Created);
        return (view, response.Headers.Location!.ToString(), response.Headers.ETag!.Tag);
    }

    private static Task<HttpResponseMessage> PutAsync(RunningGateway gateway, string location, string document, string tag)
    {
        var request = RunningGateway.Request(HttpMethod.Put, location, content: Json(document));
        request.Headers.Add("If-Match", tag);
        return gateway.Client.SendAsync(request);
    }

    private static async Task<JsonElement> OfAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode}: {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }
}
