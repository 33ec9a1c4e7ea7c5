using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlashCall.Handset.Calls;
using Xunit;

namespace FlashCall.Handset.Tests;

/// <summary>The HTTP face, for real.</summary>
public sealed class HttpTests
{
    [Fact]
    public async Task Waiting_ends_when_the_phone_rings()
    {
        await using var handset = await RunningHandset.StartAsync();
        var waiting = handset.Http.GetFromJsonAsync<JsonElement>("/phones/%2B46701740605/calls?wait=30");
        handset.Caller.Invite("+46701740605");

        var call = Assert.Single((await waiting).EnumerateArray());
        Assert.Equal("ringing", call.GetProperty("state").GetString());
        Assert.Equal(Caller.CallerId, call.GetProperty("callerId").GetString());
        Assert.Equal(JsonValueKind.Null, call.GetProperty("endedAt").ValueKind);
        Assert.Equal(JsonValueKind.Null, call.GetProperty("ringDuration").ValueKind);
        Assert.Equal(["sequence", "callerId", "state", "invitedAt", "rangAt", "endedAt", "sipCallId", "answeredAt", "ringDuration"],
            call.EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public async Task Waiting_is_for_a_call_newer_than_the_one_known()
    {
        await using var handset = await RunningHandset.StartAsync();
        handset.Caller.Invite("+46701740605");
        var first = Assert.Single(await handset.CallsAsync("+46701740605", call => call.RangAt is not null));
        var known = await handset.Http.GetFromJsonAsync<LoggedCall[]>("/phones/+46701740605/calls?wait=30");
        var waiting = handset.Http.GetFromJsonAsync<LoggedCall[]>($"/phones/+46701740605/calls?wait=30&after={first.Sequence}");
        handset.Caller.Invite("+46701740606");
        await handset.CallsAsync("+46701740606", call => call.RangAt is not null);
        Assert.False(waiting.IsCompleted);
        handset.Caller.Invite("+46701740605");

        Assert.Equal(first.Sequence, Assert.Single(known!).Sequence);
        Assert.True(Assert.Single((await waiting)!).Sequence > first.Sequence);
        Assert.Equal(2, (await handset.CallsAsync("+46701740605", _ => true)).Length);
    }

    [Fact]
    public async Task Waiting_ends_without_a_call_when_the_time_is_over()
    {
        await using var handset = await RunningHandset.StartAsync();

        Assert.Empty((await handset.Http.GetFromJsonAsync<LoggedCall[]>("/phones/+46701740605/calls?wait=1"))!);
    }

    [Fact]
    public async Task Who_waits_does_not_hold_up_the_end()
    {
        await using var handset = await RunningHandset.StartAsync();
        var waiting = handset.Http.GetFromJsonAsync<LoggedCall[]>("/phones/+46701740605/calls?wait=60");
        await handset.UntilSomebodyWaitsAsync();
        var clock = Stopwatch.StartNew();

        await handset.StopAsync();

        Assert.Empty((await waiting)!);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Who_listens_hears_of_each_call_as_it_rings_and_of_nothing_that_does_not()
    {
        await using var handset = await RunningHandset.StartAsync("--Handset:PostDialDelay=00:00:00");
        using var lines = new StreamReader(await handset.Http.GetStreamAsync("/calls/ringing"));
        handset.Caller.Invite("+46701740620");
        await handset.Caller.ResponseAsync(486);
        handset.Caller.Invite("+46701740601");
        await handset.Caller.ResponseAsync(180);
        handset.Caller.Invite("+46701740602");

        foreach (var phone in (string[])["+46701740601", "+46701740602"])
        {
            var line = JsonDocument.Parse((await lines.ReadLineAsync())!).RootElement;
            Assert.Equal(phone, line.GetProperty("phone").GetString());
            Assert.Equal(Caller.CallerId, line.GetProperty("call").GetProperty("callerId").GetString());
            Assert.Equal("ringing", line.GetProperty("call").GetProperty("state").GetString());
        }
        await handset.StopAsync();
        Assert.Null(await lines.ReadLineAsync());
    }

    [Fact]
    public async Task A_call_log_can_be_emptied()
    {
        await using var handset = await RunningHandset.StartAsync();
        handset.Caller.Invite("+46701740605");
        await handset.CallsAsync("+46701740605", call => call.RangAt is not null);

        Assert.Equal(HttpStatusCode.NoContent, (await handset.Http.DeleteAsync("/phones/+46701740605/calls")).StatusCode);

        Assert.Empty((await handset.Http.GetFromJsonAsync<LoggedCall[]>("/phones/+46701740605/calls"))!);
    }

    [Fact]
    public async Task Logs_have_limits_and_totals_count_every_call()
    {
        await using var handset = await RunningHandset.StartAsync(
            "--Handset:CallsKept=3", "--Handset:CallsKeptPerPhone=2", "--Handset:PostDialDelay=00:00:00");
        foreach (var phone in new[] { "+46701740601", "+46701740602", "+46701740602", "+46701740602", "+46701740620" })
        {
            handset.Caller.Invite(phone);
            await handset.Caller.ResponseAsync();
        }

        Assert.Empty((await handset.Http.GetFromJsonAsync<LoggedCall[]>("/phones/+46701740601/calls"))!);
        Assert.Equal([4, 3],
            (await handset.Http.GetFromJsonAsync<LoggedCall[]>("/phones/+46701740602/calls"))!.Select(call => call.Sequence));
        var totals = await handset.Http.GetFromJsonAsync<JsonElement>("/calls");
        Assert.Equal((5, 4), (totals.GetProperty("calls").GetInt32(), totals.GetProperty("underWay").GetInt32()));
        Assert.Equal((4, 1, 0), (State("ringing"), State("busy"), State("missed")));
        Assert.Equal(handset.Sip.ToString(), totals.GetProperty("sip").GetProperty("address").GetString());

        int State(string name) => totals.GetProperty("states").GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task A_phone_can_be_given_another_behaviour_and_get_its_own_back()
    {
        await using var handset = await RunningHandset.StartAsync();
        var set = await handset.Http.PutAsJsonAsync(
            "/phones/%2B46701740605/behaviour",
            new { behaviour = "busy", postDialDelay = "00:00:00.001" });
        handset.Caller.Invite("+46701740605");
        await handset.Caller.ResponseAsync(486);
        var reset = await handset.Http.DeleteAsync("/phones/+46701740605/behaviour");
        handset.Caller.Invite("+46701740605");
        await handset.Caller.ResponseAsync(180);

        Assert.Equal("""{"behaviour":"busy","postDialDelay":"00:00:00.0010000","answerAfter":"00:00:01"}""",
            await set.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NoContent, reset.StatusCode);
        Assert.Equal("""{"behaviour":"ring","postDialDelay":"00:00:00.0500000","answerAfter":"00:00:01"}""",
            await handset.Http.GetStringAsync("/phones/+46701740605/behaviour"));
    }

    [Theory]
    [InlineData("GET", "/phones/46701740605/calls", null, 400, "invalid_request", "+46701740605")]
    [InlineData("GET", "/phones/+46701740605123456/calls", null, 400, "invalid_request", "3 to 15 digits")]
    [InlineData("DELETE", "/phones/abc/calls", null, 400, "invalid_request", "number")]
    [InlineData("GET", "/phones/abc/behaviour", null, 400, "invalid_request", "number")]
    [InlineData("DELETE", "/phones/abc/behaviour", null, 400, "invalid_request", "number")]
    [InlineData("GET", "/phones/+46701740605/calls?wait=61", null, 400, "invalid_request", "0 to 60")]
    [InlineData("GET", "/phones/+46701740605/calls?wait=1.5", null, 400, "invalid_request", "wait")]
    [InlineData("GET", "/phones/+46701740605/calls?after=-1", null, 400, "invalid_request", "after")]
    [InlineData("PUT", "/phones/abc/behaviour", """{"behaviour":"busy"}""", 400, "invalid_request", "number")]
    [InlineData("PUT", "/phones/+46701740605/behaviour", "{}", 400, "invalid_request", "announcement")]
    [InlineData("PUT", "/phones/+46701740605/behaviour", """{"behaviour":"dance"}""", 400, "malformed_json", "announcement")]
    [InlineData("PUT", "/phones/+46701740605/behaviour", """{"behaviour":1}""", 400, "malformed_json", "announcement")]
    [InlineData("PUT", "/phones/+46701740605/behaviour", "{", 400, "malformed_json", "behaviour")]
    [InlineData("PUT", "/phones/+46701740605/behaviour", "", 400, "bad_request", "")]
    [InlineData("PUT", "/phones/+46701740605/behaviour", """{"behaviour":"ring","postDialDelay":"00:03:00"}""",
        400, "invalid_request", "postDialDelay")]
    [InlineData("PUT", "/phones/+46701740605/behaviour", """{"behaviour":"answer","answerAfter":"-00:00:01"}""",
        400, "invalid_request", "answerAfter")]
    [InlineData("GET", "/phones", null, 404, "not_found", "/phones/{number}/calls")]
    [InlineData("POST", "/calls", null, 405, "method_not_allowed", "Allow")]
    public async Task A_wrong_request_is_told_what_would_be_right(
        string method, string address, string? body, int status, string code, string hint)
    {
        await using var handset = await RunningHandset.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), address);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");

        var response = await handset.Http.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((status, code), (problem.GetProperty("status").GetInt32(), problem.GetProperty("code").GetString()));
        Assert.Contains(hint, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_is_told()
    {
        await using var handset = await RunningHandset.StartAsync();

        Assert.Equal("""{"status":"healthy"}""", await handset.Http.GetStringAsync("/health/live"));
        Assert.Equal("""{"status":"healthy"}""", await handset.Http.GetStringAsync("/health/ready"));
    }
}
