using System.Buffers.Text;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Tests.Sessions;
using FlashCall.Verification.Tests.Support;
using FlashCall.Verification.Verifications;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlashCall.Verification.Tests.Running;

/// <summary>What a start may say, and what comes of it.</summary>
public sealed class StartTests(RunningVerification running)
{
    [Theory]
    [InlineData("070-{0}", "SE")]
    [InlineData("0046 70 {0}", "SE")]
    [InlineData("+46 70 {0}", "GB")]
    public async Task A_number_is_read_in_the_spelling_of_its_region(string spelling, string region)
    {
        using var client = running.Client();
        var number = ClientExtensions.FreshNumber();
        var session = await StartAsync(client, new { to = string.Format(null, spelling, number[5..]), defaultRegion = region, purpose = "login" });

        Assert.Equal(number, session.Text("to"));
    }

    [Fact]
    public async Task A_transaction_is_known_by_its_hash_however_it_is_written()
    {
        using var client = running.Client();
        var expected = Convert.ToHexStringLower(SHA256.HashData("""{"amount":100,"to":{"iban":"SE35"}}"""u8));
        foreach (var transaction in new[] { """{"amount":100,"to":{"iban":"SE35"}}""", """{ "to": {"iban":"SE\u00335"}, "amount": 1.00e2 }""" })
        {
            using var response = await client.PostAsync("/v1/verifications", new StringContent(
                $$"""{"to":"{{ClientExtensions.FreshNumber()}}","purpose":"transaction","transaction":{{transaction}}}""", Encoding.UTF8, "application/json"));
            var session = await response.Content.ReadFromJsonAsync<JsonElement>();

            Assert.Equal(expected, session.Text("transactionHash"));
            Assert.Equal(expected, (await client.ReadAsync(session.Id())).Text("transactionHash"));
            var token = (await client.ReportAsync(session.Id(), new { digits = "0123" })).Text("resultToken")!;
            Assert.Equal(expected, JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(token.Split('.')[1])).Text("transaction_hash"));
        }
    }

    [Fact]
    public async Task The_transaction_itself_and_nothing_of_it_is_kept()
    {
        using var client = running.Client();
        var id = (await StartAsync(client, new { to = ClientExtensions.FreshNumber(), purpose = "kyc", transaction = new { secret = "kumquat" } })).Id();

        await using var find = running.Data.CreateCommand(
            "select count(*) filter (where data::text like '%kumquat%'), count(*) from mt_events where stream_id = $1");
        find.Parameters.Add(new() { Value = id });
        await using var reader = await find.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        await reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, reader.GetInt64(0));
        Assert.NotEqual(0, reader.GetInt64(1));
    }

    [Fact]
    public async Task Wishes_for_the_call_shorten_the_dialling_and_say_how_long_to_watch()
    {
        using var client = running.Client();
        var session = await StartAsync(client, new
        {
            to = ClientExtensions.FreshNumber(),
            purpose = "login",
            flashCall = new { dialTimeout = 5, interceptionTimeout = 20 },
        });
        var place = Assert.Single(await running.Peers.WaitForAsync<PlaceFlashCall>(session.Id()));
        await using var find = running.Data.CreateCommand("select data ->> 'at' from mt_events where stream_id = $1 and type = 'caller_id_leased'");
        find.Parameters.Add(new() { Value = session.Id() });
        var leasedAt = DateTimeOffset.Parse((string)(await find.ExecuteScalarAsync(TestContext.Current.CancellationToken))!, null);

        Assert.Equal(TimeSpan.FromSeconds(5), place.PostDialDelayCap);
        Assert.Equal(leasedAt.AddSeconds(20), session.GetProperty("flashCall").GetProperty("interceptUntil").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_longer_wish_than_the_policy_allows_changes_nothing()
    {
        using var client = running.Client();
        var session = await StartAsync(client, new { to = ClientExtensions.FreshNumber(), purpose = "login", flashCall = new { dialTimeout = 120 } });

        Assert.Equal(TimeSpan.FromSeconds(12), Assert.Single(await running.Peers.WaitForAsync<PlaceFlashCall>(session.Id())).PostDialDelayCap);
    }

    [Fact]
    public async Task A_start_that_waits_is_answered_when_the_phone_rings()
    {
        using var client = running.Client();
        client.DefaultRequestHeaders.Add("Prefer", "wait=20");
        using var response = await PostAsync(client, new { to = ClientExtensions.FreshNumber(), purpose = "login" });
        var session = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal("wait=20", response.Headers.GetValues("Preference-Applied").Single());
        Assert.Equal("ringing", session.Text("status"));
        Assert.Equal("\"5\"", response.Headers.ETag?.Tag);
    }

    [Fact]
    public async Task A_start_that_will_not_wait_is_answered_at_once()
    {
        var number = ClientExtensions.FreshNumber();
        running.Peers.Scripts[number] = new Script { OnAssessRisk = _ => null };
        using var client = running.Client();
        client.DefaultRequestHeaders.Add("Prefer", "wait=0");
        using var response = await PostAsync(client, new { to = number, purpose = "login" });

        Assert.Equal(("pending", "\"1\""), ((await response.Content.ReadFromJsonAsync<JsonElement>()).Text("status"), response.Headers.ETag?.Tag));
    }

    [Fact]
    public async Task The_gateway_may_name_the_session_and_only_once()
    {
        var id = Guid.CreateVersion7();
        using var client = running.Client();
        client.DefaultRequestHeaders.Add("FlashCall-Verification-Id", id.ToString());
        var session = await client.StartAsync();
        using var again = await PostAsync(client, new { to = ClientExtensions.FreshNumber(), purpose = "login" });

        Assert.Equal(id, session.Id());
        Assert.Equal(409, (int)again.StatusCode);
        Assert.Equal("verification_id_in_use", (await again.Content.ReadFromJsonAsync<JsonElement>()).Text("code"));
    }

    [Theory]
    [InlineData("FlashCall-Verification-Id", "b2f1b1a4-5b0b-4b0e-9a45-9e6a3f1f5f3e", "invalid_verification_id")]
    [InlineData("FlashCall-Verification-Id", "4711", "invalid_verification_id")]
    [InlineData("FlashCall-Denied", "because", "invalid_denial")]
    [InlineData("Idempotency-Key", "with space", "invalid_idempotency_key")]
    public async Task A_wrong_header_is_refused(string header, string value, string code)
    {
        using var client = running.Client();
        client.DefaultRequestHeaders.Add(header, value);
        using var response = await PostAsync(client, new { to = ClientExtensions.FreshNumber(), purpose = "login" });

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(code, (await response.Content.ReadFromJsonAsync<JsonElement>()).Text("code"));
    }

    [Fact]
    public async Task Denied_by_a_callback_it_is_recorded_asks_nobody_and_leaves_the_session_under_way_alone()
    {
        using var client = running.Client();
        var number = ClientExtensions.FreshNumber();
        var live = (await client.StartAsync(number)).Id();
        client.DefaultRequestHeaders.Add("FlashCall-Denied", "callback_denied");
        var denied = await client.StartAsync(number);

        Assert.Equal(("denied", "callback_denied"), (denied.Text("status"), denied.Text("reason")));
        Assert.NotEqual("superseded", (await client.ReadAsync(live)).Text("status"));
        Assert.False(running.Peers.Received.ContainsKey(denied.Id()));
    }

    [Fact]
    public async Task Where_the_policy_refuses_a_second_session_the_first_goes_on_and_is_named()
    {
        var number = ClientExtensions.FreshNumber();
        using var client = running.Client();
        var first = (await client.StartAsync(number)).Id();
        var refused = await RefusingAsync(number);

        Assert.Equal(409, refused?.StatusCode);
        Assert.Equal(("verification_in_progress", first),
            (refused!.ProblemDetails.Extensions["code"], refused.ProblemDetails.Extensions["verificationId"]));
        Assert.NotEqual("superseded", (await client.ReadAsync(first)).Text("status"));
        await client.ReportAsync(first, new { digits = "0123" });
        Assert.Null(await RefusingAsync(number));
    }

    [Fact]
    public async Task Of_many_starts_at_once_a_policy_that_refuses_lets_one_begin()
    {
        var number = ClientExtensions.FreshNumber();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(index => RefusingAsync(number, index % 2)));

        Assert.Single(answers, refused => refused is null);
        Assert.All(answers.Where(refused => refused is not null), refused => Assert.Equal(409, refused!.StatusCode));
    }

    [Fact]
    public async Task A_device_sees_its_session_without_what_the_backend_noted()
    {
        using var client = running.Client();
        var session = await StartAsync(client, new
        {
            to = ClientExtensions.FreshNumber(),
            purpose = "login",
            reference = "user-4711",
            metadata = new Dictionary<string, string> { ["campaign"] = "autumn" },
        });
        using var device = running.Device(session.Id(), replica: 1);
        var seen = await device.ReadAsync(session.Id());
        var whole = await client.ReadAsync(session.Id());
        using var cancelled = await device.PostAsync($"/v1/verifications/{session.Id()}/cancel", content: null);

        Assert.Equal(("user-4711", "autumn"), (session.Text("reference"), session.GetProperty("metadata").Text("campaign")));
        foreach (var view in new[] { seen, await cancelled.Content.ReadFromJsonAsync<JsonElement>() })
        {
            Assert.Equal(session.Id(), view.Id());
            Assert.False(view.TryGetProperty("reference", out _) || view.TryGetProperty("metadata", out _));
        }
        // How risky it looked is nothing for whoever may be the risk.
        Assert.True(RiskOf(whole).TryGetProperty("detail", out _));
        Assert.False(RiskOf(seen).TryGetProperty("detail", out _));

        static JsonElement RiskOf(JsonElement view) =>
            view.GetProperty("timeline").EnumerateArray().Single(step => step.Text("step") == "risk_assessed");
    }

    [Fact]
    public async Task The_source_of_a_report_is_given_back_as_it_came()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        Assert.Equal("typed", (await client.ReportAsync(id, new { digits = "9999" })).Text("source"));
        Assert.Equal("log", (await client.ReportAsync(id, new { digits = "0123", source = "intercepted", sourceText = "log" })).Text("source"));
        Assert.Equal("log", (await client.ReadAsync(id)).Text("source"));
    }

    [Fact]
    public async Task Telemetry_is_kept_in_the_timeline_once_also_after_the_end()
    {
        using var client = running.Client();
        var id = (await client.StartAsync()).Id();
        await client.ReportAsync(id, new { digits = "0123" });
        foreach (var told in new object[] { new { lateCall = true, noCall = false }, new { lateCall = true, noCall = false } })
        {
            using var response = await client.PostAsJsonAsync($"/v1/verifications/{id}/telemetry", told);
            Assert.Equal(204, (int)response.StatusCode);
        }
        using var nothing = await client.PostAsJsonAsync($"/v1/verifications/{id}/telemetry", new { });

        Assert.Equal(422, (int)nothing.StatusCode);
        var step = Assert.Single((await client.ReadAsync(id)).GetProperty("timeline").EnumerateArray(), step => step.Text("step") == "client_telemetry");
        Assert.Equal("late call", step.Text("detail"));
    }

    /// <summary>A start under a policy that refuses a second session.</summary>
    private async Task<Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult?> RefusingAsync(string number, int replica = 0)
    {
        var starts = running.Services(replica).GetRequiredService<SessionStarts>();
        var answer = await starts.StartAsync(
            Guid.CreateVersion7(),
            new SessionCommand.Start
            {
                Now = DateTimeOffset.UtcNow,
                ApplicationId = "demo",
                To = PhoneNumber.Parse(number),
                Purpose = Purpose.Login,
                Client = ClientContext.Unknown,
                Policy = Usual.Policy with { OnSecondSession = SecondSession.Refuse },
            },
            key: null, wait: TimeSpan.Zero, TestContext.Current.CancellationToken);
        return answer.Refused;
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, object start) =>
        client.PostAsJsonAsync("/v1/verifications", start);

    private static async Task<JsonElement> StartAsync(HttpClient client, object start)
    {
        using var response = await PostAsync(client, start);
        Assert.Equal(201, (int)response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
