using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.NumberPool.Tests.Numbers;

/// <summary>Operators add, look at and change numbers. Each test has a trunk and numbers of its own.</summary>
public sealed class NumberApiTests(RunningPool pool) : IClassFixture<RunningPool>
{
    private static int _numbers = 10;

    private readonly int _number = Interlocked.Increment(ref _numbers);

    private string Trunk => $"carrier-{_number}";

    /// <summary>The first seven digits of this test's numbers; five follow.</summary>
    private string Prefix => string.Create(CultureInfo.InvariantCulture, $"+44207{_number}");

    [Fact]
    public async Task Numbers_are_added_and_shown()
    {
        var added = await AddAsync($$"""
            { "numbers": ["{{Prefix}}00xxx", "{{Prefix}}20000-{{Prefix}}20049", "{{Prefix}}30000"], "trunk": "{{Trunk}}",
              "tags": ["b", "a", "b"] }
            """);
        Assert.Equal((200, 1051), (added.Status, added.Body.GetProperty("numbers").GetInt64()));

        var list = (await pool.GetAsync($"/v1/numbers?trunk={Trunk}")).GetProperty("numbers").EnumerateArray().ToArray();
        Assert.Equal(
            [("00000", "00999", 1000L), ("20000", "20049", 50L), ("30000", "30000", 1L)],
            list.Select(run => (Text(run, "first")![^5..], Text(run, "last")![^5..], run.GetProperty("count").GetInt64())));
        Assert.All(list, run => Assert.StartsWith(Prefix, Text(run, "first"), StringComparison.Ordinal));
        Assert.All(list, run => Assert.Equal(
            $$"""{"country":"GB","trunk":"{{Trunk}}","tags":["a","b"],"state":"active","rests":0}""",
            JsonSerializer.Serialize(run.EnumerateObject().Skip(3).ToDictionary(field => field.Name, field => field.Value))));

        var one = await pool.GetAsync($"/v1/numbers/{Prefix}00500");
        Assert.Equal(($"{Prefix}00500", $"{Prefix}00000"), (Text(one, "number"), Text(one.GetProperty("run"), "first")));
        Assert.Equal(("added", "operator"), Only(one, "history", "change", "changedBy"));
        Assert.Empty(one.GetProperty("wear").EnumerateArray());
        Assert.False(one.TryGetProperty("evidence", out _));
    }

    [Fact]
    public async Task What_is_known_of_its_calls_is_shown_with_a_number()
    {
        await AddAsync($$"""{ "numbers": ["{{Prefix}}00000"], "trunk": "{{Trunk}}" }""");
        var number = Prefix[1..] + "00000";
        await pool.ExecuteAsync(
            $"""
            insert into wear values ({number}, '{Trunk}', '+4670', 9, 1, 2, 7, 6, '2026-01-02T03:04:05Z');
            insert into evidence (number, against, in_favour, trials, verified, peers, since)
            values ({number}, 1.5, 0.25, 4, 1, 3, '2026-01-02T00:00:00Z')
            """);
        var one = await pool.GetAsync($"/v1/numbers/{Prefix}00000");
        var figures = """
            "destination":"+4670","rang":9,"answered":1,"blocked":2,"reported":7,"verified":6,"lastAt":"2026-01-02T03:04:05+00:00"
            """;
        Assert.Equal($$"""[{"trunk":"{{Trunk}}",{{figures}}}]""", one.GetProperty("wear").GetRawText());
        Assert.Equal(
            """{"against":1.5,"inFavour":0.25,"calls":4,"verified":1,"peersShare":0.75,"since":"2026-01-02T00:00:00+00:00"}""",
            one.GetProperty("evidence").GetRawText());
    }

