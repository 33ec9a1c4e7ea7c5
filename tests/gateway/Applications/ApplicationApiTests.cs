using System.Net;
using System.Text.Json;

namespace FlashCall.Gateway.Tests.Applications;

/// <summary>Admins add, change and remove applications and their keys.</summary>
public sealed class ApplicationApiTests
{
    private static readonly Uri Nowhere = new("http://127.0.0.1:1");

    [Fact]
    public async Task An_application_is_added_with_a_key_that_is_shown_once_and_works_at_once()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        var (admin, id) = (new Admin(gateway), Admin.NewId());

        using var response = await admin.PostAsync("/v1/applications", new
        {
            id,
            name = "Web shop",
            scopes = (string[])["verifications:write", "verifications:read"],
            minimumAuthorization = "signed",
            rateLimits = new { requests = new { permits = 10, per = "00:00:30" } },
            allowedOrigins = (string[])["https://shop.example", "http://localhost:5173"],
            policies = new { login = new { ringTime = "00:00:05", maxReports = 2 }, lead_validation = new { onSecondSession = "refuse" } },
            sinch = new { callbackUrl = "https://shop.example/calls" },
        });

        var added = await Admin.ReadAsync(response, HttpStatusCode.Created);
        Assert.Equal($"/v1/applications/{id}", response.Headers.Location?.ToString());
        Assert.Equal($"\"{added.GetProperty("version").GetInt64()}\"", response.Headers.ETag?.Tag);
        var key = added.GetProperty("key");
        Assert.Matches(@"\Afck_[A-Za-z0-9_-]{43}\z", key.GetProperty("apiKey").GetString());
        Assert.Equal(32, key.GetProperty("signingSecret").GetBytesFromBase64().Length);
        Assert.Equal(7, key.GetProperty("id").GetGuid().Version);

