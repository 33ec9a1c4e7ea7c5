using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests.Trunks;

/// <summary>Operators change trunks while two replicas run. Each test has trunks of its own.</summary>
public sealed class TrunkApiTests(TrunkApiTests.Dialers dialers) : IClassFixture<TrunkApiTests.Dialers>
{
    private static int _number;
    private readonly string _name = $"carrier-{Interlocked.Increment(ref _number)}";

    private HttpClient First => dialers.First;

    private string Address => $"/v1/trunks/{_name}";

    [Fact]
    public async Task A_trunk_is_added_shown_replaced_and_removed()
    {
        using (var added = await PutAsync(Documents.Whole))
        {
            Assert.Equal((HttpStatusCode.Created, Address), (added.StatusCode, added.Headers.Location?.OriginalString));
            var view = await added.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal((_name, "active", "api", "operator", 0), (Text(view, "name"), Text(view, "state"), Text(view, "origin"),
                Text(view, "changedBy"), view.GetProperty("callsUnderWay").GetInt32()));
            Assert.Equal($"\"{view.GetProperty("version").GetInt64()}\"", added.Headers.ETag?.Tag);
            var put = JsonSerializer.Deserialize<JsonElement>(Documents.Whole);
            Assert.True(JsonElement.DeepEquals(put, view.GetProperty("configuration")));
        }
        Assert.Contains(_name, await ListAsync());

        // What is shown is what can be put.
        var shown = (await ReadAsync()).GetProperty("configuration").GetRawText();
        using (var replaced = await PutAsync(shown.Replace("\"weight\":3", "\"weight\":4", StringComparison.Ordinal)))
            Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        Assert.Equal(4, (await ReadAsync()).GetProperty("configuration").GetProperty("weight").GetInt32());
        Assert.Equal(4, dialers.FirstReplica.Trunks.Current.Trunks[_name].Weight);

        using (var removed = await First.DeleteAsync(Address))
            Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        using (var gone = await First.GetAsync(Address))
            Assert.Equal((404, "trunk_not_found"), await ProblemAsync(gone));
        Assert.DoesNotContain(_name, await ListAsync());
        Assert.False(dialers.FirstReplica.Trunks.Current.Trunks.ContainsKey(_name));

        using var again = await PutAsync("""{ "addresses": ["h"] }""");
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
    }

    [Fact]
    public async Task Every_replica_sees_a_change_within_three_seconds()
    {
        var within = TimeSpan.FromSeconds(3);
        (await PutAsync("""{ "addresses": ["one"] }""")).Dispose();
        Assert.Equal(["one"], dialers.FirstReplica.Trunks.Current.Trunks[_name].Addresses);
        await Eventually.TrueAsync(() => Other()?.Addresses is ["one"], "the other replica has the trunk", within);

        (await First.PostAsync($"{Address}/drain", content: null)).Dispose();
        Assert.Equal(TrunkState.Draining, dialers.FirstReplica.Trunks.Current.Trunks[_name].State);
        await Eventually.TrueAsync(() => Other()?.State == TrunkState.Draining, "the other replica drains", within);

        (await dialers.Second.DeleteAsync(Address)).Dispose();
        Assert.Null(Other());
        await Eventually.TrueAsync(
            () => !dialers.FirstReplica.Trunks.Current.Trunks.ContainsKey(_name), "the first replica has lost it", within);

        Trunk? Other() => dialers.SecondReplica.Trunks.Current.Trunks.GetValueOrDefault(_name);
    }

    [Fact]
    public async Task A_trunk_is_drained_and_activated_and_stays_so_when_it_is_replaced()
    {
        (await PutAsync("""{ "addresses": ["one"] }""")).Dispose();
        var drained = await PostAsync("drain");
        Assert.Equal("draining", Text(drained, "state"));
        Assert.Equal(drained.GetProperty("version").GetInt64(), (await PostAsync("drain")).GetProperty("version").GetInt64());

        (await PutAsync("""{ "addresses": ["two"] }""")).Dispose();
        Assert.Equal("draining", Text(await ReadAsync(), "state"));
        Assert.Equal("active", Text(await PostAsync("activate"), "state"));
    }

