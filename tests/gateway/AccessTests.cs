using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace FlashCall.Gateway.Tests;

/// <summary>Who may call what: every credential, on every method.</summary>
public sealed class AccessTests
{
    public static TheoryData<string, string, string?, int, string> Matrix => new()
    {
        // method, path, key, status, application the service is told (or the code of the error)
        { "POST", "/v1/verifications", RunningGateway.Key, 200, "everything" },
        { "GET", "/v1/verifications/0199", RunningGateway.Key, 200, "everything" },
        { "POST", "/v1/verifications/0199/report", RunningGateway.Key, 200, "everything" },
        { "POST", "/v1/verifications", RunningGateway.SecondKey, 200, "everything" },
        { "GET", "/v1/verifications/0199", RunningGateway.ReadKey, 200, "reader" },
        { "POST", "/v1/verifications", RunningGateway.ReadKey, 403, "forbidden" },
        { "POST", "/v1/verifications/0199/cancel", RunningGateway.ReadKey, 403, "forbidden" },
        { "POST", "/v1/verifications", RunningGateway.WriteKey, 200, "writer" },
        { "POST", "/v1/verifications/0199/report", RunningGateway.WriteKey, 200, "writer" },
        { "GET", "/v1/verifications/0199", RunningGateway.WriteKey, 403, "forbidden" },
        { "POST", "/v1/verifications", null, 401, "unauthorized" },
        { "GET", "/v1/verifications/0199", null, 401, "unauthorized" },
        { "POST", "/v1/verifications", "fck_somebody-elses-key", 401, "unauthorized" },
        { "GET", "/v1/verifications/0199", "fck_somebody-elses-key", 401, "unauthorized" },
        { "GET", "/v1/trunks", RunningGateway.OperatorKey, 200, "operator" },
        { "GET", "/v1/trunks/carrier", RunningGateway.OperatorKey, 200, "operator" },
        { "PUT", "/v1/trunks/carrier", RunningGateway.OperatorKey, 200, "operator" },
        { "POST", "/v1/trunks/carrier/drain", RunningGateway.OperatorKey, 200, "operator" },
        { "DELETE", "/v1/trunks/carrier", RunningGateway.OperatorKey, 200, "operator" },
        { "GET", "/v1/fraud/policies", RunningGateway.OperatorKey, 200, "operator" },
        { "POST", "/v1/fraud/lists", RunningGateway.OperatorKey, 200, "operator" },
        { "DELETE", "/v1/fraud/blocks/1", RunningGateway.OperatorKey, 200, "operator" },
        { "PUT", "/v1/fraud/lists", RunningGateway.OperatorKey, 405, "method_not_allowed" },
        { "GET", "/v1/fraud/lists", RunningGateway.Key, 403, "forbidden" },
        { "PATCH", "/v1/trunks/carrier", RunningGateway.OperatorKey, 405, "method_not_allowed" },
        { "GET", "/v1/trunks", RunningGateway.Key, 403, "forbidden" },
        { "PUT", "/v1/trunks/carrier", RunningGateway.Key, 403, "forbidden" },
        { "POST", "/v1/trunks/carrier/drain", RunningGateway.Key, 403, "forbidden" },
        { "DELETE", "/v1/trunks/carrier", RunningGateway.Key, 403, "forbidden" },
        { "DELETE", "/v1/trunks/carrier", null, 401, "unauthorized" },
        { "GET", "/v1/numbers", RunningGateway.OperatorKey, 200, "operator" },
        { "GET", "/v1/numbers/+442079460123", RunningGateway.OperatorKey, 200, "operator" },
        { "POST", "/v1/numbers", RunningGateway.OperatorKey, 200, "operator" },
        { "POST", "/v1/numbers/import", RunningGateway.OperatorKey, 200, "operator" },
        { "POST", "/v1/numbers/rest", RunningGateway.OperatorKey, 200, "operator" },
        { "GET", "/v1/numbers/import", RunningGateway.OperatorKey, 200, "operator" },
        { "PUT", "/v1/numbers", RunningGateway.OperatorKey, 405, "method_not_allowed" },
        { "DELETE", "/v1/numbers/%2B442079460123", RunningGateway.OperatorKey, 405, "method_not_allowed" },
        { "PUT", "/v1/numbers/import", RunningGateway.OperatorKey, 405, "method_not_allowed" },
        { "GET", "/v1/numbers", RunningGateway.Key, 403, "forbidden" },
        { "POST", "/v1/numbers", RunningGateway.Key, 403, "forbidden" },
        { "POST", "/v1/numbers/import", RunningGateway.Key, 403, "forbidden" },
        { "POST", "/v1/numbers/import/", RunningGateway.Key, 403, "forbidden" },
        { "POST", "/v1/numbers/import", null, 401, "unauthorized" },
        { "GET", "/v1/numbers", null, 401, "unauthorized" },
        { "GET", "/v1/numbersx", RunningGateway.OperatorKey, 404, "not_found" },
        { "GET", "/v1/verifications/0199", RunningGateway.OperatorKey, 403, "forbidden" },
        { "POST", "/v1/verifications", RunningGateway.OperatorKey, 403, "forbidden" },
        { "PUT", "/v1/verifications/0199", RunningGateway.Key, 405, "method_not_allowed" },
        { "DELETE", "/v1/verifications/0199", RunningGateway.Key, 405, "method_not_allowed" },
        { "PATCH", "/v1/verifications", null, 405, "method_not_allowed" },
        { "GET", "/", null, 404, "not_found" },
        { "POST", "/v2/verifications", RunningGateway.Key, 404, "not_found" },
        { "GET", "/v1/verificationsx", RunningGateway.Key, 404, "not_found" },
    };

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Each_credential_may_do_what_its_scopes_say(string method, string path, string? key, int status, string outcome)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var content = method is "POST" or "PUT" ? new StringContent("{}", Encoding.UTF8, "application/json") : null;

