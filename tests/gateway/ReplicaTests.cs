using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlashCall.Testing;

namespace FlashCall.Gateway.Tests;

/// <summary>Several replicas of a service, not all of them well.</summary>
public sealed class ReplicaTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Requests_go_to_every_replica()
    {
        await using var one = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var two = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(one.Address, two.Address);

        for (var i = 0; i < 40; i++)
            (await gateway.SendAsync(HttpMethod.Get, $"/v1/verifications/{i}")).EnsureSuccessStatusCode().Dispose();

        Assert.NotEmpty(one.Received);
        Assert.NotEmpty(two.Received);
        Assert.Equal(40, one.Received.Count + two.Received.Count);
    }

    [Theory]
    [InlineData("GET", "/v1/verifications/1")]
    [InlineData("POST", "/v1/verifications")]
    public async Task A_replica_that_is_down_costs_no_client_an_error(string method, string path)
    {
        using var down = new RefusingAddress();
        await using var up = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(down.Address, up.Address);

        for (var i = 0; i < 20; i++)
        {
            using var content = method == "POST" ? new StringContent($"body {i}", Encoding.UTF8, "application/json") : null;
            (await gateway.SendAsync(new HttpMethod(method), path, content: content)).EnsureSuccessStatusCode().Dispose();
        }

        Assert.Equal(20, up.Received.Count);
        var bodies = Enumerable.Range(0, 20).Select(i => method == "POST" ? $"body {i}" : "");
        Assert.Equal(bodies, up.Received.Select(received => received.Body));
    }

    [Fact]
    public async Task A_replica_that_cannot_be_connected_to_is_passed_over()
    {
        using var silent = new SilentAddress();
        await using var up = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(silent.Address, up.Address);

        for (var i = 0; i < 6; i++)
        {
            using var content = new StringContent("{}", Encoding.UTF8, "application/json");
            (await gateway.SendAsync(HttpMethod.Post, "/v1/verifications", content: content)).EnsureSuccessStatusCode().Dispose();
        }

        Assert.Equal(6, up.Received.Count);
    }

    [Fact]
    public async Task A_request_that_a_replica_may_have_acted_on_is_not_given_to_another()
    {
        await using var one = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var two = await Upstream.StartAsync(RunningGateway.PublicKey);
        one.Answer = two.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        await using var gateway = await RunningGateway.StartAsync(one.Address, two.Address);
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");

        using var response = await gateway.SendAsync(HttpMethod.Post, "/v1/verifications", content: content);

        Assert.Equal("unavailable", (await Problem.OfAsync(response)).Code);
        Assert.Equal(1, one.Received.Count + two.Received.Count);
    }

    [Fact]
    public async Task A_look_up_is_given_to_another_replica_when_one_dies_over_it()
    {
        await using var one = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var two = await Upstream.StartAsync(RunningGateway.PublicKey);
        var deaths = 0;
        one.Answer = two.Answer = context =>
        {
            if (Interlocked.Increment(ref deaths) == 1)
            {
                context.Abort();
                return Task.CompletedTask;
            }
            return context.Response.Body.WriteAsync("{}"u8.ToArray()).AsTask();
        };
        await using var gateway = await RunningGateway.StartAsync(one.Address, two.Address);

        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([1, 1], [one.Received.Count, two.Received.Count]);
    }

    [Fact]
    public async Task The_gateway_is_ready_and_says_how_many_replicas_are_well()
    {
        using var down = new RefusingAddress();
        await using var up = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(down.Address, up.Address);

        JsonElement check = default;
        await Eventually.TrueAsync(async () =>
        {
            using var response = await gateway.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            check = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("checks").GetProperty("verification");
            return check.GetProperty("description").GetString() == "1 of 2 replicas are healthy.";
        }, () => $"one healthy replica of two; it says {check}", Deadline);

        Assert.Equal("healthy", check.GetProperty("status").GetString());
    }
}
