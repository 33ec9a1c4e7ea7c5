using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using FlashCall.EndToEnd.Tests.PublicApi;
using FlashCall.EndToEnd.Tests.Running;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.EndToEnd.Tests.Subjects;

/// <summary>A person verifies a number through all services, and is then forgotten by all of them.</summary>
[Collection(Platform.OneAtATime)]
public sealed class ErasureTests(Platform platform)
{
    [Fact]
    public async Task Nothing_of_the_number_is_left_in_any_column_of_any_database()
    {
        var application = await platform.AddApplicationAsync(new { id = "forgetful", name = "Forgetful", scopes = Platform.ClientScopes });
        using var backend = platform.Http(application.ApiKey);
        using var phone = platform.NextPhone();
        using var other = platform.NextPhone();
        var (created, webhook) = await backend.AskAsync(new HttpRequestMessage(HttpMethod.Post, "/v1/webhooks")
        {
            // Nobody listens there: what is to be told waits.
            Content = JsonContent.Create(new { url = $"http://127.0.0.1:{Running.Program.FreePort(SocketType.Stream)}/told", events = (string[])["verification.ended"] }),
        });
        Assert.True(created == 201, $"{created}: {webhook}");
        var verified = await StartAsync(backend, phone);
        await backend.ReportAsync(verified, await phone.RingingAsync());
        var kept = await StartAsync(backend, other);
        await backend.ReportAsync(kept, await other.RingingAsync());
        var digits = phone.Number[1..];
        await Eventually.TrueAsync(
            async () => (await Databases.PlacesOfAsync(platform, digits)).Contains("gateway.deliveries.body", StringComparer.Ordinal),
            "the end of the session is to be told", TimeSpan.FromSeconds(30));
        // One more that is under way while the person asks to be forgotten.
        var live = await StartAsync(backend, phone);
        string[] expected =
        [
            "verification.mt_events.data", "verification.verifications.callee", "fraud.assessments.request", "number_pool.answers.callee",
            "number_pool.limits.key", "gateway.deliveries.body",
        ];
        await Eventually.TrueAsync(
            async () => expected.Except(await Databases.PlacesOfAsync(platform, digits), StringComparer.Ordinal).Any() is false,
            "every service has heard of the number", TimeSpan.FromSeconds(30));

        using var operators = platform.Http(platform.OperatorKey);
        var (status, erasure) = await operators.AskAsync(new HttpRequestMessage(HttpMethod.Delete, $"/v1/subjects/{phone.Number}")
        {
            Headers = { { "Prefer", "wait=55" } },
        });

        Assert.True(status == 200, $"{status}: {erasure}");
        Assert.Empty(await Databases.PlacesOfAsync(platform, digits));
        // As it is dialled at home, and what came with it.
        Assert.Empty(await Databases.PlacesOfAsync(platform, digits[2..]));
        Assert.Empty(await Databases.PlacesOfAsync(platform, $"person-{digits[^4..]}"));
        Assert.NotEmpty(await Databases.PlacesOfAsync(platform, other.Number[1..]));
        Assert.Equal(
            ["fraud", "gateway", "number-pool", "verification"],
            erasure.GetProperty("erased").EnumerateObject().Select(service => service.Name).Order(StringComparer.Ordinal));

        // What happened is still to be seen, and that it was forgotten too.
        var session = await backend.GetFromJsonAsync<JsonElement>($"/v1/verifications/{verified}");
        Assert.Equal(("verified", "erased"), (session.Text("status"), session.Text("to")));
        Assert.Equal("cancelled", (await backend.GetFromJsonAsync<JsonElement>($"/v1/verifications/{live}")).Text("status"));
        var deliveries = await backend.GetFromJsonAsync<JsonElement>($"/v1/webhooks/{webhook.Text("id")}/deliveries");
        Assert.Contains(deliveries.GetProperty("items").EnumerateArray(), delivery => delivery.GetProperty("verificationId").GetString() == verified);
        var proof = await operators.GetFromJsonAsync<JsonElement>("/v1/subjects/erasures");
        Assert.Contains(proof.GetProperty("items").EnumerateArray(), one => one.Text("id") == erasure.Text("id"));
        platform.AssertNoNumberInLogs();
        Assert.DoesNotContain(
            platform.Traces.Spans, span => span.Name.Contains(digits, StringComparison.Ordinal)
                || span.Attributes.Values.Any(value => value is string text && text.Contains(digits, StringComparison.Ordinal)));
    }

    private static async Task<string> StartAsync(HttpClient backend, Phone phone)
    {
        var (status, session) = await backend.AskAsync(new HttpRequestMessage(HttpMethod.Post, "/v1/verifications")
        {
            Content = JsonContent.Create(new
            {
                to = phone.Number,
                purpose = "login",
                reference = $"person-{phone.Number[^4..]}",
                metadata = new { phone = phone.Number },
                client = new { ip = "203.0.113.7", deviceId = $"phone {phone.Number}" },
            }),
            Headers = { { "Idempotency-Key", Guid.NewGuid().ToString() }, { "Prefer", "wait=20" } },
        });
        Assert.True(status == 201, $"Expected 201, got {status}: {session}");
        Assert.True(session.Text("status") == "ringing", $"The phone does not ring: {session}");
        return session.Text("id");
    }
}
