using System.Net;
using System.Text;
using FlashCall.Testing;
using Microsoft.AspNetCore.Http;

namespace FlashCall.Gateway.Tests;

/// <summary>Replicas that are about to stop, die over a request, or are left out; and a gateway that stops itself.</summary>
public sealed class LeavingTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_replica_that_says_it_is_about_to_stop_gets_no_more_requests()
    {
        await using var leaving = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var staying = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(leaving.Address, staying.Address);
        leaving.IsReady = false;
        await Eventually.TrueAsync(
            async () => (await gateway.Client.GetStringAsync(new Uri("/health/ready", UriKind.Relative)))
                .Contains("1 of 2 replicas", StringComparison.Ordinal),
            "the gateway has noticed", Deadline);

        var before = leaving.Received.Count;
        for (var i = 0; i < 20; i++)
            (await gateway.SendAsync(HttpMethod.Get, $"/v1/verifications/{i}")).EnsureSuccessStatusCode().Dispose();
        Assert.Equal((before, 20), (leaving.Received.Count, staying.Received.Count));

        leaving.IsReady = true;
        await Eventually.TrueAsync(
            async () =>
            {
                (await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1")).EnsureSuccessStatusCode().Dispose();
                return leaving.Received.Count > before;
            },
            "it is asked again once it is ready", Deadline);
    }

    [Theory]
    [InlineData("/v1/verifications", "key-1", 2)]
    [InlineData("/v1/verifications", null, 1)]
    [InlineData("/v1/verifications/0199d9a2-0000-7000-8000-000000000001/report", "key-1", 1)]
    public async Task A_start_under_a_key_is_given_to_another_replica_and_nothing_else_is(string path, string? key, int times)
    {
        await using var one = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var two = await Upstream.StartAsync(RunningGateway.PublicKey);
        one.Answer = two.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        await using var gateway = await RunningGateway.StartAsync(one.Address, two.Address);

        using var response = await PostAsync(gateway, path, key);

        var problem = await Problem.OfAsync(response);
        Assert.Equal("unavailable", problem.Code);
        Assert.InRange(response.Headers.RetryAfter?.Delta?.TotalSeconds ?? 0, 1, 10);
        Assert.Contains(key is null ? "Look up" : "same Idempotency-Key", problem.Detail, StringComparison.Ordinal);
        Assert.Equal(times, one.Received.Count + two.Received.Count);
        Assert.All(one.Received.Concat(two.Received), received => Assert.Equal("{}", received.Body));
    }

    [Fact]
    public async Task A_start_under_a_key_costs_no_error_when_one_replica_dies_over_it()
    {
        await using var one = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var two = await Upstream.StartAsync(RunningGateway.PublicKey);
        var deaths = 0;
        one.Answer = two.Answer = context =>
        {
            if (Interlocked.Increment(ref deaths) == 1)
                context.Abort();
            else
                context.Response.StatusCode = 201;
            return Task.CompletedTask;
        };
        await using var gateway = await RunningGateway.StartAsync(one.Address, two.Address);

        using var response = await PostAsync(gateway, "/v1/verifications", "key-1");

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.All(one.Received.Concat(two.Received), received => Assert.Equal("key-1", received.Headers["Idempotency-Key"]));
    }

    [Fact]
    public async Task A_request_that_waits_is_answered_with_what_is_known_when_the_gateway_stops()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        upstream.Answer = async context =>
        {
            if (context.Request.Headers.ContainsKey("Prefer"))
            {
                waits.SetResult();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
            await context.Response.WriteAsync("{\"status\":\"ringing\"}");
        };
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var request = RunningGateway.Request(HttpMethod.Get, "/v1/verifications/0199d9a2-0000-7000-8000-000000000001");
        request.Headers.Add("Prefer", "wait=60");
        var answer = gateway.Client.SendAsync(request);
        await waits.Task.WaitAsync(Deadline);

        await gateway.StopAsync().WaitAsync(Deadline);

        using var response = await answer.WaitAsync(Deadline);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("{\"status\":\"ringing\"}", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_stream_of_events_does_not_keep_the_gateway_from_stopping()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        upstream.Answer = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("id: 1\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var request = RunningGateway.Request(HttpMethod.Get, "/v1/verifications/0199d9a2-0000-7000-8000-000000000001/events");
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        Assert.True(await stream.ReadAsync(new byte[1]) > 0);

        await gateway.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));
    }

    private static async Task<HttpResponseMessage> PostAsync(RunningGateway gateway, string path, string? key)
    {
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");
        using var request = RunningGateway.Request(HttpMethod.Post, path, content: content);
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return await gateway.Client.SendAsync(request);
    }
}
