using System.Globalization;
using System.Text;
using System.Text.Json;
using Xunit;

namespace FlashCall.NumberPool.Tests.Numbers;

public sealed class ImportTests(RunningPool pool) : IClassFixture<RunningPool>
{
    private static int _numbers = 10;

    private readonly int _number = Interlocked.Increment(ref _numbers);

    private string Trunk => $"carrier-{_number}";

    private string Prefix => string.Create(CultureInfo.InvariantCulture, $"+44207{_number}");

    [Fact]
    public async Task Good_lines_are_taken_and_each_bad_one_is_told()
    {
        await pool.ImportAsync($"number,trunk\n{Prefix}90000,{Trunk}\n");
        var csv = $"""
            number,trunk,country,tags
            {Prefix}00xxx,{Trunk},GB,"a;b"
            {Prefix}1000x-{Prefix}10019,{Trunk},,

            {Prefix}10000-{Prefix}10019,{Trunk},,
            ,,,
            {Prefix}10005,{Trunk},,
            {Prefix}90000,{Trunk},,
            {Prefix}20000,{Trunk}
            {Prefix}20001,"{Trunk},,
            {Prefix}20002,No Trunk,,
            {Prefix}20003,{Trunk},SE,
            {Prefix}20004,{Trunk},,a b
            442079460000,{Trunk},,
            {Prefix}00999,{Trunk},,
            {Prefix}20005,{Trunk},gb,last
            """;
        var expected = new (long, string)[]
        {
            (3, "number has an x beside a hyphen"), (7, "number has one that line 5 has too"), (8, "the pool has already"),
            (9, "more or fewer fields"), (10, "quotation mark"), (11, "trunk is no trunk's name"), (12, "country does not have"),
            (13, "tags has one that is no tag"), (14, "number is no number"), (15, "number has one that line 2 has too"),
        };
        foreach (var dryRun in (bool[])[true, false])
        {
            var (status, body) = await pool.ImportAsync(csv, $"?dryRun={dryRun}");
            Assert.Equal((200, dryRun), (status, body.GetProperty("dryRun").GetBoolean()));
            Assert.Equal((1021, 3, 10), (Number(body, "numbers"), Number(body, "lines"), Number(body, "refusedLines")));
            var refused = body.GetProperty("refused").EnumerateArray().ToArray();
            Assert.Equal(expected.Select(line => line.Item1), refused.Select(line => Number(line, "line")));
            Assert.All(refused.Zip(expected), pair =>
                Assert.Contains(pair.Second.Item2, pair.First.GetProperty("reason").GetString(), StringComparison.Ordinal));
            Assert.DoesNotContain(Prefix[1..], body.GetRawText(), StringComparison.Ordinal);
            Assert.Equal(dryRun ? 1 : 4, (await ListAsync()).Length);
        }
        Assert.Equal(["a", "b"], (await ListAsync())[0].GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        var again = await pool.ImportAsync(csv);
        Assert.Equal((200, 0, 13), (again.Status, Number(again.Body, "numbers"), Number(again.Body, "refusedLines")));
    }

    [Fact]
    public async Task A_spreadsheets_file_with_defaults_is_understood()
    {
        var csv = $"\uFEFFTags;Number\r\n\"x;y\";{Prefix}00000\r\n;{Prefix}00001\r\n;;\r\n;\r\n z ; {Prefix}00002 \r\n";
        var (status, body) = await pool.ImportAsync(csv, $"?trunk={Trunk}&tags=d;e");
        Assert.Equal((200, 3, 1), (status, Number(body, "numbers"), Number(body, "refusedLines")));
        Assert.Equal(
            ["x;y", "d;e", "z"],
            (await ListAsync()).Select(run => string.Join(';', run.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()))));
    }

    [Theory]
    [InlineData("", "no column 'number'")]
    [InlineData("trunk\ndemo\n", "no column 'number'")]
    [InlineData("number,notes\n", "Column 2 of the header is none")]
    [InlineData("number,trunk,number\n", "twice")]
    [InlineData("{\"numbers\":[]}", "no column 'number'")]
    public async Task What_is_no_file_of_numbers_is_refused(string csv, string said)
    {
        var (status, body) = await pool.ImportAsync(csv);
        Assert.Equal((422, "malformed_csv"), (status, body.GetProperty("code").GetString()));
        Assert.Contains(said, body.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_breaks_off_into_something_else_changes_nothing()
    {
        var (status, body) = await pool.ImportAsync($"number,trunk\n{Prefix}00000,{Trunk}\n{new string('x', 100_000)}\n");
        Assert.Equal((422, "malformed_csv"), (status, body.GetProperty("code").GetString()));
        Assert.Contains("Line 3 is longer than 64 KiB", body.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task Another_kind_of_body_or_query_is_refused()
    {
        var json = await pool.SendAsync(
            HttpMethod.Post, "/v1/numbers/import", new StringContent("number\n", Encoding.UTF8, "application/json"));
        Assert.Equal((415, "unsupported_media_type"), (json.Status, json.Body.GetProperty("code").GetString()));
        var query = await pool.ImportAsync("number\n", "?trunk=No%20Trunk&tags=a%20b");
        Assert.Equal(422, query.Status);
        Assert.Equal(
            ["tags", "trunk"],
            query.Body.GetProperty("errors").EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Of_many_bad_lines_the_first_ten_thousand_are_told()
    {
        var csv = new StringBuilder("number,trunk\n");
        for (var i = 0; i < 6_000; i++)
            csv.Append(CultureInfo.InvariantCulture, $"none,{Trunk}\n{Prefix}00000,{Trunk}\n");
        var (status, body) = await pool.ImportAsync(csv.ToString());
        Assert.Equal((200, 1, 11_999), (status, Number(body, "numbers"), Number(body, "refusedLines")));
        Assert.Equal(
            Enumerable.Range(2, 10_001).Where(line => line != 3),
            body.GetProperty("refused").EnumerateArray().Select(line => (int)Number(line, "line")));
    }

    [Fact]
    public async Task Scattered_numbers_are_imported_by_the_ten_thousand()
    {
        var csv = new StringBuilder("number,trunk\n");
        for (var i = 0; i < 30_000; i++)
            csv.Append(CultureInfo.InvariantCulture, $"{Prefix}{i * 7919 % 100_000:00000},{Trunk}\n");
        var (_, body) = await pool.ImportAsync(csv.ToString());
        Assert.Equal((30_000, 0), (Number(body, "numbers"), Number(body, "refusedLines")));
        var strength = (await pool.GetAsync("/v1/numbers/strength")).GetProperty("trunks").EnumerateArray()
            .Single(trunk => trunk.GetProperty("name").GetString() == Trunk);
        Assert.Equal(30_000, Number(strength, "active"));
    }

    private static long Number(JsonElement view, string field) => view.GetProperty(field).GetInt64();

    private async Task<JsonElement[]> ListAsync() =>
        [.. (await pool.GetAsync($"/v1/numbers?trunk={Trunk}")).GetProperty("numbers").EnumerateArray()];
}
