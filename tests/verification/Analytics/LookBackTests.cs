using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using FlashCall.Verification.Tests.Support;
using Xunit;

namespace FlashCall.Verification.Tests.Analytics;

/// <summary>One session's whole stream, and where it stood at any time of it.</summary>
public sealed class LookBackTests(RunningVerification running)
{
    [Fact]
    public async Task The_whole_stream_is_told_with_times_durations_causes_and_traces()
    {
        var application = Analyst.NewApplication();
        var (id, _) = await Analyst.VerifiedAsync(running, application);
        using var analyst = running.Analysing(application);

        var story = await LookAsync(analyst, id);

        var events = story.GetProperty("events").EnumerateArray().ToList();
        Assert.Equal((application, "verified", events.Count), (story.Text("applicationId"), story.GetProperty("state").Text("status"), story.GetProperty("version").GetInt32()));
        Assert.Equal(["verification_requested", "risk_assessed", "attempt_started", "caller_id_leased", "call_rang"], events.Take(5).Select(one => one.Text("type")));
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(one => one.GetProperty("version").GetInt32()));
        Assert.False(events[0].TryGetProperty("sincePreviousMs", out _));
        foreach (var (before, one) in events.Zip(events.Skip(1)))
        {
            Assert.Equal(
                (one.GetProperty("at").GetDateTimeOffset() - before.GetProperty("at").GetDateTimeOffset()).TotalMilliseconds,
                one.GetProperty("sincePreviousMs").GetDouble(), 3);
            Assert.Equal(
                (one.GetProperty("at").GetDateTimeOffset() - events[0].GetProperty("at").GetDateTimeOffset()).TotalMilliseconds,
                one.GetProperty("sinceStartMs").GetDouble(), 3);
        }
        Assert.All(events, one =>
        {
            Assert.Matches("^[0-9a-f]{32}$", one.Text("traceId"));
            Assert.True(one.GetProperty("storedAt").GetDateTimeOffset() >= events[0].GetProperty("at").GetDateTimeOffset());
        });
        Assert.All(events.Where(one => one.TryGetProperty("cause", out _)), one => Assert.Contains(one.Text("traceId")!, one.Text("cause"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_version_or_a_time_shows_the_session_as_it_stood_then()
    {
        var application = Analyst.NewApplication();
        var (id, _) = await Analyst.VerifiedAsync(running, application);
        using var analyst = running.Analysing(application);
        var whole = (await LookAsync(analyst, id)).GetProperty("events").EnumerateArray().ToList();

        Assert.Equal(("pending", 1), await StoodAsync("1"));
        Assert.Equal(("ringing", 5), await StoodAsync("5"));
        Assert.Equal(("verified", whole.Count), await StoodAsync(whole.Count.ToString(CultureInfo.InvariantCulture)));
        var fourth = whole[3].GetProperty("storedAt").GetDateTimeOffset();
        var then = await StoodAsync(Uri.EscapeDataString(fourth.ToString("O", CultureInfo.InvariantCulture)));
        Assert.Equal(whole.Count(one => one.GetProperty("storedAt").GetDateTimeOffset() <= fourth), then.Version);
        Assert.Equal(("verified", whole.Count), await StoodAsync("2100-01-01T00:00:00Z"));

        async Task<(string? Status, int Version)> StoodAsync(string at)
        {
            var story = await LookAsync(analyst, id, $"at={at}");
            Assert.Equal(story.GetProperty("version").GetInt32(), story.GetProperty("events").GetArrayLength());
            Assert.Equal(whole.Count, story.GetProperty("lastVersion").GetInt32());
            return (story.GetProperty("state").Text("status"), story.GetProperty("version").GetInt32());
        }
    }

    [Theory]
    [InlineData("at=0", "at")]
    [InlineData("at=99", "at")]
    [InlineData("at=soon", "at")]
    [InlineData("at=2020-01-01T00:00:00Z", "at")]
    [InlineData("at=1&at=2", "at")]
    [InlineData("numbers=all", "numbers")]
    [InlineData("version=1", "version")]
    public async Task A_wrong_parameter_is_named(string query, string field)
    {
        var application = Analyst.NewApplication();
        using var client = running.Client(application);
        var id = (await client.StartAsync()).Id();
        using var analyst = running.Analysing(application);

        using var response = await analyst.GetAsync($"/v1/analytics/verifications/{id}?{query}", TestContext.Current.CancellationToken);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal((422, "validation_failed"), ((int)response.StatusCode, problem.Text("code")));
        Assert.Equal(field, Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
    }

    [Fact]
    public async Task Nothing_of_a_person_shows_unless_the_key_may_see_it_and_asks_and_that_is_entered()
    {
        var application = Analyst.NewApplication();
        var (id, number) = await Analyst.VerifiedAsync(running, application);
        using var analyst = running.Analysing(application);
        using var trusted = running.Analysing(application, Analyst.Read, Analyst.Unmask);
        using var operating = running.Analysing("operator", Analyst.Operations);

        foreach (var client in new[] { analyst, trusted })
        {
            var masked = (await LookAsync(client, id)).GetRawText();
            foreach (var secret in new[] { number[1..], "user-4711", "autumn", "203.0.113.7", "of-somebody" })
                Assert.DoesNotContain(secret, masked, StringComparison.Ordinal);
            Assert.Equal($"{number[..5]}•••{number[^4..]}", (await LookAsync(client, id)).GetProperty("state").Text("to"));
        }
        using (var refused = await analyst.GetAsync($"/v1/analytics/verifications/{id}?numbers=plain", TestContext.Current.CancellationToken))
            Assert.Equal(403, (int)refused.StatusCode);
        Assert.DoesNotContain(await BookAsync(operating), read => read.Text("applicationId") == application);

        var plain = await LookAsync(trusted, id, "numbers=plain");
        Assert.Equal(number, plain.GetProperty("state").Text("to"));
        Assert.Equal(number, plain.GetProperty("events")[0].GetProperty("data").Text("to"));
        var read = Assert.Single(await BookAsync(operating), read => read.Text("applicationId") == application);
        Assert.Equal((id, plain.GetProperty("version").GetInt64()), (read.GetProperty("verificationId").GetGuid(), read.GetProperty("events").GetInt64()));
    }

    [Fact]
    public async Task The_code_of_a_session_that_may_still_be_alive_shows_to_nobody()
    {
        var application = Analyst.NewApplication();
        using var client = running.Client(application);
        var id = (await client.StartAsync()).Id();
        await client.UntilAsync(id, "ringing");
        using var trusted = running.Analysing(application, Analyst.Read, Analyst.Unmask);

        var plain = await LookAsync(trusted, id, "numbers=plain");

        var leased = plain.GetProperty("events").EnumerateArray().Single(one => one.Text("type") == "caller_id_leased");
        Assert.EndsWith("•••••", leased.GetProperty("data").Text("callerId"), StringComparison.Ordinal);
        Assert.False(plain.GetProperty("state").GetProperty("flashCall").TryGetProperty("callerId", out _));
    }

    [Fact]
    public async Task Another_applications_session_is_not_there_except_for_an_operator()
    {
        var application = Analyst.NewApplication();
        using var client = running.Client(application);
        var id = (await client.StartAsync()).Id();
        using var stranger = running.Analysing(Analyst.NewApplication());
        using var operating = running.Analysing("operator", Analyst.Read, Analyst.Operations);
        using var withoutScope = running.Client(application);

        Assert.Equal(404, await StatusAsync(stranger, id));
        Assert.Equal(404, await StatusAsync(operating, Guid.CreateVersion7()));
        Assert.Equal(200, await StatusAsync(operating, id));
        Assert.Equal(403, await StatusAsync(withoutScope, id));

        static async Task<int> StatusAsync(HttpClient who, Guid id)
        {
            using var response = await who.GetAsync($"/v1/analytics/verifications/{id}");
            return (int)response.StatusCode;
        }
    }

    private static async Task<List<JsonElement>> BookAsync(HttpClient client)
    {
        var reads = new List<JsonElement>();
        var after = "";
        while (after is not null)
        {
            var page = await client.GetFromJsonAsync<JsonElement>($"/v1/analytics/reads?limit=7{(after.Length > 0 ? $"&after={after}" : "")}");
            reads.AddRange(page.GetProperty("items").EnumerateArray());
            after = page.TryGetProperty("next", out var next) ? next.GetString()! : null;
        }
        Assert.Equal(reads.Count, reads.Select(read => read.Id()).Distinct().Count());
        return reads;
    }

    private static Task<JsonElement> LookAsync(HttpClient client, Guid id, string query = "") =>
        client.GetFromJsonAsync<JsonElement>($"/v1/analytics/verifications/{id}?{query}");
}
