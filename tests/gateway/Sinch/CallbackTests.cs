using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlashCall.Contracts;
using FlashCall.Gateway.Services;
using FlashCall.Gateway.Sinch;
using FlashCall.Gateway.Tests.Access;
using FlashCall.Gateway.Tests.Webhooks;
using FlashCall.Gateway.Webhooks.Deliveries;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace FlashCall.Gateway.Tests.Sinch;

/// <summary>What an application is asked before a session and told after it.</summary>
public sealed class CallbackTests
{
    private const string Path = "/verification/v1/verifications";

    [Fact]
    public async Task An_application_is_asked_with_all_there_is_to_know_and_may_change_the_timeouts()
    {
        await using var sinch = await SinchGateway.StartAsync(hasCallback: true);
        sinch.Receiver.Answer = context => context.Response.WriteAsync(
            """{"action":"allow","flashCall":{"cli":"+46700000000","dialTimeout":9,"interceptionTimeout":30}}""");

        using var response = await sinch.SendAsync(
            "POST", Path, SinchGateway.Start(""","reference":"r-1","custom":"ä/+","flashCallOptions":{"dialTimeout":20}"""), acceptLanguage: "de;q=0.5, sv-SE, en;q=0");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var started = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());

        var hook = await sinch.Receiver.NextAsync();
        Assert.Equal(
            $$"""{"id":"{{started.GetProperty("id").GetString()}}","event":"VerificationRequestEvent","method":"flashcall","identity":{"type":"number","endpoint":"+46701740605"},"price":{"currencyId":"USD","amount":0},"rate":{"currencyId":"USD","amount":0},"reference":"r-1","custom":"ä/+","acceptLanguage":["sv-SE","de"]}""",
            Encoding.UTF8.GetString(hook.Body));
        AssertSigned(hook, sinch.Key.Id, sinch.Key.SigningSecret);
        Assert.InRange(started.GetProperty("flashCall").GetProperty("interceptionTimeout").GetInt32(), 20, 30);
        var flashCall = Assert.Single(sinch.Starts).GetProperty("flashCall");
        Assert.Equal((9, 30), (flashCall.GetProperty("dialTimeout").GetInt32(), flashCall.GetProperty("interceptionTimeout").GetInt32()));
    }

    [Theory]
    [InlineData(40300, "callback_denied", 200, """{"action":"deny"}""")]
    [InlineData(40300, "callback_denied", 200, """{"action":"DENY","flashCall":null}""")]
    [InlineData(42202, "callback_invalid", 200, "")]
    [InlineData(42202, "callback_invalid", 200, "allow")]
    [InlineData(42202, "callback_invalid", 200, "{}")]
    [InlineData(42202, "callback_invalid", 200, "null")]
    [InlineData(42202, "callback_invalid", 200, """{"action":"perhaps"}""")]
    [InlineData(42202, "callback_invalid", 200, """{"action":"allow","flashCall":{"dialTimeout":1}}""")]
    [InlineData(42202, "callback_invalid", 500, """{"action":"allow"}""")]
    [InlineData(42202, "callback_invalid", 302, """{"action":"allow"}""")]
    public async Task Whoever_does_not_say_yes_has_the_session_denied_on_record(int code, string reason, int status, string answer)
    {
        await using var sinch = await SinchGateway.StartAsync(hasCallback: true);
        sinch.Receiver.Answer = async context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
            await context.Response.WriteAsync(answer);
        };

        await sinch.RefusedAsync(code, "POST", Path, SinchGateway.Start(""","reference":"r-1" """));

        Assert.Equal(reason, Assert.Single(sinch.Requests("POST", "/v1/verifications")).Headers["FlashCall-Denied"]);
        var found = await sinch.AskAsync("GET", $"{Path}/reference/r-1");
        Assert.Equal(
            ("DENIED", code == 40300 ? "Denied by callback" : "Invalid callback"),
            (found.GetProperty("status").GetString(), found.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task An_application_that_cannot_be_reached_has_not_said_yes()
    {
        await using var sinch = await SinchGateway.StartAsync(hasCallback: true);
        sinch.Receiver.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        await sinch.RefusedAsync(42202, "POST", Path, SinchGateway.Start());

        // The receiver's address is not public, and nothing says that it may be connected to.
        await using var closed = await SinchGateway.StartAsync(hasCallback: true, settings: "--Webhooks:AllowedNetworks:0=192.0.2.0/24");
        closed.Receiver.Answer = context => context.Response.WriteAsync("""{"action":"allow"}""");
        await closed.RefusedAsync(42202, "POST", Path, SinchGateway.Start());
        Assert.Equal(0, closed.Receiver.Unseen);
    }

    [Theory]
    [InlineData("public", true, "asked")]
    [InlineData("public", false, "denied")]
    [InlineData("basic", true, "asked")]
    [InlineData("basic", false, "begun")]
    [InlineData("signed", true, "begun")]
    [InlineData("signed", false, "begun")]
    public async Task Whether_an_application_is_asked_depends_on_the_credential(string credential, bool hasCallback, string expected)
    {
        await using var sinch = await SinchGateway.StartAsync("public", hasCallback);
        sinch.Receiver.Answer = context => context.Response.WriteAsync("""{"action":"allow"}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent(SinchGateway.Start(), Encoding.UTF8, "application/json") };
        if (credential == "signed")
            await request.SignAsync(sinch.Key);
        else
            request.Headers.TryAddWithoutValidation("Authorization", credential == "basic" ? sinch.Basic : sinch.Public);

        using var response = await sinch.Client.SendAsync(request);

        Assert.Equal(expected == "denied" ? HttpStatusCode.Forbidden : HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(expected == "asked" ? 1 : 0, sinch.Receiver.Unseen);
        Assert.Equal(expected == "denied", Assert.Single(sinch.Requests("POST", "/v1/verifications")).Headers.ContainsKey("FlashCall-Denied"));
    }

    [Theory]
    [InlineData("verified", null, "SUCCESSFUL", null)]
    [InlineData("expired", "not_reported", "FAIL", "Expired")]
    [InlineData("superseded", "newer_session", "ABORTED", null)]
    [InlineData("denied", "callback_denied", "DENIED", "Denied by callback")]
    public async Task The_end_of_a_session_is_told_signed_with_its_own_key(string status, string? reason, string expected, string? expectedReason)
    {
        await using var sinch = await SinchGateway.StartAsync(hasCallback: true);
        sinch.Receiver.Answer = context => context.Response.WriteAsync("""{"action":"allow"}""");
        var custom = new string('c', 1500) + "+";
        var id = (await sinch.AskAsync("POST", Path, SinchGateway.Start($""","reference":"r-1","custom":"{custom}" """))).GetProperty("id").GetGuid();
        await sinch.Receiver.NextAsync();
        var session = sinch.Sessions[id];
        (session["status"], session["reason"], session["source"]) = (status, reason, status == "verified" ? "manual" : null);

        await EndAsync(sinch, id);
        var hook = await sinch.Receiver.NextAsync();

        var extra = (expectedReason is null ? "" : $",\"reason\":\"{expectedReason}\"") + ",\"reference\":\"r-1\"" + (status == "verified" ? ",\"source\":\"manual\"" : "");
        Assert.Equal(
            $$$"""{"id":"{{{id}}}","event":"VerificationResultEvent","method":"flashcall","identity":{"type":"number","endpoint":"+46701740605"},"status":"{{{expected}}}"{{{extra}}},"custom":"{{{custom}}}"}""",
            Encoding.UTF8.GetString(hook.Body));
        AssertSigned(hook, sinch.Key.Id, sinch.Key.SigningSecret);
    }

    [Fact]
    public async Task Sessions_of_the_other_surface_are_not_told_of_here()
    {
        await using var sinch = await SinchGateway.StartAsync(hasCallback: true);
        var id = Guid.CreateVersion7();
        sinch.Sessions[id] = new JsonObject
        {
            ["id"] = id,
            ["status"] = "verified",
            ["to"] = SinchGateway.Number,
            ["metadata"] = new JsonObject { ["sinch.key"] = "not a key" },
            ["createdAt"] = DateTimeOffset.UtcNow,
            ["expiresAt"] = DateTimeOffset.UtcNow,
        };

        Assert.Empty(await HearAsync(sinch, id));
    }

    /// <summary>What the gateway does when the news comes that a session has ended; see <see cref="EndedSessionTests"/> for the news.</summary>
    private static async Task EndAsync(SinchGateway sinch, Guid id)
    {
        var services = sinch.Services;
        var deliveries = await HearAsync(sinch, id);
        Assert.Equal(1, await services.GetRequiredService<DeliveryStore>().AddAsync(deliveries, CancellationToken.None));
        Assert.Equal(0, await services.GetRequiredService<DeliveryStore>().AddAsync(deliveries, CancellationToken.None));
        services.GetRequiredService<DeliverySender>().Wake();
    }

    private static Task<IReadOnlyList<NewDelivery>> HearAsync(SinchGateway sinch, Guid id) =>
        sinch.Services.GetServices<IAudience>().OfType<ResultCallback>().Single().HearAsync(
            new EndedVerification(
                new VerificationCompleted
                {
                    VerificationId = id,
                    ApplicationId = sinch.Id,
                    To = PhoneNumber.Parse(SinchGateway.Number),
                    Purpose = Purpose.Onboarding,
                    Outcome = VerificationOutcome.Succeeded,
                    CompletedAt = DateTimeOffset.UtcNow,
                },
                sinch.Services.GetRequiredService<VerificationClient>()),
            CancellationToken.None);

    private static void AssertSigned(Hook hook, Guid keyId, byte[] secret)
    {
        Assert.Equal(("/hooks", "application/json"), (hook.Path, hook.Headers["Content-Type"]));
        Assert.Equal(
            $"application {keyId}:{Signing.Of(secret, "POST", hook.Body, "application/json", hook.Headers["x-timestamp"], "/hooks")}",
            hook.Headers["Authorization"]);
    }
}
