using System.Text;
using System.Text.Json;
using FlashCall.Gateway.Access;
using FlashCall.Gateway.Applications;
using FlashCall.Gateway.Sinch;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FlashCall.Gateway.Tests.Access;

/// <summary>
/// Who gets to what: every address that the gateway has, with every method, every kind of credential, every scope, and client tokens of its
/// own session and of others. The addresses are those of the running gateway, so that a new one cannot be forgotten.
/// </summary>
public sealed class RouteMatrixTests
{
    private const string Read = Scopes.VerificationsRead;
    private const string Write = Scopes.VerificationsWrite;
    private const string Open = "";

    /// <summary>The scope that each address needs (none: open to everybody), and whether the client token of its session does as well. An
    /// address that is not here makes the test fail: say who may come to it.</summary>
    private static readonly Dictionary<string, (string Scope, bool OrSession)> Expected = new(StringComparer.Ordinal)
    {
        ["GET /health/live"] = (Open, false),
        ["GET /health/ready"] = (Open, false),
        ["GET /openapi.json"] = (Open, false),
        ["GET /openapi.yaml"] = (Open, false),
        ["GET /docs/{documentName?}"] = (Open, false),
        ["GET /docs/scalar.js"] = (Open, false),
        ["GET /docs/scalar.aspnetcore.js"] = (Open, false),
        ["GET /docs/favicon.svg"] = (Open, false),
        ["GET /.well-known/jwks.json"] = (Open, false),
        ["GET /v1/verifications"] = (Read, false),
        ["POST /v1/verifications"] = (Write, false),
        ["GET /v1/verifications/{id}"] = (Read, true),
        ["GET /v1/verifications/{id}/events"] = (Read, true),
        ["POST /v1/verifications/{id}/report"] = (Write, true),
        ["POST /v1/verifications/{id}/cancel"] = (Write, true),
        ["POST /v1/verifications/{id}/telemetry"] = (Write, true),
        ["GET /v1/trunks/{**rest}"] = (Scopes.Operations, false),
        ["PUT /v1/trunks/{**rest}"] = (Scopes.Operations, false),
        ["POST /v1/trunks/{**rest}"] = (Scopes.Operations, false),
        ["DELETE /v1/trunks/{**rest}"] = (Scopes.Operations, false),
        ["GET /v1/numbers/{**rest}"] = (Scopes.Operations, false),
        ["POST /v1/numbers/{**rest}"] = (Scopes.Operations, false),
        ["POST /v1/numbers/import"] = (Scopes.Operations, false),
        ["GET /v1/fraud/{**rest}"] = (Scopes.Operations, false),
        ["POST /v1/fraud/{**rest}"] = (Scopes.Operations, false),
        ["DELETE /v1/fraud/{**rest}"] = (Scopes.Operations, false),
        ["GET /v1/subjects/{**rest}"] = (Scopes.SubjectsErase, false),
        ["DELETE /v1/subjects/{**rest}"] = (Scopes.SubjectsErase, false),
        ["POST /v1/applications"] = (Scopes.Admin, false),
        ["GET /v1/applications"] = (Scopes.Admin, false),
        ["GET /v1/applications/{id}"] = (Scopes.Admin, false),
        ["PUT /v1/applications/{id}"] = (Scopes.Admin, false),
        ["DELETE /v1/applications/{id}"] = (Scopes.Admin, false),
        ["POST /v1/applications/{id}/keys"] = (Scopes.Admin, false),
        ["GET /v1/applications/{id}/keys"] = (Scopes.Admin, false),
        ["DELETE /v1/applications/{id}/keys/{keyId:guid}"] = (Scopes.Admin, false),
        ["POST /v1/webhooks"] = (Write, false),
        ["GET /v1/webhooks"] = (Write, false),
        ["GET /v1/webhooks/{id:guid}"] = (Write, false),
        ["PUT /v1/webhooks/{id:guid}"] = (Write, false),
        ["DELETE /v1/webhooks/{id:guid}"] = (Write, false),
        ["POST /v1/webhooks/{id:guid}/rotate-secret"] = (Write, false),
        ["GET /v1/webhooks/{id:guid}/deliveries"] = (Write, false),
        ["GET /v1/webhooks/{id:guid}/deliveries/{deliveryId:guid}"] = (Write, false),
        ["POST /v1/webhooks/{id:guid}/deliveries/{deliveryId:guid}/redeliver"] = (Write, false),
        ["POST /verification/v1/verifications"] = (Write, false),
        ["PUT /verification/v1/verifications/id/{id}"] = (Write, false),
        ["PUT /verification/v1/verifications/number/{number}"] = (Write, false),
        ["PATCH /verification/v1/verifications/number/{number}"] = (Write, false),
        ["GET /verification/v1/verifications/id/{id}"] = (Read, false),
        ["GET /verification/v1/verifications/{method}/number/{number}"] = (Read, false),
        ["GET /verification/v1/verifications/reference/{**reference}"] = (Read, false),
    };

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    [Fact]
    public async Task Every_address_takes_the_credentials_it_should_and_no_others()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var database = await GatewayDatabase.SharedAsync();
        var keys = new Dictionary<string, NewKey>(StringComparer.Ordinal);
        foreach (var scope in Scopes.All)
            keys[scope] = await database.AddAsync($"m-{Guid.NewGuid():N}", Document("bearer", scope));
        var all = await database.AddAsync($"m-{Guid.NewGuid():N}", Document("bearer", [.. Scopes.All]));
        var allSigned = await database.AddAsync($"m-{Guid.NewGuid():N}", Document("signed", [.. Scopes.All]));
        var expired = await database.AddAsync(
            $"m-{Guid.NewGuid():N}", Document("public", [.. Scopes.All]), DateTimeOffset.UtcNow - TimeSpan.FromHours(1));
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        var own = ApplicationOf(gateway, all);
        var calls = new Calls(gateway, upstream);