    [Fact]
    public async Task All_numbers_are_added_or_none_and_every_mistake_is_named()
    {
        await AddAsync($$"""{ "numbers": ["{{Prefix}}0000x"], "trunk": "{{Trunk}}" }""");
        var refused = await AddAsync($$"""
            { "numbers": ["{{Prefix}}10000", "0{{Prefix}}", "+4"], "trunk": "No Trunk", "tags": ["a b"], "tag": "x" }
            """);
        Assert.Equal((422, "validation_failed"), (refused.Status, Text(refused.Body, "code")));
        Assert.Equal(["numbers[1]", "numbers[2]", "tag", "tags", "trunk"], Errors(refused.Body));

        var shared = await AddAsync($$"""
            { "numbers": ["{{Prefix}}10000", "{{Prefix}}00009", "{{Prefix}}2000x", "{{Prefix}}20005"], "trunk": "{{Trunk}}" }
            """);
        Assert.Equal((422, "validation_failed"), (shared.Status, Text(shared.Body, "code")));
        Assert.Equal(["numbers[1]", "numbers[3]"], Errors(shared.Body));
        Assert.Contains("that numbers[2] has too", shared.Body.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain(Prefix[1..], shared.Body.GetRawText(), StringComparison.Ordinal);

        var abroad = await AddAsync($$"""{ "numbers": ["{{Prefix}}10000"], "trunk": "{{Trunk}}", "country": "SE" }""");
        Assert.Equal((422, "country"), (abroad.Status, Assert.Single(Errors(abroad.Body))));
        Assert.Single((await pool.GetAsync($"/v1/numbers?prefix={Prefix}")).GetProperty("numbers").EnumerateArray());
    }

    [Fact]
    public async Task Numbers_rest_retire_and_come_back_with_the_reason()
    {
        await AddAsync($$"""{ "numbers": ["{{Prefix}}00xxx"], "trunk": "{{Trunk}}" }""");
        Assert.Equal((200, 100, 100), await ChangeAsync("rest", $$"""
            { "numbers": ["{{Prefix}}001xx"], "reason": "complaints", "for": "48:00:00" }
            """));
        Assert.Equal((200, 200, 200), await ChangeAsync("retire", $$"""
            { "numbers": ["{{Prefix}}003xx", "{{Prefix}}004xx", "{{Prefix}}99999"], "reason": "given back" }
            """));
        Assert.Equal((200, 200, 0), await ChangeAsync("retire", $$"""
            { "numbers": ["{{Prefix}}00300-{{Prefix}}00499"], "reason": "again" }
            """));

        var list = (await pool.GetAsync($"/v1/numbers?trunk={Trunk}")).GetProperty("numbers").EnumerateArray().ToArray();
        Assert.Equal(["active", "resting", "active", "retired", "active"], list.Select(run => Text(run, "state")));
        Assert.Equal(("complaints", "operator"), (Text(list[1], "reason"), Text(list[1], "changedBy")));
        Assert.InRange(
            list[1].GetProperty("restsUntil").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddHours(47), DateTimeOffset.UtcNow.AddHours(48));
        Assert.Equal("given back", Text(list[3], "reason"));

        Assert.Equal((200, 1000, 300), await ChangeAsync("activate", $$"""{ "numbers": ["{{Prefix}}00xxx"], "reason": "all well" }"""));
        var whole = Assert.Single((await pool.GetAsync($"/v1/numbers?trunk={Trunk}")).GetProperty("numbers").EnumerateArray());
        Assert.False(whole.TryGetProperty("reason", out _));
        var history = (await pool.GetAsync($"/v1/numbers/{Prefix}00150")).GetProperty("history").EnumerateArray().ToArray();
        Assert.Equal(["activated", "rested", "added"], history.Select(change => Text(change, "change")));
        Assert.Equal(["all well", "complaints"], history.Take(2).Select(change => Text(change, "reason")));

        Assert.Equal((200, 1, 1), await ChangeAsync("remove", $$"""{ "numbers": ["{{Prefix}}00500"], "reason": "sold" }"""));
        var gone = await pool.SendAsync(HttpMethod.Get, $"/v1/numbers/{Prefix}00500", content: null);
        Assert.Equal((404, "numbers_not_found"), (gone.Status, Text(gone.Body, "code")));
        Assert.Equal((200, 1), (
            (await AddAsync($$"""{ "numbers": ["{{Prefix}}00500"], "trunk": "{{Trunk}}" }""")).Status,
            (await pool.GetAsync($"/v1/numbers?prefix={Prefix}00500")).GetProperty("numbers").GetArrayLength()));
    }

    [Fact]
    public async Task A_rest_that_is_over_is_a_trial()
    {
        await AddAsync($$"""{ "numbers": ["{{Prefix}}0000x"], "trunk": "{{Trunk}}" }""");
        await ChangeAsync("rest", $$"""{ "numbers": ["{{Prefix}}00005"], "reason": "tired", "for": "00:00:00.001" }""");
        await Eventually.TrueAsync(
            async () => (await pool.GetAsync($"/v1/numbers?trunk={Trunk}&state=on_trial")).GetProperty("numbers").GetArrayLength() == 1,
            "the number is on trial");
        Assert.Empty((await pool.GetAsync($"/v1/numbers?trunk={Trunk}&state=resting")).GetProperty("numbers").EnumerateArray());
        var counts = (await pool.GetAsync("/v1/numbers/statistics")).GetProperty("trunks").EnumerateArray()
            .Single(count => Text(count, "name") == Trunk);
        Assert.Equal((9, 1), (counts.GetProperty("active").GetInt64(), counts.GetProperty("onTrial").GetInt64()));
    }

    [Theory]
    [InlineData("rest", """{ "numbers": ["+442071234567"], "reason": "r" }""", 422, "until")]
    [InlineData("rest", """{ "numbers": ["+442071234567"], "reason": "r", "until": "tomorrow" }""", 400, "until")]
    [InlineData("rest", """{ "numbers": ["+442071234567"], "reason":"r", "for":"1:00", "until": "2030-01-01T00:00:00Z" }""", 422, "until")]
    [InlineData("rest", """{ "numbers": ["+442071234567"], "reason": "r", "until": "2020-01-01T00:00:00Z" }""", 422, "until")]
    [InlineData("rest", """{ "numbers": ["+442071234567"], "reason": "r", "for": "a day" }""", 422, "for")]
    [InlineData("rest", """{ "numbers": ["+442071234567"], "reason": "r", "for": "400.00:00:00" }""", 422, "for")]
    [InlineData("retire", """{ "numbers": ["+442071234567"], "reason": "r", "for": "01:00:00" }""", 422, "for")]
    [InlineData("retire", """{ "numbers": ["+442071234567"] }""", 422, "reason")]
    [InlineData("retire", """{ "numbers": [], "reason": "r" }""", 422, "numbers")]
    [InlineData("activate", """{ "reason": "r" }""", 422, "numbers")]
    [InlineData("activate", """{ "numbers": ["+442071234567", null], "reason": "r" }""", 422, "numbers[1]")]
    [InlineData("remove", """{ "numbers": ["+442071234567"], "reason": "r", "all": true }""", 422, "all")]
    [InlineData("remove", """{ "numbers": ["+442071234567"], "reason": "r" }""", 404, null)]
    [InlineData("remove", """{ "numbers": "+442071234567", "reason": "r" }""", 400, "numbers")]
    public async Task A_change_that_cannot_be_made_is_refused(string what, string body, int status, string? field)
    {
        var refused = await pool.PostAsync($"/v1/numbers/{what}", body);
        Assert.Equal(status, refused.Status);
        Assert.DoesNotContain("2071234567", refused.Body.GetRawText(), StringComparison.Ordinal);
        if (field is null)
            Assert.Equal("numbers_not_found", Text(refused.Body, "code"));
        else
            Assert.Equal([field], Errors(refused.Body));
    }

    [Fact]
    public async Task Pages_show_each_number_once()
    {
        await AddAsync($$"""
            { "numbers": [{{string.Join(", ", Enumerable.Range(0, 25).Select(i => $"\"{Prefix}{i * 2:00000}\""))}}], "trunk": "{{Trunk}}",
              "tags": ["paged-{{_number}}"] }
            """);
        foreach (var filter in (string[])
        [
            $"trunk={Trunk}", $"tag=paged-{_number}", $"prefix={Uri.EscapeDataString(Prefix)}", $"prefix={Prefix}&country=gb&state=active",
        ])
        {
            var (seen, cursor) = (new List<string?>(), "");
            do
            {
                var page = await pool.GetAsync($"/v1/numbers?{filter}&limit=10&cursor={cursor}");
                var numbers = page.GetProperty("numbers").EnumerateArray().Select(run => Text(run, "first")).ToArray();
                Assert.InRange(numbers.Length, 1, 10);
                seen.AddRange(numbers);
                cursor = page.TryGetProperty("next", out var next) ? next.GetString() : null;
            }
            while (cursor is not null);
            Assert.Equal(Enumerable.Range(0, 25).Select(i => $"{Prefix}{i * 2:00000}"), seen);
        }
        Assert.Empty((await pool.GetAsync($"/v1/numbers?trunk={Trunk}&state=retired")).GetProperty("numbers").EnumerateArray());
        Assert.Empty((await pool.GetAsync($"/v1/numbers?trunk={Trunk}&country=SE")).GetProperty("numbers").EnumerateArray());
    }

    [Fact]
    public async Task A_prefix_finds_the_run_that_it_lies_in()
    {
        await AddAsync($$"""{ "numbers": ["{{Prefix}}xxxxx"], "trunk": "{{Trunk}}" }""");
        var found = (await pool.GetAsync($"/v1/numbers?prefix={Prefix}55")).GetProperty("numbers").EnumerateArray();
        Assert.Equal($"{Prefix}00000", Text(Assert.Single(found), "first"));
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("state=gone", "state")]
    [InlineData("prefix=44x", "prefix")]
    [InlineData("prefix=%2B", "prefix")]
    [InlineData("cursor=***", "cursor")]
    [InlineData("cursor=YWJj", "cursor")]
    public async Task A_list_that_makes_no_sense_is_refused(string query, string field)
    {
        var refused = await pool.SendAsync(HttpMethod.Get, $"/v1/numbers?{query}", content: null);
        Assert.Equal((422, field), (refused.Status, Assert.Single(Errors(refused.Body))));
    }

    [Fact]
    public async Task No_trace_holds_a_number_that_was_asked_for()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        foreach (var number in (string[])[$"{Prefix}00000", $"%2B{Prefix[1..]}00000"])
            await pool.SendAsync(HttpMethod.Get, $"/v1/numbers/{number}?of={Prefix}00000", content: null);
        await Eventually.TrueAsync(
            () => Paths().Count(path => path == "/v1/numbers/{number}") >= 2, "two spans with the number hidden");
        Assert.DoesNotContain(
            spans.SelectMany(span => span.TagObjects),
            tag => tag.Value?.ToString()?.Contains($"{Prefix[1..]}00000", StringComparison.Ordinal) == true);

        IEnumerable<string?> Paths() => spans.Select(span => span.GetTagItem("url.path") as string).OfType<string>();
    }

