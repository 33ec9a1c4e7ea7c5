using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace FlashCall.Cli.Tests;

/// <summary>Importing files of numbers.</summary>
public sealed class ImportTests : IDisposable
{
    private const string Text = "number,trunk\n+442079460123,demo\nnonsense,demo\n";
    private static readonly object AllTaken = new { dryRun = false, numbers = 1_000, lines = 10, refusedLines = 0, refused = Array.Empty<object>() };
    private static readonly object SomeRefused = new
    {
        dryRun = false,
        numbers = 1,
        lines = 1,
        refusedLines = 3,
        refused = (object[])[new { line = 3, reason = "number is no number, \"so\" to speak." }, new { line = 4, reason = "trunk is missing." }],
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("flashcall-import-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Sends_the_file_and_counts_what_was_taken()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Pool.Answer = _ => TypedResults.Json(AllTaken);

        var cli = await ImportAsync(platform, FileOf(Text), "--trunk", "a b", "--tag", "x", "--tag", "y");

        Assert.Equal((0, "1,000 numbers on 10 lines added, 0 lines refused.\n"), (cli.ExitCode, cli.Output));
        Assert.Matches(@"^Sent 0\.0 of 0\.0 MB, [0-9.]+ MB/s; the pool takes them in\.\n$", cli.Error);
        Assert.Equal(("POST /v1/numbers/import?dryRun=false&trunk=a%20b&tags=x%3By", Text), Assert.Single(platform.Pool.Asked));
    }

    [Fact]
    public async Task Tells_line_by_line_what_was_refused_and_why()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Pool.Answer = _ => TypedResults.Json(SomeRefused);

        var cli = await ImportAsync(platform, FileOf(Text));

        Assert.Equal(1, cli.ExitCode);
        Assert.Equal(
            "line 3: number is no number, \"so\" to speak.\nline 4: trunk is missing.\n"
            + "… and 1 lines more: the pool names the first 2. Correct these and import again.\n1 numbers on 1 lines added, 3 lines refused.\n",
            cli.Output);
    }

    [Fact]
    public async Task Writes_the_report_as_CSV()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Pool.Answer = _ => TypedResults.Json(SomeRefused);
        var report = Path.Combine(_folder, "refused.csv");

        var cli = await ImportAsync(platform, FileOf(Text), "--report", report);

        Assert.Equal(1, cli.ExitCode);
        Assert.DoesNotContain("line 3", cli.Output, StringComparison.Ordinal);
        Assert.Equal("line,reason\n3,\"number is no number, \"\"so\"\" to speak.\"\n4,\"trunk is missing.\"\n", await File.ReadAllTextAsync(report));
    }

    [Fact]
    public async Task Sends_nothing_when_the_report_cannot_be_written()
    {
        await using var platform = await FakePlatform.StartAsync();

        var cli = await ImportAsync(platform, FileOf(Text), "--report", Path.Combine(_folder, "none", "refused.csv"));

        Assert.Equal(2, cli.ExitCode);
        Assert.Contains("Nothing was sent.", cli.Error, StringComparison.Ordinal);
        Assert.Empty(platform.Pool.Asked);
    }

    [Fact]
    public async Task Reads_standard_input_for_a_dry_run_and_prints_JSON()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Pool.Answer = _ => TypedResults.Json(AllTaken);

        var cli = await Cli.RunAsync(
            ["numbers", "import", "-", "--dry-run", "--json", "--api", platform.Address, "--key", FakePlatform.Key], typed: Text);

        Assert.Equal(0, cli.ExitCode);
        Assert.Equal(1_000, JsonSerializer.Deserialize<JsonElement>(cli.Output).GetProperty("numbers").GetInt32());
        Assert.Equal(("POST /v1/numbers/import?dryRun=true", Text), Assert.Single(platform.Pool.Asked));
    }

    [Fact]
    public async Task Shows_a_bar_on_a_terminal()
    {
        await using var platform = await FakePlatform.StartAsync();
        platform.Pool.Answer = _ => TypedResults.Json(AllTaken);

        var cli = await Cli.RunAsync(
            ["numbers", "import", FileOf(Text), "--api", platform.Address, "--key", FakePlatform.Key], errorIsTerminal: true);

        Assert.Equal(0, cli.ExitCode);
        Assert.DoesNotContain("Sent ", cli.Error, StringComparison.Ordinal);
        Assert.Equal("1,000 numbers on 10 lines added, 0 lines refused.\n", cli.Output);
    }

    [Fact]
    public async Task Refusals_come_before_the_file_is_sent()
    {
        await using var platform = await FakePlatform.StartAsync();

        var cli = await Cli.RunAsync(["numbers", "import", FileOf(new string('1', 100_000)), "--api", platform.Address, "--key", "fck_wrong"]);

        Assert.Equal(2, cli.ExitCode);
        Assert.Contains("(401 unauthorized)", cli.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Sent", cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupted_before_the_pool_has_the_file_it_says_that_nothing_was_taken()
    {
        await using var platform = await FakePlatform.StartAsync();
        using var interrupt = new CancellationTokenSource();
        platform.Pool.BeforeBody = async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[1]);
            await interrupt.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };

        // More than what fits on the way.
        var cli = await InterruptedAsync(platform, new string('1', 25_000_000), interrupt);

        Assert.Equal(130, cli.ExitCode);
        Assert.EndsWith("flashcall: Interrupted before the pool had the whole file: nothing of it is in the pool.\n", cli.Error, StringComparison.Ordinal);
        Assert.Empty(platform.Pool.Asked);
    }

    [Fact]
    public async Task Interrupted_after_that_it_says_what_is_not_known()
    {
        await using var platform = await FakePlatform.StartAsync();
        using var interrupt = new CancellationTokenSource();
        platform.Pool.BeforeBody = async context =>
        {
            var length = (int)context.Request.ContentLength!.Value;
            await context.Request.Body.ReadExactlyAsync(new byte[length]);
            await interrupt.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };

        var cli = await InterruptedAsync(platform, Text, interrupt);

        Assert.Equal(130, cli.ExitCode);
        Assert.Contains("all that it took are in it, or none", cli.Error, StringComparison.Ordinal);
    }

    private Task<Cli> InterruptedAsync(FakePlatform platform, string text, CancellationTokenSource interrupt) => Cli.RunAsync(
        ["numbers", "import", FileOf(text), "--api", platform.Address, "--key", FakePlatform.Key], interrupt: interrupt.Token);

    private static Task<Cli> ImportAsync(FakePlatform platform, string file, params string[] more) =>
        Cli.RunAsync(["numbers", "import", file, .. more, "--api", platform.Address, "--key", FakePlatform.Key]);

    private string FileOf(string text)
    {
        var file = Path.Combine(_folder, $"{Guid.NewGuid():N}.csv");
        File.WriteAllText(file, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return file;
    }
}