        foreach (var (method, pattern, isOpen) in Addresses(gateway))
        {
            if (!Expected.TryGetValue($"{method} {pattern}", out var expected))
            {
                calls.Mistakes.Add($"{method} {pattern} is not among the expected");
                continue;
            }
            var (scope, orSession) = expected;
            if (isOpen != (scope == Open))
                calls.Mistakes.Add($"{method} {pattern} is {(isOpen ? "open to everybody" : "closed")}");
            var session = Guid.CreateVersion7();
            var path = PathOf(pattern, session);
            calls.FromElsewhere();
            string When(string needed, string otherwise) => scope is Open || scope == needed ? "in" : otherwise;

            await calls.ExpectAsync(When(Open, "401 unauthorized"), method, path, "nothing", null);
            await calls.ExpectAsync(When(Open, "401 unauthorized"), method, path, "an unknown key", "Bearer fck_unknown");
            await calls.ExpectAsync(When(Open, "401 credential_expired"), method, path, "an expired key", "Bearer " + expired.ApiKey);
            await calls.ExpectAsync("in", method, path, "all scopes", "Bearer " + all.ApiKey);
            foreach (var (one, key) in keys)
                await calls.ExpectAsync(When(one, "403 forbidden"), method, path, one, "Bearer " + key.ApiKey);
            await calls.ExpectAsync("in", method, path, "all scopes, signed", null, allSigned);
            await calls.ExpectAsync(
                When(Open, "401 stronger_authorization_needed"), method, path, "all scopes, not signed", "Bearer " + allSigned.ApiKey);
            var takesSinch = pattern.StartsWith(SinchSetup.Prefix, StringComparison.Ordinal);
            await calls.ExpectAsync(
                takesSinch ? "401 stronger_authorization_needed" : When(Open, "401 unauthorized"), method, path, "a key's id alone",
                $"Application {all.Id}");
            await calls.ExpectAsync(
                takesSinch ? "in" : When(Open, "401 unauthorized"), method, path, "Basic",
                "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{all.Id}:{Convert.ToBase64String(all.SigningSecret)}")));
            await calls.ExpectAsync(
                orSession ? "in" : When(Open, "403 forbidden"), method, path, "the session's client token",
                "Bearer " + RunningGateway.ClientToken(own, session), session: orSession ? session : null);
            await calls.ExpectAsync(
                orSession ? "404 verification_not_found" : When(Open, "403 forbidden"), method, path, "another session's client token",
                "Bearer " + RunningGateway.ClientToken(own, Guid.CreateVersion7()));
            await calls.ExpectAsync(
                When(Open, "401 unauthorized"), method, path, "a client token that is over",
                "Bearer " + RunningGateway.ClientToken(own, session, TimeSpan.FromSeconds(-1)));
        }

        Assert.True(calls.Mistakes.Count == 0, string.Join('\n', calls.Mistakes));
        Assert.Subset(
            Addresses(gateway).Select(address => $"{address.Method} {address.Pattern}").ToHashSet(StringComparer.Ordinal),
            Expected.Keys.ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Methods_that_no_address_takes_reach_nothing()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var key = await (await GatewayDatabase.SharedAsync()).AddAsync($"m-{Guid.NewGuid():N}", Document("bearer", [.. Scopes.All]));
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        var taken = Addresses(gateway).Select(address => $"{address.Method} {address.Pattern}").ToHashSet(StringComparer.Ordinal);

        foreach (var pattern in Addresses(gateway).Where(address => !address.IsOpen).Select(address => address.Pattern).Distinct().ToList())
        {
            foreach (var method in Methods.Where(method => !taken.Contains($"{method} {pattern}")))
            {
                // A more general pattern may take it.
                if (pattern == "/v1/numbers/import" && method == "GET")
                    continue;
                using var response = await gateway.SendAsync(new HttpMethod(method), PathOf(pattern, Guid.CreateVersion7()), key.ApiKey);
                Assert.Equal((pattern, method, 405), (pattern, method, (int)response.StatusCode));
            }
        }
        Assert.Empty(upstream.Received);
    }

    [Theory]
    [InlineData("/v1/verifications/{id}/")]
    [InlineData("/V1/Verifications/{ID}")]
    [InlineData("/v1/verifications/%7Bid%7D")]
    [InlineData("/v1/verifications/{id}?id={other}")]
    public async Task A_client_token_gets_to_its_session_alone_however_the_address_is_written(string address)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        var (session, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var token = RunningGateway.ClientToken("everything", session);

        using var response = await gateway.SendAsync(HttpMethod.Get, address
            .Replace("{id}", session.ToString(), StringComparison.Ordinal)
            .Replace("{ID}", session.ToString().ToUpperInvariant(), StringComparison.Ordinal)
            .Replace("{other}", other.ToString(), StringComparison.Ordinal), token);
        using var swapped = await gateway.SendAsync(HttpMethod.Get, address
            .Replace("{id}", other.ToString(), StringComparison.Ordinal)
            .Replace("{ID}", other.ToString().ToUpperInvariant(), StringComparison.Ordinal)
            .Replace("{other}", session.ToString(), StringComparison.Ordinal), token);

        Assert.Equal(404, (int)swapped.StatusCode);
        Assert.All(upstream.Received, received => Assert.Equal(
            (session, "session", "everything"), (received.Session!.Value, received.Scope, received.Application)));
        Assert.Equal(response.IsSuccessStatusCode ? 1 : 0, upstream.Received.Count);
    }

    private static ApplicationDocument Document(string minimum, params string[] scopes) => new()
    {
        Name = "Matrix",
        Scopes = scopes,
        MinimumAuthorization = minimum,
        RateLimits = new LimitsDocument { Requests = new RateDocument { Permits = RateLimit.MostPermits } },
    };

    private static string ApplicationOf(RunningGateway gateway, NewKey key) =>
        gateway.Services.GetRequiredService<ApplicationDirectory>().Current.FindKey(key.Id)!.Value.Application.Id;

    /// <summary>The addresses that the gateway really has, forwarded or its own.</summary>
    private static IEnumerable<(string Method, string Pattern, bool IsOpen)> Addresses(RunningGateway gateway) =>
        from source in gateway.Services.GetServices<EndpointDataSource>()
        from endpoint in source.Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select (method, "/" + endpoint.RoutePattern.RawText!.Trim('/'), IsOpen: endpoint.Metadata.GetMetadata<IAuthorizeData>() is null
            || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null);

    private static string PathOf(string pattern, Guid session) => pattern
        .Replace("{id}", session.ToString(), StringComparison.Ordinal)
        .Replace("{id:guid}", session.ToString(), StringComparison.Ordinal)
        .Replace("{deliveryId:guid}", Guid.CreateVersion7().ToString(), StringComparison.Ordinal)
        .Replace("{number}", "+46701740605", StringComparison.Ordinal)
        .Replace("{method}", "flashcall", StringComparison.Ordinal)
        .Replace("{**reference}", "one", StringComparison.Ordinal)
        .Replace("{keyId:guid}", Guid.CreateVersion7().ToString(), StringComparison.Ordinal)
        .Replace("{documentName?}", "", StringComparison.Ordinal)
        .Replace("{**rest}", "one", StringComparison.Ordinal);

    private sealed class Calls(RunningGateway gateway, Upstream upstream)
    {

        private int _clients;
        private HttpClient _client = gateway.Client;

        public List<string> Mistakes { get; } = [];

        /// <summary>Goes on from another address, as one that has sent too many bad credentials is told of nothing else.</summary>
        public void FromElsewhere() => _client = gateway.ClientFrom($"127.0.1.{++_clients}");

        public async Task ExpectAsync(
            string expected, string method, string path, string who, string? credential, NewKey? signedWith = null, Guid? session = null)
        {
            var before = upstream.Received.Count;
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (method is "POST" or "PUT" or "PATCH")
                request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
            if (credential is not null)
                Assert.True(request.Headers.TryAddWithoutValidation("Authorization", credential));
            if (signedWith is not null)
                await request.SignAsync(signedWith);
            using var response = await _client.SendAsync(request);
            var got = await OutcomeOfAsync(response);
            if (got != expected)
                Mistakes.Add($"{method} {path} with {who}: expected {expected}, was {got}");
            // What is refused, is so before any service hears of it; what passes, passes for whom it was sent.
            if (got != "in" && upstream.Received.Count != before)
                Mistakes.Add($"{method} {path} with {who}: refused, and forwarded");
            if (upstream.Received.Count > before && upstream.Received.Last().Session != session)
                Mistakes.Add($"{method} {path} with {who}: the service was not told that this caller is bound to a session");
        }

        private static async Task<string> OutcomeOfAsync(HttpResponseMessage response)
        {
            var status = (int)response.StatusCode;
            if (status is not (401 or 403 or 404 or 429))
                return "in";
            var error = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
            // The Sinch-compatible surface has numbers for the same.
            var code = error.TryGetProperty("errorCode", out var number)
                ? number.GetInt32() switch
                {
                    SinchError.NoAuthorization or SinchError.Credentials => "unauthorized",
                    SinchError.Expired => "credential_expired",
                    SinchError.StrongerNeeded => "stronger_authorization_needed",
                    SinchError.Forbidden => "forbidden",
                    var other => $"{other}",
                }
                : error.GetProperty("code").GetString();
            // What the gateway itself does not have, such as an application of this name, has been asked for by somebody who may.
            return status == 404 && code != "verification_not_found" ? "in" : $"{status} {code}";
        }
    }
}
