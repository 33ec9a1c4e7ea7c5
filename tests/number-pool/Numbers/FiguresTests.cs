using System.Text.Json;
using Xunit;

namespace FlashCall.NumberPool.Tests.Numbers;

/// <summary>One pool, looked at from all sides.</summary>
public sealed class FiguresTests(RunningPool pool) : IClassFixture<RunningPool>, IAsyncLifetime
{
    public async ValueTask InitializeAsync()
    {
        await pool.ExecuteAsync("truncate runs, slots, cells, history, uses, wear, trunk_news");
        foreach (var body in (string[])
        [
            """{ "numbers": ["+44207946xxxx"], "trunk": "east", "tags": ["bought"] }""",
            """{ "numbers": ["+4420794700xx"], "trunk": "west", "tags": ["bought", "new"] }""",
            """{ "numbers": ["+4670174060x"], "trunk": "west" }""",
        ])
        {
            Assert.Equal(200, (await pool.PostAsync("/v1/numbers", body)).Status);
        }

        await pool.PostAsync("/v1/numbers/retire", """{ "numbers": ["+442079470000"], "reason": "r" }""");
        await pool.PostAsync("/v1/numbers/rest", """{ "numbers": ["+442079460000-+442079460099"], "reason": "r", "for": "24:00:00" }""");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Numbers_are_counted_by_country_trunk_and_tag()
    {
        await pool.ExecuteAsync(
            """
            insert into uses (number, at) values (442079460500, array[now() - interval '2 hours', now() - interval '10 minutes', now()]),
                (442079460501, array[now()]);
            insert into wear values (442079460500, 'east', '+4670', 10, 1, 2, 7, 6, now()),
                (442079460500, 'east', '+4671', 1, 0, 0, 1, 1, now())
            """);
        var statistics = await pool.GetAsync("/v1/numbers/statistics");
        Assert.Equal(
            """{"numbers":10110,"active":10009,"resting":100,"onTrial":0,"retired":1}""", statistics.GetProperty("all").GetRawText());
        Assert.Equal(
            [
                """{"name":"GB","numbers":10100,"active":9999,"resting":100,"onTrial":0,"retired":1}""",
                """{"name":"SE","numbers":10,"active":10,"resting":0,"onTrial":0,"retired":0}""",
            ],
            statistics.GetProperty("countries").EnumerateArray().Select(country => country.GetRawText()));
        Assert.Equal([("east", 10_000), ("west", 110)], Counts(statistics, "trunks", "numbers"));
        Assert.Equal([("bought", 10_100), ("new", 100)], Counts(statistics, "tags", "numbers"));
        Assert.Equal(3, statistics.GetProperty("leasesOfLastHour").GetInt64());
        Assert.Equal(
            """[{"trunk":"east","rang":11,"answered":1,"blocked":2,"reported":8,"verified":7}]""",
            statistics.GetProperty("wear").GetRawText());
    }

    [Fact]
    public async Task Strength_says_what_is_told_and_what_to_buy()
    {
        var strength = await pool.GetAsync("/v1/numbers/strength");
        Assert.Equal((4, 10_009), (strength.GetProperty("level").GetInt32(), strength.GetProperty("all").GetProperty("active").GetInt64()));
        var britain = One(strength, "countries", "GB");
        Assert.Equal((9_999, 13.3), (britain.GetProperty("active").GetInt64(), britain.GetProperty("bits").GetDouble()));
        Assert.Equal("""{"prefix":"+44","trunk":"west","active":99,"bits":6.6}""", britain.GetProperty("least").GetRawText());
        Assert.Equal("""{"prefix":"+44207946","trunk":"east","active":9900,"bits":13.3}""", britain.GetProperty("most").GetRawText());
        Assert.Equal(
            """[{"bits":10,"numbers":0},{"bits":13.3,"numbers":1},{"bits":16.6,"numbers":90001},{"bits":20,"numbers":1038577}]""",
            britain.GetProperty("missing").GetRawText());
        Assert.Equal("+46", One(strength, "trunks", "west").GetProperty("least").GetProperty("prefix").GetString());
        Assert.Equal("+44207946", One(strength, "trunks", "east").GetProperty("least").GetProperty("prefix").GetString());
        Assert.Equal(9_999, One(strength, "tags", "bought").GetProperty("active").GetInt64());
        Assert.False(One(strength, "tags", "bought").TryGetProperty("least", out _));
        // Where fewer are wanted, more is told.
        Assert.Equal("+44207946", One(await pool.GetAsync("/v1/numbers/strength?level=2"), "countries", "GB").GetProperty("most")
            .GetProperty("prefix").GetString());
    }

    [Fact]
    public async Task Towards_a_phone_the_trunks_count_that_take_calls_to_it()
    {
        await pool.ExecuteAsync(
            """
            insert into trunk_news values
                (gen_random_uuid(), now(), '[{"name": "east", "usable": false, "destinations": []},
                    {"name": "west", "usable": true, "destinations": ["+46"]}]'),
                (gen_random_uuid(), now() - interval '1 hour', '[{"name": "east", "usable": true, "destinations": []}]')
            """);
        Assert.Equal([("west", 109)], Counts(await pool.GetAsync("/v1/numbers/strength?to=%2B46701740605"), "trunks", "active"));
        var nowhere = await pool.GetAsync("/v1/numbers/strength?to=%2B442079460123");
        Assert.Empty(nowhere.GetProperty("trunks").EnumerateArray());
        Assert.Equal(0, nowhere.GetProperty("all").GetProperty("active").GetInt64());
        Assert.Equal(2, (await pool.GetAsync("/v1/numbers/strength")).GetProperty("trunks").GetArrayLength());
    }

    [Theory]
    [InlineData("to=nobody", "to")]
    [InlineData("level=7", "level")]
    [InlineData("level=1", "level")]
    public async Task A_question_that_makes_no_sense_is_refused(string query, string field)
    {
        var (status, body) = await pool.SendAsync(HttpMethod.Get, $"/v1/numbers/strength?{query}", content: null);
        Assert.Equal((422, field), (status, Assert.Single(body.GetProperty("errors").EnumerateObject()).Name));
    }

    [Fact]
    public async Task An_empty_pool_has_no_figures()
    {
        await pool.ExecuteAsync("truncate runs, slots, cells");
        var strength = (await pool.GetAsync("/v1/numbers/strength")).GetProperty("all");
        Assert.Equal(0, strength.GetProperty("active").GetInt64());
        Assert.Equal(1024, strength.GetProperty("missing")[0].GetProperty("numbers").GetInt64());
        Assert.False(strength.TryGetProperty("bits", out _));
        Assert.Equal(0, (await pool.GetAsync("/v1/numbers/statistics")).GetProperty("all").GetProperty("numbers").GetInt64());
    }

    private static JsonElement One(JsonElement view, string list, string name) =>
        view.GetProperty(list).EnumerateArray().Single(one => one.GetProperty("name").GetString() == name);

    private static IEnumerable<(string?, int)> Counts(JsonElement view, string list, string field) =>
        view.GetProperty(list).EnumerateArray().Select(one => (one.GetProperty("name").GetString(), one.GetProperty(field).GetInt32()));
}
