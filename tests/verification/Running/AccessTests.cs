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
    private const string Operations = "operations";
    private const string Erase = "subjects:erase";

    /// <summary>Who may come to each address. One that is not here makes the test fail: say who may come to it.</summary>
    private static readonly Dictionary<string, Way> Expected = new(StringComparer.Ordinal)
    {
        ["GET /health/live"] = new(null),
        ["GET /health/ready"] = new(null),
        ["GET /.well-known/jwks.json"] = new(null),
        ["GET /v1/verifications/"] = new(Read),
        ["POST /v1/verifications/"] = new(Write),
        ["GET /v1/verifications/{id:guid}"] = new(Read, OrSession: true),
        ["GET /v1/verifications/{id:guid}/events"] = new(Read, OrSession: true),
        ["POST /v1/verifications/{id:guid}/report"] = new(Write, OrSession: true),
        ["POST /v1/verifications/{id:guid}/cancel"] = new(Write, OrSession: true),
        ["POST /v1/verifications/{id:guid}/telemetry"] = new(Write, OrSession: true),
        ["GET /v1/analytics/verifications/{id:guid}"] = new(Analytics) { IsOfSession = true },
        ["GET /v1/analytics/events"] = new(Analytics),
        ["GET /v1/analytics/funnel"] = new(Analytics),
        ["GET /v1/analytics/reads"] = new(Operations),
        ["DELETE /v1/subjects/{number}"] = new(Erase),
        ["GET /v1/subjects/erasures"] = new(Erase),
        ["GET /v1/subjects/erasures/{id:guid}"] = new(Erase),
    };

    /// <summary>A token, and what it should be let to.</summary>
    private static readonly (string Name, Func<Guid, Func<InternalIdentity.Minter, string>?> Token, Func<Way, string> Outcome)[] Tokens =
    [
        ("none", _ => null, way => way.Scope is null ? "in" : "401"),
        ("no scope", _ => minter => minter.Mint("demo", []), way => way.Scope is null ? "in" : "403"),
        .. Array.ConvertAll([Read, Write, Analytics, Erase], Alone),
        ("operations, admin", _ => minter => minter.Mint("demo", [Operations, "admin", "session"]),
            way => way.Scope is null or Operations ? "in" : "403"),
        ("own session", id => minter => minter.MintForSession("demo", id), way => way.Scope is null || way.OrSession ? "in" : "403"),
        ("another session", _ => minter => minter.MintForSession("demo", Guid.CreateVersion7()),
            way => way.Scope is null ? "in" : way.OrSession ? "404" : "403"),
        ("own session of another application", id => minter => minter.MintForSession("other", id),
            way => way.Scope is null ? "in" : way.OrSession ? "404" : "403"),
        ("all that an application may have, of another", _ => minter => minter.Mint("other", [Read, Write, Analytics]),
            way => way.Scope is Operations or Erase ? "403" : way.IsOfSession ? "404" : "in"),
    ];

    [Fact]
    public async Task Every_address_takes_the_tokens_it_should_and_no_others()
    {
        using var backend = service.Client();
        var mistakes = new List<string>();
        foreach (var (method, pattern, isOpen) in Addresses())
        {
            var session = (await backend.StartAsync()).Id();
            if (!Expected.TryGetValue($"{method} {pattern}", out var expected))
            {
                mistakes.Add($"{method} {pattern} is not among the expected");
                continue;
            }
            if (isOpen != expected.Scope is null)
                mistakes.Add($"{method} {pattern} is {(isOpen ? "open to everybody" : "closed")}");
            foreach (var (name, token, outcome) in Tokens)
            {
                var wanted = outcome(expected);
                var got = await AskAsync(method, pattern, session, token(session));
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

    private async Task<string> AskAsync(
        string method, string pattern, Guid session, Func<InternalIdentity.Minter, string>? token)
    {
        using var client = service.Client(token);
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

    private static (string Name, Func<Guid, Func<InternalIdentity.Minter, string>?> Token, Func<Way, string> Outcome) Alone(string scope) =>
        (scope, _ => minter => minter.Mint("demo", [scope]), way => way.Scope is null || way.Scope == scope ? "in" : "403");

    /// <summary>Who may come to an address.</summary>
    /// <param name="Scope">The scope that it needs; null where it is open.</param>
    /// <param name="OrSession">Whether the token of its session does as well.</param>
    private sealed record Way(string? Scope, bool OrSession = false)
    {
        /// <summary>Whether it shows one session, to its own application.</summary>
        public bool IsOfSession { get; init; } = OrSession;
    }
}