        using var response = await gateway.SendAsync(new HttpMethod(method), path, key, content);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 200)
        {
            var received = Assert.Single(upstream.Received);
            Assert.Equal((method, path, outcome), (received.Method, received.Target, received.Application));
        }
        else
        {
            Assert.Empty(upstream.Received);
            Assert.Equal(outcome, (await Problem.OfAsync(response)).Code);
        }
    }

    [Fact]
    public async Task Every_resource_is_its_services()
    {
        await using var pool = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var verification = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var dialer = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync([verification.Address], [$"--Gateway:Dialer:0={dialer.Address}", $"--Gateway:NumberPool:0={pool.Address}"]);

        (await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1")).Dispose();
        (await gateway.SendAsync(HttpMethod.Get, "/v1/trunks", RunningGateway.OperatorKey)).Dispose();
        (await gateway.SendAsync(HttpMethod.Get, "/v1/numbers", RunningGateway.OperatorKey)).Dispose();
        (await gateway.SendAsync(HttpMethod.Post, "/v1/numbers/import", RunningGateway.OperatorKey)).Dispose();

        Assert.Equal("/v1/verifications/1", Assert.Single(verification.Received).Target);
        Assert.Equal(("/v1/trunks", "operations"), (Assert.Single(dialer.Received).Target, dialer.Received.Single().Scope));
        Assert.Equal(["/v1/numbers", "/v1/numbers/import"], pool.Received.Select(received => received.Target));
    }

    [Fact]
    public async Task The_version_that_a_change_is_made_to_passes_both_ways()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        upstream.Answer = context =>
        {
            context.Response.Headers.ETag = "\"13\"";
            return context.Response.WriteAsJsonAsync(new { });
        };
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");
        using var request = RunningGateway.Request(HttpMethod.Put, "/v1/trunks/carrier", RunningGateway.OperatorKey, content);
        request.Headers.TryAddWithoutValidation("If-Match", "\"12\"");
        request.Headers.TryAddWithoutValidation("If-None-Match", "\"11\"");

        using var response = await gateway.Client.SendAsync(request);

        var headers = Assert.Single(upstream.Received).Headers;
        Assert.Equal(("\"12\"", "\"11\"", "\"13\""), (headers["If-Match"], headers["If-None-Match"], response.Headers.ETag?.Tag));
    }

    [Fact]
    public async Task Scopes_reach_the_service_in_a_token_that_the_public_key_proves()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        (await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1")).Dispose();
        (await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/2", RunningGateway.ReadKey)).Dispose();
        (await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/3")).Dispose();

        Assert.Equal(["verifications:write verifications:read", "verifications:read", "verifications:write verifications:read"],
            upstream.Received.Select(received => received.Scope));
        var tokens = upstream.Received.Select(received => received.Headers["Authorization"]).ToArray();
        Assert.Equal(tokens[0], tokens[2]);
        Assert.All(tokens, token => Assert.DoesNotContain("fck_", token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_service_that_refuses_the_gateways_token_is_no_fault_of_the_client()
    {
        using var foreign = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        await using var upstream = await Upstream.StartAsync(foreign.ExportSubjectPublicKeyInfoPem());
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("internal_error", (await Problem.OfAsync(response)).Code);
        Assert.Empty(response.Headers.WwwAuthenticate);
    }

    [Theory]
    [InlineData("Bearer", null)]
    [InlineData("Bearer", "")]
    [InlineData("Bearer", "fck_wrong")]
    [InlineData("Basic", "ZmNrOg==")]
    [InlineData("Digest", "username=x")]
    public async Task A_credential_that_is_none_is_refused_with_the_way_to_authenticate(string scheme, string? parameter)
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));
        using var request = RunningGateway.Request(HttpMethod.Get, "/v1/verifications/1", key: null);
        request.Headers.Authorization = new AuthenticationHeaderValue(scheme, parameter);

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("not valid", (await Problem.OfAsync(response)).Detail, StringComparison.Ordinal);
        var challenge = Assert.Single(response.Headers.WwwAuthenticate);
        Assert.Equal("Bearer", challenge.Scheme);
        Assert.Contains("error=\"invalid_token\"", challenge.Parameter, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_credential_is_asked_for_without_an_error()
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));

        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1", key: null);

        Assert.Contains("Authorization: Bearer", (await Problem.OfAsync(response)).Detail, StringComparison.Ordinal);
        Assert.Equal("Bearer realm=\"flashcall\"", Assert.Single(response.Headers.WwwAuthenticate).ToString());
    }

    [Fact]
    public async Task A_missing_scope_is_named()
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));

        using var response = await gateway.SendAsync(HttpMethod.Post, "/v1/verifications", RunningGateway.ReadKey);

        Assert.Contains("'verifications:write'", (await Problem.OfAsync(response)).Detail, StringComparison.Ordinal);
        Assert.Contains("scope=\"verifications:write\"", Assert.Single(response.Headers.WwwAuthenticate).Parameter, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/verifications", "POST")]
    [InlineData("/v1/verifications/1/report", "POST")]
    public async Task A_wrong_method_is_told_the_right_ones(string path, string allowed)
    {
        await using var gateway = await RunningGateway.StartAsync(new Uri("http://127.0.0.1:1"));

        using var response = await gateway.SendAsync(HttpMethod.Put, path);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Contains(allowed, response.Content.Headers.Allow);
    }
}