    [Theory]
    [InlineData("GET", "/v1/numbers")]
    [InlineData("GET", "/v1/numbers/+442079460000")]
    [InlineData("GET", "/v1/numbers/statistics")]
    [InlineData("GET", "/v1/numbers/strength")]
    [InlineData("POST", "/v1/numbers")]
    [InlineData("POST", "/v1/numbers/import")]
    [InlineData("POST", "/v1/numbers/rest")]
    [InlineData("POST", "/v1/numbers/retire")]
    [InlineData("POST", "/v1/numbers/activate")]
    [InlineData("POST", "/v1/numbers/remove")]
    public async Task Only_an_application_for_operations_is_let_in(string method, string path)
    {
        using var stranger = new HttpClient { BaseAddress = pool.Address };
        using var app = Operator.Client(pool.Address, "shop", "verifications:write", "verifications:read");
        using var unauthorized = await stranger.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        using var forbidden = await app.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden), (unauthorized.StatusCode, forbidden.StatusCode));
    }

    private static string? Text(JsonElement view, string field) => view.GetProperty(field).GetString();

    private static (string?, string?) Only(JsonElement view, string list, string one, string other)
    {
        var entry = Assert.Single(view.GetProperty(list).EnumerateArray());
        return (Text(entry, one), Text(entry, other));
    }

    private static IEnumerable<string> Errors(JsonElement problem) =>
        problem.GetProperty("errors").EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal);

    private Task<(int Status, JsonElement Body)> AddAsync(string body) => pool.PostAsync("/v1/numbers", body);

    private async Task<(int Status, long Numbers, long Changed)> ChangeAsync(string what, string body)
    {
        var (status, answer) = await pool.PostAsync($"/v1/numbers/{what}", body);
        return (status, answer.GetProperty("numbers").GetInt64(), answer.GetProperty("changed").GetInt64());
    }
}
