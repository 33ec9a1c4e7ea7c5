using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace FlashCall.Cli.Tests;

/// <summary>Looking after numbers, imports excepted.</summary>
public sealed class NumbersTests
{
    private static readonly object Block = new
    {
        first = "+442079460000",
        last = "+442079469999",
        count = 10_000,
        country = "GB",
        trunk = "demo",
        tags = (string[])["[uk]"],
        state = "resting",
        restsUntil = "2026-12-01T06:00:00Z",
        rests = 1,
        reason = "blocked",
        changedBy = "wear",
        changedAt = "2026-11-23T09:00:00Z",
    };

    [Fact]
    public async Task Lists_page_by_page_as_many_as_asked_for()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Pool.Answer = request => TypedResults.Json(new
        {
            numbers = (object[])[Block, Block],
            next = request.Contains("cursor", StringComparison.Ordinal) ? null : "a b",
        });

        var cli = await RunAsync(platform, "list", "--country", "GB", "--prefix", "+4420", "--limit", "5");

        Assert.Equal((0, ""), (cli.ExitCode, cli.Error));
        Assert.Equal(
            ["GET /v1/numbers?limit=5&country=GB&prefix=%2B4420", "GET /v1/numbers?limit=3&country=GB&prefix=%2B4420&cursor=a%20b"],
            platform.Pool.Asked.Select(asked => asked.Request));
        Assert.Contains("+442079460000 to +442079469999", cli.Output, StringComparison.Ordinal);
        Assert.Contains("[uk]", cli.Output, StringComparison.Ordinal);
        Assert.Contains("resting until 2026-12-01 06:00Z", cli.Output, StringComparison.Ordinal);
        Assert.Equal("40,000 numbers in 4 rows.", cli.LastLine);
    }

    [Fact]
    public async Task Says_when_there_are_more_and_lists_all_when_told()
    {
        await using var platform = await FakePlatform.StartAsync();
        var pages = 0;
        platform.Pool.Answer = _ => TypedResults.Json(new { numbers = (object[])[Block], next = ++pages % 3 == 0 ? null : "next" });

        Assert.EndsWith("there are more: give --limit or --all.", (await RunAsync(platform, "list", "--limit", "1")).LastLine, StringComparison.Ordinal);
        var json = await RunAsync(platform, "list", "--all", "--json");

        using var document = JsonDocument.Parse(json.Output);
        Assert.Equal(2, document.RootElement.GetProperty("numbers").GetArrayLength());
        Assert.Equal("+442079460000", document.RootElement.GetProperty("numbers")[0].GetProperty("first").GetString());
    }

    [Fact]
    public async Task Shows_all_that_is_known_of_a_number()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Pool.Answer = _ => TypedResults.Json(new
        {
            number = "+442079460123",
            run = Block,
            history = (object[])[new { first = "+442079460000", last = "+442079469999", change = "rested", reason = "few verified", changedBy = "wear", changedAt = "2026-11-23T09:00:00Z" }],
            wear = (object[])[new { trunk = "demo", destination = "+4670", rang = 1200, answered = 3, blocked = 4, reported = 5, verified = 6, lastAt = "2026-11-23T09:00:00Z" }],
        });

        var cli = await RunAsync(platform, "show", "+442079460123");

        Assert.Equal("GET /v1/numbers/+442079460123", Assert.Single(platform.Pool.Asked).Request);
        Assert.Contains("few verified", cli.Output, StringComparison.Ordinal);
        Assert.Contains("1,200", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Adds_numbers_with_their_trunk_and_tags()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Pool.Answer = _ => TypedResults.Json(new { numbers = 101 });

        var cli = await RunAsync(platform, "add", "+4420794600xx", "+442079461111", "--trunk", "demo", "--tag", "a", "--tag", "b");

        Assert.Equal((0, "101 numbers added."), (cli.ExitCode, cli.LastLine));
        var (request, body) = Assert.Single(platform.Pool.Asked);
        Assert.Equal("POST /v1/numbers", request);
        Assert.Equal("""{"numbers":["\u002B4420794600xx","\u002B442079461111"],"trunk":"demo","tags":["a","b"]}""", body);
    }

    [Theory]
    [InlineData("rest --for 7d", "rest", "for", "7.00:00:00", "3 numbers rest now, 1 of them already.")]
    [InlineData("rest --for 90m", "rest", "for", "0.01:30:00", "3 numbers rest now, 1 of them already.")]
    [InlineData("rest --for 36h", "rest", "for", "36:00:00", "3 numbers rest now, 1 of them already.")]
    [InlineData("rest --until 2030-01-31T06:00:00Z", "rest", "until", "2030-01-31T06:00:00+00:00", "3 numbers rest now, 1 of them already.")]
    [InlineData("retire", "retire", null, null, "3 numbers are retired now, 1 of them already.")]
    [InlineData("activate", "activate", null, null, "3 numbers are active now, 1 of them already.")]
    [InlineData("remove", "remove", null, null, "3 numbers are removed now, 1 of them already.")]
    public async Task Changes_what_becomes_of_numbers(string command, string path, string? field, string? value, string said)
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Pool.Answer = _ => TypedResults.Json(new { numbers = 3, changed = 2 });

        var cli = await RunAsync(platform, [.. command.Split(' '), "+44207946000x", "--reason", "why not"]);

        Assert.Equal((0, said), (cli.ExitCode, cli.LastLine));
        var (request, body) = Assert.Single(platform.Pool.Asked);
        Assert.Equal($"POST /v1/numbers/{path}", request);
        var sent = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.Equal("why not", sent.GetProperty("reason").GetString());
        if (field is not null)
            Assert.Equal(value, sent.GetProperty(field).GetString());
        Assert.Equal(field is null ? 2 : 3, sent.EnumerateObject().Count());
    }

    [Fact]
    public async Task Shows_what_to_buy()
    {
        await using var platform = await FakePlatform.StartAsync();
        var group = new
        {
            name = "GB",
            active = 9_999,
            bits = 13.3,
            least = new { prefix = "+44207946", trunk = "demo", active = 9_999, bits = 13.3 },
            missing = (object[])[new { bits = 10.0, numbers = 0 }, new { bits = 20.0, numbers = 1_038_577 }],
        };
        platform.Pool.Answer = _ => TypedResults.Json(new { level = 4, all = group with { name = null! }, countries = (object[])[group], trunks = (object[])[], tags = (object[])[] });

        var cli = await RunAsync(platform, "strength", "--to", "+46701740605");

        Assert.Equal("GET /v1/numbers/strength?to=%2B46701740605", Assert.Single(platform.Pool.Asked).Request);
        Assert.Contains("buy for 20.0", cli.Output, StringComparison.Ordinal);
        Assert.Contains("1,038,577", cli.Output, StringComparison.Ordinal);
        Assert.Contains("+44207946… 9,999 (13.3)", cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_by_state()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Pool.Answer = _ => TypedResults.Json(new
        {
            all = new { numbers = 12_345, active = 12_000, resting = 300, onTrial = 40, retired = 5 },
            countries = (object[])[],
            trunks = (object[])[],
            tags = (object[])[],
            leasesOfLastHour = 77,
            wear = (object[])[],
        });

        var cli = await RunAsync(platform, "statistics");

        Assert.Contains("12,345", cli.Output, StringComparison.Ordinal);
        Assert.Contains("77 leases in the last hour.", cli.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Give --until or --for", "rest", "+44", "--reason", "r")]
    [InlineData("Give --until or --for", "rest", "+44", "--reason", "r", "--for", "1d", "--until", "2030-01-01")]
    [InlineData("which is no duration", "rest", "+44", "--reason", "r", "--for", "soon")]
    [InlineData("which is no time", "rest", "+44", "--reason", "r", "--until", "soon")]
    [InlineData("flashcall numbers retire --help", "retire", "+44")]
    [InlineData("--limit is less than 1", "list", "--limit", "0")]
    [InlineData("cannot be read", "import", "/does/not/exist")]
    public async Task Refuses_wrong_usage_with_one_line(string expected, params string[] args)
    {
        await using var platform = await FakePlatform.StartAsync();

        var cli = await RunAsync(platform, args);

        Assert.Equal(2, cli.ExitCode);
        Assert.Contains(expected, cli.Error, StringComparison.Ordinal);
        Assert.Single(cli.Error.TrimEnd('\n').Split('\n'));
        Assert.Empty(platform.Pool.Asked);
    }

    private static Task<Cli> RunAsync(FakePlatform platform, params string[] args) =>
        Cli.RunAsync(["numbers", .. args, "--api", platform.Address, "--key", FakePlatform.Key]);
}
