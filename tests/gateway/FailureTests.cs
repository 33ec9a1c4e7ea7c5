using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace FlashCall.Gateway.Tests;

/// <summary>What the client sees when the service behind the gateway does not do its part.</summary>
public sealed class FailureTests
{
    [Theory]
    [InlineData("GET", "/v1/verifications/1")]
    [InlineData("POST", "/v1/verifications")]
    public async Task A_service_that_is_down_is_unavailable_for_a_moment(string method, string path)
    {
        using var down = new RefusingAddress();
        await using var gateway = await RunningGateway.StartAsync(down.Address);

        using var response = await gateway.SendAsync(new HttpMethod(method), path);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("unavailable", (await Problem.OfAsync(response)).Code);
        Assert.InRange(response.Headers.RetryAfter?.Delta?.TotalSeconds ?? 0, 1, 10);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_in_time_is_a_timeout()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        upstream.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await using var gateway = await RunningGateway.StartAsync([upstream.Address], ["--Gateway:AnswerTimeout=00:00:01"]);
        var watch = Stopwatch.StartNew();

        using var response = await gateway.SendAsync(HttpMethod.Post, "/v1/verifications");

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal("timeout", (await Problem.OfAsync(response)).Code);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.9, 15);
        Assert.Single(upstream.Received);
    }

    [Fact]
    public async Task A_service_that_dies_before_its_answer_is_unavailable()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        upstream.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        using var response = await gateway.SendAsync(HttpMethod.Post, "/v1/verifications");

        Assert.Equal("unavailable", (await Problem.OfAsync(response)).Code);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_not_taken_for_whole()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        upstream.Answer = async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("{\"id\":\"0199");
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        await Assert.ThrowsAnyAsync<HttpRequestException>(async () =>
        {
            using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1");
            if (response.IsSuccessStatusCode)
                await response.Content.ReadAsStringAsync();
            else
                throw new HttpRequestException((await Problem.OfAsync(response)).Code);
        });
    }

    [Fact]
    public async Task A_services_own_problem_passes_as_it_is()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        upstream.Answer = context =>
        {
            context.Response.StatusCode = 409;
            return context.Response.WriteAsJsonAsync(
                new { status = 409, code = "session_ended", detail = "It is over.", traceId = "t" },
                options: null,
                contentType: "application/problem+json");
        };
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        using var response = await gateway.SendAsync(HttpMethod.Post, "/v1/verifications/1/report");

        Assert.Equal(new Problem(HttpStatusCode.Conflict, "session_ended", "It is over.", "t"), await Problem.OfAsync(response));
    }

    [Theory]
    [InlineData(500, "internal_error")]
    [InlineData(503, "unavailable")]
    [InlineData(404, "not_found")]
    public async Task A_services_bare_or_talkative_error_becomes_a_problem(int status, string code)
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        RequestDelegate bare = context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentLength = 0;
            return Task.CompletedTask;
        };
        RequestDelegate talkative = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Server = "Kestrel";
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<pre>NpgsqlException:    at FlashCall.Verification</pre>");
        };

        foreach (var answer in new[] { bare, talkative })
        {
            upstream.Answer = answer;
            using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1");
            Assert.Equal((status, code), ((int)response.StatusCode, (await Problem.OfAsync(response)).Code));
        }
    }

    [Fact]
    public async Task A_success_keeps_its_status_body_and_location()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        upstream.Answer = context =>
        {
            context.Response.StatusCode = 201;
            context.Response.Headers.Location = "/v1/verifications/0199";
            context.Response.Headers.Server = "Kestrel";
            context.Response.Headers.CacheControl = "public, max-age=60";
            return context.Response.WriteAsync("{\"id\":\"0199\"}");
        };
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");

        using var response = await gateway.SendAsync(HttpMethod.Post, "/v1/verifications", content: content);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("/v1/verifications/0199", response.Headers.Location?.OriginalString);
        Assert.Equal("{\"id\":\"0199\"}", await response.Content.ReadAsStringAsync());
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.True(response.Headers.Contains("X-Content-Type-Options"));
        Assert.False(response.Headers.Contains("Server"));
    }
}