    [Fact]
    public async Task A_trunk_with_calls_under_way_is_not_removed()
    {
        (await PutAsync("""{ "addresses": ["h"] }""")).Dispose();
        await dialers.ExecuteAsync(
            "insert into attempts (attempt_id, verification_id, trunk) "
            + $"select gen_random_uuid(), gen_random_uuid(), '{_name}' from generate_series(1, 3)");
        Assert.Equal(3, (await ReadAsync()).GetProperty("callsUnderWay").GetInt32());

        using (var refused = await First.DeleteAsync(Address))
        {
            var detail = await DetailAsync(refused, 409, "calls_under_way");
            Assert.Contains("3 calls are under way on the trunk. Drain it first", detail, StringComparison.Ordinal);
        }
        await PostAsync("drain");
        using (var draining = await First.DeleteAsync(Address))
        {
            var detail = await DetailAsync(draining, 409, "calls_under_way");
            Assert.Contains("try again when they have ended", detail, StringComparison.Ordinal);
        }

        await dialers.ExecuteAsync($"update attempts set ended_at = now(), disposition = 'Rang' where trunk = '{_name}'");
        using var removed = await First.DeleteAsync(Address);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
    }

    [Fact]
    public async Task A_bad_change_is_refused_whole_and_every_mistake_named()
    {
        (await PutAsync("""{ "addresses": ["one"], "weight": 2 }""")).Dispose();
        var before = await ReadAsync();

        using var refused = await PutAsync(
            """
            { "addresses": ["two", "h:0"], "weight": 7, "wieght": 3, "ringTimeSeconds": 99, "headers": { "From": "x" },
              "destinations": [{ "prefix": "44" }], "credentials": { "username": "u" } }
            """);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("validation_failed", Text(problem, "code"));
        Assert.Equal(
            ["addresses[1]", "credentials.password", "destinations[0].prefix", "headers.From", "ringTimeSeconds", "wieght"],
            problem.GetProperty("errors").EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal));
        var after = await ReadAsync();
        // How the trunk is now may change at any time.
        Assert.Equal(
            before.EnumerateObject().Where(field => field.Name != "now").Select(field => field.ToString()),
            after.EnumerateObject().Where(field => field.Name != "now").Select(field => field.ToString()));
        Assert.Equal(2, dialers.FirstReplica.Trunks.Current.Trunks[_name].Weight);
    }

    [Theory]
    [InlineData("""{ "addresses": ["h"], "weight": "heavy" }""", 400, "malformed_json")]
    [InlineData("""{ "addresses": ["h"], "weight": 1, "weight": 2 }""", 400, "malformed_json")]
    [InlineData("""{ "addresses": "h" }""", 400, "malformed_json")]
    [InlineData("""{ "addresses": ["h"], "ringTimeSeconds": "3" }""", 400, "malformed_json")]
    [InlineData("""{ "addresses": ["h"], "credentials": { "username": "u", "password": 1 } }""", 400, "malformed_json")]
    [InlineData("null", 400, "bad_request")]
    [InlineData("""["h"]""", 400, "malformed_json")]
    [InlineData("{}", 422, "validation_failed")]
    public async Task What_is_no_trunk_is_not_stored(string body, int status, string code)
    {
        using var refused = await PutAsync(body);
        Assert.Equal((status, code), await ProblemAsync(refused));
        using var missing = await First.GetAsync(Address);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Theory]
    [InlineData("Carrier")]
    [InlineData("-carrier")]
    [InlineData("a%20b")]
    [InlineData("a%2Fb")]
    public async Task A_name_that_is_none_is_refused(string name)
    {
        using var refused = await First.PutAsync($"/v1/trunks/{name}", Json("""{ "addresses": ["h"] }"""));
        Assert.Equal((422, "validation_failed"), await ProblemAsync(refused));
    }

    [Fact]
    public async Task A_change_can_be_made_to_the_version_that_was_read_alone()
    {
        using var added = await PutAsync("""{ "addresses": ["one"] }""", ("If-None-Match", "*"));
        Assert.Equal(HttpStatusCode.Created, added.StatusCode);
        var version = added.Headers.ETag!.Tag;
        using (var exists = await PutAsync("""{ "addresses": ["two"] }""", ("If-None-Match", "*")))
            Assert.Equal((412, "trunk_exists"), await ProblemAsync(exists));
        using (var changed = await PutAsync("""{ "addresses": ["two"] }""", ("If-Match", version)))
            Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        using (var stale = await PutAsync("""{ "addresses": ["three"] }""", ("If-Match", version)))
            Assert.Contains("changed by operator", await DetailAsync(stale, 412, "trunk_changed"), StringComparison.Ordinal);
        using (var any = await PutAsync("""{ "addresses": ["four"] }""", ("If-Match", $"\"0\", {version}, *")))
            Assert.Equal(HttpStatusCode.OK, any.StatusCode);
        using (var malformed = await PutAsync("""{ "addresses": ["five"] }""", ("If-Match", "12")))
            Assert.Equal((400, "bad_request"), await ProblemAsync(malformed));
        Assert.Equal("four", (await ReadAsync()).GetProperty("configuration").GetProperty("addresses")[0].GetString());

        using var unknown = await First.SendAsync(Request(HttpMethod.Put, $"{Address}-x", """{ "addresses": ["h"] }""", ("If-Match", "*")));
        Assert.Equal((412, "trunk_not_found"), await ProblemAsync(unknown));
        using var remove = await First.SendAsync(Request(HttpMethod.Delete, Address, body: null, ("If-Match", version)));
        Assert.Equal((412, "trunk_changed"), await ProblemAsync(remove));
    }

    [Fact]
    public async Task A_secret_is_kept_until_it_is_replaced_or_removed_and_never_shown()
    {
        var shown = new StringBuilder();
        await ShowAsync(await PutAsync("""{ "addresses": ["h"], "credentials": { "username": "u", "password": "hush-1" } }"""));
        Assert.Equal("hush-1", Stored()?.Password);

        // What was shown, put again, keeps the secret.
        await ShowAsync(await PutAsync((await ReadAsync()).GetProperty("configuration").GetRawText()));
        Assert.Equal("hush-1", Stored()?.Password);
        Assert.Equal("""["credentials.password"]""", (await ReadAsync()).GetProperty("secrets").GetRawText());

        await ShowAsync(await PutAsync("""{ "addresses": ["h"], "credentials": { "username": "u", "password": "hush-2" } }"""));
        Assert.Equal("hush-2", Stored()?.Password);
        using (var removed = await PutAsync("""{ "addresses": ["h"], "credentials": { "username": "u", "password": null } }"""))
            Assert.Equal((422, "validation_failed"), await ProblemAsync(removed));
        await ShowAsync(await PutAsync("""{ "addresses": ["h"], "credentials": { "username": null, "password": null } }"""));
        Assert.Null(Stored());
        Assert.Empty((await ReadAsync()).GetProperty("secrets").EnumerateArray());
        using (var forgotten = await PutAsync("""{ "addresses": ["h"], "credentials": { "username": "u" } }"""))
            Assert.Equal((422, "validation_failed"), await ProblemAsync(forgotten));

        shown.Append(await First.GetStringAsync("/v1/trunks"));
        Assert.DoesNotContain("hush", shown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hush", await dialers.TableAsync(), StringComparison.Ordinal);

        TrunkCredentials? Stored() => dialers.FirstReplica.Trunks.Current.Trunks[_name].Credentials;

        async Task ShowAsync(HttpResponseMessage response)
        {
            using (response)
            {
                Assert.True(response.IsSuccessStatusCode);
                shown.Append(await response.Content.ReadAsStringAsync()).Append(await First.GetStringAsync(Address));
            }
        }
    }

    [Fact]
    public async Task A_key_goes_with_its_certificate()
    {
        var (certificate, key) = Documents.NewCertificate();
        var (other, _) = Documents.NewCertificate();
        (await PutAsync(Tls(new { clientCertificate = certificate, clientKey = key }))).Dispose();
        (await PutAsync(Tls(new { clientCertificate = certificate, serverName = "h" }))).Dispose();
        Assert.Equal(key, dialers.FirstReplica.Trunks.Current.Trunks[_name].Tls?.ClientKey);
        Assert.DoesNotContain("PRIVATE", await First.GetStringAsync(Address), StringComparison.Ordinal);

        using (var mismatch = await PutAsync(Tls(new { clientCertificate = other })))
            Assert.Contains("tls.clientKey", await DetailAsync(mismatch, 422, "validation_failed"), StringComparison.Ordinal);
        (await PutAsync(Tls(new { serverName = "h" }))).Dispose();
        Assert.Empty((await ReadAsync()).GetProperty("secrets").EnumerateArray());

        static string Tls(object tls) => $$"""{ "addresses": ["h"], "transport": "tls", "tls": {{JsonSerializer.Serialize(tls)}} }""";
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "/drain")]
    [InlineData("POST", "/activate")]
    [InlineData("DELETE", "")]
    public async Task A_trunk_that_is_not_there_is_not_found(string method, string path)
    {
        using var response = await First.SendAsync(Request(new HttpMethod(method), Address + path, body: null));
        Assert.Equal((404, "trunk_not_found"), await ProblemAsync(response));
    }

    [Theory]
    [InlineData("GET", "/v1/trunks")]
    [InlineData("GET", "/v1/trunks/carrier")]
    [InlineData("PUT", "/v1/trunks/carrier")]
    [InlineData("POST", "/v1/trunks/carrier/drain")]
    [InlineData("POST", "/v1/trunks/carrier/activate")]
    [InlineData("DELETE", "/v1/trunks/carrier")]
    public async Task Only_an_application_for_operations_is_let_in(string method, string path)
    {
        using var stranger = new HttpClient { BaseAddress = dialers.FirstReplica.Http };
        using var app = Operator.Client(dialers.FirstReplica.Http, "shop", "verifications:write", "verifications:read");
        using var almost = Operator.Client(dialers.FirstReplica.Http, "shop", "operations:read", "xoperations");

        using var unauthorized = await stranger.SendAsync(Request(new HttpMethod(method), path, "{}"));
        using var forbidden = await app.SendAsync(Request(new HttpMethod(method), path, "{}"));
        using var forbiddenToo = await almost.SendAsync(Request(new HttpMethod(method), path, "{}"));

        Assert.Equal((401, "unauthorized"), await ProblemAsync(unauthorized));
        Assert.Equal((403, "forbidden"), await ProblemAsync(forbidden));
        Assert.Equal((403, "forbidden"), await ProblemAsync(forbiddenToo));
    }

    private static string? Text(JsonElement view, string field) => view.GetProperty(field).GetString();

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static HttpRequestMessage Request(HttpMethod method, string path, string? body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : Json(body) };
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return request;
    }

    private static async Task<(int Status, string? Code)> ProblemAsync(HttpResponseMessage response) =>
        ((int)response.StatusCode, Text(await response.Content.ReadFromJsonAsync<JsonElement>(), "code"));

    private static async Task<string> DetailAsync(HttpResponseMessage response, int status, string code)
    {
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((status, code), ((int)response.StatusCode, Text(problem, "code")));
        return Text(problem, "detail")!;
    }

    private Task<HttpResponseMessage> PutAsync(string body, params (string Name, string Value)[] headers) =>
        First.SendAsync(Request(HttpMethod.Put, Address, body, headers));

    private async Task<JsonElement> PostAsync(string what)
    {
        using var response = await First.PostAsync($"{Address}/{what}", content: null);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private Task<JsonElement> ReadAsync() => First.GetFromJsonAsync<JsonElement>(Address);

    private async Task<IEnumerable<string?>> ListAsync()
    {
        var list = await First.GetFromJsonAsync<JsonElement>("/v1/trunks");
        return list.GetProperty("trunks").EnumerateArray().Select(trunk => Text(trunk, "name"));
    }

    /// <summary>Two replicas that share a key for secrets, and an operator's client at each.</summary>
    public sealed class Dialers(ServersFixture servers) : IAsyncLifetime
    {
        private TestPlatform? _platform;
        private DialerReplica? _first;
        private DialerReplica? _second;

        internal DialerReplica FirstReplica => _first!;

        internal DialerReplica SecondReplica => _second!;

        internal HttpClient First { get; private set; } = null!;

        internal HttpClient Second { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _platform = await TestPlatform.StartAsync(servers);
            var key = $"--Dialer:SecretsKey={Convert.ToBase64String(RandomNumberGenerator.GetBytes(SealedBox.KeySize))}";
            var none = new Dictionary<string, string>();
            _first = await DialerReplica.StartAsync(_platform, none, key);
            _second = await DialerReplica.StartAsync(_platform, none, key);
            First = Operator.Client(_first.Http);
            Second = Operator.Client(_second.Http);
        }

        internal async Task ExecuteAsync(string sql)
        {
            await using var data = _platform!.OpenDatabase();
            await using var command = data.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        /// <summary>The whole table as text.</summary>
        internal async Task<string> TableAsync()
        {
            await using var data = _platform!.OpenDatabase();
            await using var command = data.CreateCommand(
                "select string_agg(trunks::text || coalesce(encode(secrets, 'escape'), ''), ';') from trunks");
            return (string)(await command.ExecuteScalarAsync())!;
        }

        public async ValueTask DisposeAsync()
        {
            First?.Dispose();
            Second?.Dispose();
            foreach (var part in (IAsyncDisposable?[])[_first, _second, _platform])
            {
                if (part is not null)
                    await part.DisposeAsync();
            }
        }
    }
}
