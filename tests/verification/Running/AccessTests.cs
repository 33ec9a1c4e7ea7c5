using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Hosting;
using FlashCall.Verification.Tests.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace FlashCall.Verification.Tests.Running;

/// <summary>The service refuses by itself what a gateway should not have let through: every address it has, with every kind of token.</summary>
public sealed class AccessTests(RunningVerification service)
{
    private const string Read = "verifications:read";
    private const string Write = "verifications:write";
    private const string Analytics = "analytics:read";

    /// <summary>The scope that each address needs, and whether the token of its session does as well. An address that is not here makes the
    /// test fail: say who may come to it.</summary>
    private static readonly Dictionary<string, (string? Scope, bool OrSession)> Expected = new(StringComparer.Ordinal)
    {
        ["GET /health/live"] = (null, false),
        ["GET /health/ready"] = (null, false),
        ["GET /.well-known/jwks.json"] = (null, false),
        ["GET /v1/verifications/"] = (Read, false),
        ["POST /v1/verifications/"] = (Write, false),
        ["GET /v1/verifications/{id:guid}"] = (Read, true),
        ["GET /v1/verifications/{id:guid}/events"] = (Read, true),
        ["POST /v1/verifications/{id:guid}/report"] = (Write, true),
        ["POST /v1/verifications/{id:guid}/cancel"] = (Write, true),
        ["POST /v1/verifications/{id:guid}/telemetry"] = (Write, true),
        ["GET /v1/analytics/funnel"] = (Analytics, false),
    };

    /// <summary>A token, and what it should be let to.</summary>
    private static readonly (string Name, Func<Guid, Func<InternalIdentity.Minter, string>?> Token, Func<string?, bool, string> Outcome)[] Tokens =
    [
        ("none", _ => null, (scope, _) => scope is null ? "in" : "401"),
        ("no scope", _ => minter => minter.Mint("demo", []), (scope, _) => scope is null ? "in" : "403"),
        ("read", _ => minter => minter.Mint("demo", [Read]), (scope, _) => scope is null or Read ? "in" : "403"),
        ("write", _ => minter => minter.Mint("demo", [Write]), (scope, _) => scope is null or Write ? "in" : "403"),
        ("analytics", _ => minter => minter.Mint("demo", [Analytics]), (scope, _) => scope is null or Analytics ? "in" : "403"),
        ("operations, admin", _ => minter => minter.Mint("demo", ["operations", "admin", "session"]), (scope, _) => scope is null ? "in" : "403"),
        ("own session", id => minter => minter.MintForSession("demo", id),
            (scope, orSession) => scope is null || orSession ? "in" : "403"),
        ("another session", _ => minter => minter.MintForSession("demo", Guid.CreateVersion7()),
            (scope, orSession) => scope is null ? "in" : orSession ? "404" : "403"),
        ("own session of another application", id => minter => minter.MintForSession("other", id),
            (scope, orSession) => scope is null ? "in" : orSession ? "404" : "403"),
        ("everything of another application", _ => minter => minter.Mint("other", [Read, Write, Analytics]),
            (scope, orSession) => orSession ? "404" : "in"),
    ];

    [Fact]
    public async Task Every_address_takes_the_tokens_it_should_and_no_others()
    {
        var mistakes = new List<string>();
        foreach (var (method, pattern, isOpen) in Addresses())
        {
            if (!Expected.TryGetValue($"{method} {pattern}", out var expected))
            {
                mistakes.Add($"{method} {pattern} is not among the expected");
                continue;
            }
            if (isOpen != expected.Scope is null)
                mistakes.Add($"{method} {pattern} is {(isOpen ? "open to everybody" : "closed")}");
            foreach (var (name, token, outcome) in Tokens)
            {
                var wanted = outcome(expected.Scope, expected.OrSession);
                var got = await AskAsync(method, pattern, token);
                if (got != wanted)
                    mistakes.Add($"{method} {pattern} with {name}: expected {wanted}, was {got}");
            }
        }
        Assert.True(mistakes.Count == 0, string.Join('\n', mistakes));
    }

    [Theory]
    [InlineData("/v1/verifications")]
    [InlineData("/v1/verifications?reference=user-1")]
    public async Task A_token_of_a_session_starts_none(string address)
    {
        using var backend = service.Client();
        var session = (await backend.StartAsync()).Id();
        using var device = service.Client(minter => minter.MintForSession("demo", session));

        using var response = await device.PostAsJsonAsync(address, new { to = ClientExtensions.FreshNumber(), purpose = "login" });

        Assert.Equal(403, (int)response.StatusCode);
    }

    /// <summary>The addresses the service really has.</summary>
    private IEnumerable<(string Method, string Pattern, bool IsOpen)> Addresses() =>
        from endpoint in service.Endpoints
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select (method, endpoint.RoutePattern.RawText!, endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null);

    private async Task<string> AskAsync(string method, string pattern, Func<Guid, Func<InternalIdentity.Minter, string>?> token)
    {
        using var backend = service.Client();
        var session = (await backend.StartAsync()).Id();
        using var client = service.Client(token(session));
        using var request = new HttpRequestMessage(
            new HttpMethod(method), pattern.Replace("{id:guid}", session.ToString(), StringComparison.Ordinal))
        {
            // A body that each of them takes: one that is wrong would be refused before anybody looks for the session.
            Content = method == "GET" ? null : JsonContent.Create(new { digits = "012345", lateCall = true, noCall = false }),
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var isMissing = (int)response.StatusCode == 404
            && (await response.Content.ReadFromJsonAsync<JsonElement>()).Text("code") == "verification_not_found";
        return isMissing || (int)response.StatusCode is 401 or 403 ? ((int)response.StatusCode).ToString() : "in";
    }
}