        var shown = await Admin.ReadAsync(await admin.GetAsync($"/v1/applications/{id}"));
        Assert.Equal(
            $$$"""
            {"id":"{{{id}}}","name":"Web shop","scopes":["verifications:write","verifications:read"],"minimumAuthorization":"signed",
            "rateLimits":{"requests":{"permits":10,"per":"00:00:30"},"clientToken":{"permits":60,"per":"00:01:00"}},
            "allowedOrigins":["https://shop.example","http://localhost:5173"],
            "policies":{"login":{"ringTime":"00:00:05","maxReports":2},"lead_validation":{"onSecondSession":"refuse"}},
            "sinch":{"callbackUrl":"https://shop.example/calls"},"version":{{{added.GetProperty("version")}}},
            """.ReplaceLineEndings(""),
            shown.GetRawText()[..(shown.GetRawText().IndexOf("\"createdAt\"", StringComparison.Ordinal))]);
        Assert.Equal("admin", shown.GetProperty("changedBy").GetString());
        Assert.DoesNotContain("fck_", shown.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_an_application_lets_it_in_until_it_is_revoked_and_the_last_may_go()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        var (admin, id) = (new Admin(gateway), Admin.NewId());
        var first = (await admin.AddAsync(id)).GetProperty("key");
        var second = await Admin.ReadAsync(
            await admin.PostAsync($"/v1/applications/{id}/keys", new { name = "Second" }), HttpStatusCode.Created);

        Assert.Equal(HttpStatusCode.OK, await CallAsync(gateway, first));
        Assert.Equal(HttpStatusCode.OK, await CallAsync(gateway, second));
        Assert.Equal([id, id], upstream.Received.Select(received => received.Application));

        Assert.Equal(
            HttpStatusCode.NoContent, (await admin.DeleteAsync($"/v1/applications/{id}/keys/{first.GetProperty("id")}")).StatusCode);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await CallAsync(gateway, first), await CallAsync(gateway, second)));
        var listed = await Admin.ReadAsync(await admin.GetAsync($"/v1/applications/{id}/keys"));
        var left = Assert.Single(listed.GetProperty("items").EnumerateArray());
        Assert.Equal(
            ["active", "createdAt", "createdBy", "id", "name"],
            left.EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal));

        Assert.Equal(
            HttpStatusCode.NoContent, (await admin.DeleteAsync($"/v1/applications/{id}/keys/{second.GetProperty("id")}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync(gateway, second));
        using var again = await admin.DeleteAsync($"/v1/applications/{id}/keys/{second.GetProperty("id")}");
        Assert.Equal("key_not_found", (await Problem.OfAsync(again)).Code);
    }

    [Fact]
    public async Task What_is_replaced_counts_with_the_next_request_and_needs_the_version_that_was_read()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        var (admin, id) = (new Admin(gateway), Admin.NewId());
        var added = await admin.AddAsync(id);
        var shown = await Admin.ReadAsync(await admin.GetAsync($"/v1/applications/{id}"));

        // What was read goes back with one change, read-only fields and all.
        var document = JsonSerializer.Deserialize<Dictionary<string, object>>(shown)!;
        document["scopes"] = (string[])["verifications:write"];
        using var changed = await admin.PutAsync($"/v1/applications/{id}", document, match: $"\"{shown.GetProperty("version")}\"");
        var after = await Admin.ReadAsync(changed);
        Assert.True(after.GetProperty("version").GetInt64() > shown.GetProperty("version").GetInt64());
        Assert.Equal($"\"{after.GetProperty("version")}\"", changed.Headers.ETag?.Tag);
        Assert.Equal(HttpStatusCode.Forbidden, await CallAsync(gateway, added.GetProperty("key")));

        using var late = await admin.PutAsync($"/v1/applications/{id}", document, match: $"\"{shown.GetProperty("version")}\"");
        var problem = await Problem.OfAsync(late);
        Assert.Equal((HttpStatusCode.PreconditionFailed, "application_changed"), (problem.Status, problem.Code));
        using var lateRemoval = await admin.DeleteAsync($"/v1/applications/{id}", match: $"\"{shown.GetProperty("version")}\"");
        Assert.Equal(HttpStatusCode.PreconditionFailed, lateRemoval.StatusCode);
        using var unreadable = await admin.PutAsync($"/v1/applications/{id}", document, match: "12");
        Assert.Equal(HttpStatusCode.BadRequest, unreadable.StatusCode);
    }

    [Fact]
    public async Task A_removed_application_is_nobody_and_may_be_added_anew()
    {
        await using var gateway = await RunningGateway.StartAsync(Nowhere);
        var (admin, id) = (new Admin(gateway), Admin.NewId());
        var first = await admin.AddAsync(id);

        using var twice = await admin.PostAsync("/v1/applications", new { id, name = "Another", scopes = (string[])["operations"] });
        Assert.Equal((HttpStatusCode.Conflict, "application_exists"), (twice.StatusCode, (await Problem.OfAsync(twice)).Code));
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"/v1/applications/{id}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync(gateway, first.GetProperty("key")));
        foreach (var gone in (HttpResponseMessage[])[
            await admin.GetAsync($"/v1/applications/{id}"), await admin.DeleteAsync($"/v1/applications/{id}"),
            await admin.PutAsync($"/v1/applications/{id}", new { name = "x", scopes = (string[])["operations"] }),
            await admin.GetAsync($"/v1/applications/{id}/keys"), await admin.PostAsync($"/v1/applications/{id}/keys", new { }),
            await admin.DeleteAsync($"/v1/applications/{id}/keys/{Guid.NewGuid()}"), await admin.GetAsync("/v1/applications/No%20Such"),
            await admin.DeleteAsync($"/v1/applications/{new string('a', 65)}")])
        {
            Assert.Equal("application_not_found", (await Problem.OfAsync(gone)).Code);
        }
        var second = await admin.AddAsync(id);
        Assert.True(second.GetProperty("version").GetInt64() > first.GetProperty("version").GetInt64());
        Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync(gateway, first.GetProperty("key")));
    }

    [Theory]
    [InlineData("POST", "/v1/applications")]
    [InlineData("GET", "/v1/applications")]
    [InlineData("GET", "/v1/applications/reader")]
    [InlineData("PUT", "/v1/applications/reader")]
    [InlineData("DELETE", "/v1/applications/reader")]
    [InlineData("POST", "/v1/applications/reader/keys")]
    [InlineData("GET", "/v1/applications/reader/keys")]
    [InlineData("DELETE", "/v1/applications/reader/keys/0199a1b2-0000-7000-8000-000000000001")]
    public async Task Nobody_but_an_admin_gets_there(string method, string path)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        foreach (var key in (string[])[RunningGateway.Key, RunningGateway.ReadKey, RunningGateway.OperatorKey])
        {
            using var response = await gateway.SendAsync(new HttpMethod(method), path, key);
            Assert.Equal("forbidden", (await Problem.OfAsync(response)).Code);
        }
        using var nobody = await gateway.SendAsync(new HttpMethod(method), path, key: null);
        Assert.Equal("unauthorized", (await Problem.OfAsync(nobody)).Code);
        Assert.Empty(upstream.Received);
    }

    [Fact]
    public async Task The_key_of_the_settings_is_for_applications_alone()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        foreach (var path in (string[])["/v1/verifications/1", "/v1/trunks", "/v1/fraud/lists"])
        {
            using var response = await gateway.SendAsync(HttpMethod.Get, path, RunningGateway.AdminKey);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        }
        Assert.Empty(upstream.Received);
        using var own = await new Admin(gateway).GetAsync("/v1/applications/admin");
        Assert.Equal("application_not_found", (await Problem.OfAsync(own)).Code);
    }

    [Fact]
    public async Task Without_a_key_in_the_settings_an_application_with_the_scope_is_admin()
    {
        await using var database = await GatewayDatabase.CreateAsync();
        await database.AddAsync("office", ["fck_office-6789abcdefghijklmnopqrstuvwxyz0123456"], ["admin"]);
        await using var gateway = await RunningGateway.StartAsync(database, [Nowhere], "--Gateway:AdminKeyHash=");

        var id = Admin.NewId();
        var added = await new Admin(gateway, "fck_office-6789abcdefghijklmnopqrstuvwxyz0123456").AddAsync(id);
        Assert.Equal("office", added.GetProperty("changedBy").GetString());
        using var refused = await new Admin(gateway).GetAsync("/v1/applications");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task An_application_has_at_most_twenty_keys()
    {
        await using var gateway = await RunningGateway.StartAsync(Nowhere);
        var (admin, id) = (new Admin(gateway), Admin.NewId());
        await admin.AddAsync(id);
        for (var i = 2; i <= 20; i++)
            Assert.Equal(HttpStatusCode.Created, (await admin.PostAsync($"/v1/applications/{id}/keys", new { })).StatusCode);

        using var response = await admin.PostAsync($"/v1/applications/{id}/keys", new { });

        Assert.Equal((HttpStatusCode.Conflict, "too_many_keys"), (response.StatusCode, (await Problem.OfAsync(response)).Code));
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=101", "limit")]
    [InlineData("?after=No+Id", "after")]
    public async Task A_page_that_cannot_be_is_refused(string query, string field)
    {
        await using var gateway = await RunningGateway.StartAsync(Nowhere);
        using var response = await new Admin(gateway).GetAsync("/v1/applications" + query);
        var problem = await Admin.ReadAsync(response, HttpStatusCode.UnprocessableEntity);
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _));
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_unread()
    {
        await using var gateway = await RunningGateway.StartAsync(Nowhere);
        using var response = await new Admin(gateway).PostAsync("/v1/applications", new { id = "big", name = new string('x', 70_000) });
        Assert.Equal("body_too_large", (await Problem.OfAsync(response)).Code);
    }

    private static async Task<HttpStatusCode> CallAsync(RunningGateway gateway, JsonElement key)
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1", key.GetProperty("apiKey").GetString());
        return response.StatusCode;
    }
}
