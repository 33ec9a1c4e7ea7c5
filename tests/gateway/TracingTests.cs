using System.Diagnostics;
using System.Net;

namespace FlashCall.Gateway.Tests;

/// <summary>The client's trace goes on through the gateway into the service.</summary>
public sealed class TracingTests
{
    [Fact]
    public async Task A_clients_trace_is_continued()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = gateway.Address };
        using var request = RunningGateway.Request(HttpMethod.Get, "/v1/verifications/1");
        request.Headers.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

        (await client.SendAsync(request)).EnsureSuccessStatusCode().Dispose();

        var context = ActivityContext.Parse(Assert.Single(upstream.Received).Headers["traceparent"], traceState: null);
        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", context.TraceId.ToHexString());
        Assert.NotEqual("00f067aa0ba902b7", context.SpanId.ToHexString());
        Assert.Equal(ActivityTraceFlags.Recorded, context.TraceFlags);
    }

    [Fact]
    public async Task A_request_without_a_trace_begins_one_which_errors_name()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        upstream.Answer = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = gateway.Address };
        using var request = RunningGateway.Request(HttpMethod.Get, "/v1/verifications/1");

        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        var context = ActivityContext.Parse(Assert.Single(upstream.Received).Headers["traceparent"], traceState: null);
        Assert.Equal(context.TraceId.ToHexString(), (await Problem.OfAsync(response)).TraceId);
    }

    [Fact]
    public async Task Probes_of_a_replicas_health_are_not_traced()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);

        var context = ActivityContext.Parse(await upstream.Probe.WaitAsync(TimeSpan.FromSeconds(20)), traceState: null);

        Assert.Equal(ActivityTraceFlags.None, context.TraceFlags);
    }
}
