using System.Text.Json.Nodes;
using FlashCall.Gateway.Services;
using FlashCall.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace FlashCall.Gateway.Tests.Services;

/// <summary>How the gateway itself asks the verification service, with replicas that are away, unwell, or die over it.</summary>
public sealed class VerificationClientTests
{
    private static readonly Guid Id = Guid.CreateVersion7();

    [Fact]
    public async Task Looks_with_a_token_that_may_read_and_acts_with_the_application_s_own()
    {
        await using var verification = await Upstream.StartAsync(RunningGateway.PublicKey);
        verification.Answer = context => context.Response.WriteAsJsonAsync(new { id = Id, status = "pending" });
        await using var gateway = await RunningGateway.StartAsync(verification.Address);
        var client = await ClientAsync(gateway);

        var found = await client.GetAsync("writer", Id, CancellationToken.None);
        Assert.Equal((200, true, "pending", null), (found.Status, found.IsSuccess, found.Text("status"), found.Code));
        var started = await client.StartAsync(
            "writer", new JsonObject { ["to"] = "+46701740605" },
            new Dictionary<string, string>(StringComparer.Ordinal) { [VerificationClient.VerificationIdHeader] = Id.ToString() },
            CancellationToken.None);
        Assert.True(started.IsSuccess);

        var received = verification.Received.ToArray();
        Assert.Equal(("GET", $"/v1/verifications/{Id}", "writer", "verifications:read"),
            (received[0].Method, received[0].Target, received[0].Application, received[0].Scope));
        Assert.Equal(("POST", "/v1/verifications", "writer", "verifications:write"),
            (received[1].Method, received[1].Target, received[1].Application, received[1].Scope));
        Assert.Equal("+46701740605", JsonNode.Parse(received[1].Body)!["to"]!.GetValue<string>());
        Assert.Equal(Id.ToString(), received[1].Headers[VerificationClient.VerificationIdHeader]);
    }

    [Fact]
    public async Task A_problem_is_an_answer_like_others()
    {
        await using var verification = await Upstream.StartAsync(RunningGateway.PublicKey);
        verification.Answer = context =>
        {
            context.Response.StatusCode = 409;
            return context.Response.WriteAsJsonAsync(
                new { code = "verification_ended" }, options: null, contentType: "application/problem+json");
        };
        await using var gateway = await RunningGateway.StartAsync(verification.Address);
        var answer = await (await ClientAsync(gateway)).CancelAsync("everything", Id, CancellationToken.None);
        Assert.Equal((409, "verification_ended"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_replica_that_is_away_or_unwell_is_passed_over()
    {
        using var away = new RefusingAddress();
        await using var unwell = await Upstream.StartAsync(RunningGateway.PublicKey);
        unwell.Answer = context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        await using var well = await Upstream.StartAsync(RunningGateway.PublicKey);
        well.Answer = context => context.Response.WriteAsJsonAsync(new { id = Id });
        await using var gateway = await RunningGateway.StartAsync(away.Address, unwell.Address, well.Address);
        var client = await ClientAsync(gateway);
        for (var i = 0; i < 10; i++)
            Assert.Equal(200, (await client.GetAsync("everything", Id, CancellationToken.None)).Status);
        for (var i = 0; i < 10; i++)
        {
            // The one that is unwell has an answer, which is the answer: it may have done what it was asked.
            var answer = await client.ReportAsync("everything", Id, [], CancellationToken.None);
            Assert.True(answer.Status is 200 or 503);
        }
    }

    [Fact]
    public async Task What_a_replica_may_have_done_is_not_asked_of_another()
    {
        await using var dies = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var alsoDies = await Upstream.StartAsync(RunningGateway.PublicKey);
        dies.Answer = alsoDies.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        await using var gateway = await RunningGateway.StartAsync(dies.Address, alsoDies.Address);
        var client = await ClientAsync(gateway);
        await Assert.ThrowsAsync<VerificationUnavailableException>(() => client.CancelAsync("everything", Id, CancellationToken.None));
        Assert.Single(dies.Received.Concat(alsoDies.Received));
        await Assert.ThrowsAsync<VerificationUnavailableException>(() => client.GetAsync("everything", Id, CancellationToken.None));
        Assert.Equal(3, dies.Received.Count + alsoDies.Received.Count);
    }

    /// <summary>The gateway's own, once it knows the applications.</summary>
    private static async Task<VerificationClient> ClientAsync(RunningGateway gateway)
    {
        await Eventually.TrueAsync(
            async () => (await gateway.SendAsync(HttpMethod.Get, "/v1/webhooks")).IsSuccessStatusCode,
            "the gateway knows the applications");
        return gateway.Services.GetRequiredService<VerificationClient>();
    }
}
