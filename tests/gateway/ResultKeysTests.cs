using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;

namespace FlashCall.Gateway.Tests;

/// <summary>The keys of results are for everybody: no credential is asked for or handed on, and caches may keep them.</summary>
public sealed class ResultKeysTests
{
    private const string Path = "/.well-known/jwks.json";

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer " + RunningGateway.OperatorKey)]
    [InlineData("Bearer fck_nobodys-key")]
    [InlineData("Nonsense")]
    public async Task Everybody_gets_them_with_whatever_credential(string? authorization)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var (authorized, asked) = (true, "");
        upstream.Public = context =>
        {
            (authorized, asked) = (context.Request.Headers.Authorization.Count > 0, context.Request.Path);
            context.Response.Headers.CacheControl = "public, max-age=3600";
            return context.Response.WriteAsJsonAsync(new { keys = Array.Empty<object>() }, options: null, "application/jwk-set+json");
        };
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        if (authorization is not null)
            request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization);

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("{\"keys\":[]}", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("application/jwk-set+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("public, max-age=3600", response.Headers.CacheControl?.ToString());
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal((false, Path), (authorized, asked));
    }

    [Fact]
    public async Task An_error_is_not_kept()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        upstream.Public = context =>
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            context.Response.Headers.CacheControl = "public, max-age=3600";
            return Task.CompletedTask;
        };
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        using var response = await gateway.SendAsync(HttpMethod.Get, Path, key: null);

        Assert.Equal("internal_error", (await Problem.OfAsync(response)).Code);
    }

    [Theory]
    [InlineData("POST", Path, 405)]
    [InlineData("GET", "/.well-known/other.json", 404)]
    [InlineData("GET", "/.well-known/jwks.json/more", 404)]
    public async Task Nothing_else_there_is_public(string method, string path, int status)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var reached = false;
        upstream.Public = _ =>
        {
            reached = true;
            return Task.CompletedTask;
        };
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        using var response = await gateway.SendAsync(new HttpMethod(method), path, key: null);

        Assert.Equal((status, false), ((int)response.StatusCode, reached));
    }
}
