using FlashCall.Cli.Tests.Replay;
using FlashCall.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.Cli.Tests;

/// <summary><c>flashcall export</c> from the database itself, and from the service that has it.</summary>
public sealed class ExportDirectTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flashcall-export-").FullName;
    private StoredLog _log = null!;

    public async ValueTask InitializeAsync()
    {
        _log = await StoredLog.CreateAsync(servers);
        await _log.AddAsync(3_000);
    }

    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_lines_are_those_of_the_API()
    {
        var api = await _log.ApiAsync("analytics:read", "operations");
        string[] some = ["--type", "verification_requested", "--type", "call_rang", "--from", "2026-11-20T09:00Z", "--to", "2026-11-20T15:00Z"];

        foreach (var filter in (string[][])[[], some])
        {
            Assert.Equal(0, (await ExportAsync("api", [.. api, .. filter])).ExitCode);
            var direct = await DirectAsync("direct", filter);
            Assert.True(direct.ExitCode == 0, direct.Error);
            Assert.Equal(await ReadAsync("api"), await ReadAsync("direct"));
            Assert.Equal(filter.Length == 0 ? 12_000 : 3_780, (await ReadAsync("direct")).Length);
            File.Delete(At("api"));
            File.Delete(At("direct"));
        }
        var masked = await DirectAsync("direct", some);
        Assert.Equal(0, masked.ExitCode);
        Assert.DoesNotContain("+46701740605", await File.ReadAllTextAsync(At("direct")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_interrupted_and_one_that_died_go_on_where_they_were()
    {
        Assert.Equal(0, (await DirectAsync("whole")).ExitCode);
        var whole = await ReadAsync("whole");

        // It waits for the database when it is interrupted.
        await using (var connection = await _log.Data.OpenConnectionAsync())
        {
            await using var hold = new NpgsqlCommand("begin; lock table mt_events in access exclusive mode", connection);
            await hold.ExecuteNonQueryAsync();
            using var interrupt = new CancellationTokenSource();
            var running = DirectAsync("events", [], interrupt.Token);
            await Eventually.TrueAsync(
                async () => await _log.ReadAsync(
                    "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") is not null, "an export that waits");
            await interrupt.CancelAsync();
            var run = await running;
            Assert.Equal((CommandLine.Interrupted, true), (run.ExitCode, run.Error.Contains("--resume", StringComparison.Ordinal)));
        }
        Assert.Equal((false, true), (File.Exists(At("events")), File.Exists(At("events.part"))));

        // Another died in the middle of a line.
        await File.WriteAllTextAsync(At("events.part"), string.Join('\n', whole[..5_001]) + "\n" + whole[5_001][..40]);
        Assert.Equal(0, (await DirectAsync("events", ["--resume"])).ExitCode);
        Assert.Equal(whole, await ReadAsync("events"));
        Assert.False(File.Exists(At("events.part")));
    }

    [Fact]
    public async Task The_funnel_is_taken_away_with_the_columns_that_are_documented()
    {
        Assert.Equal(0, (await Cli.RunAsync(["replay", "funnel", "--json"], environment: _log.Environment)).ExitCode);
        var api = await _log.ApiAsync("analytics:read", "operations");
        string[] funnel = ["--what", "funnel", "--from", "2026-11-20", "--to", "2026-11-22T00:00Z"];

        foreach (var format in (string[])["parquet", "csv", "ndjson"])
        {
            var run = await ExportAsync($"funnel.{format}", [.. api, .. funnel, "--format", format]);
            Assert.True(run.ExitCode == 0, run.Error);
            var columns = await DuckDb.ColumnsAsync(At($"funnel.{format}"));
            Assert.Equal(ExportReadersTests.Documented("the funnel").Select(ExportReadersTests.Name), columns.Select(ExportReadersTests.Name));
            if (format == "parquet")
                Assert.Equal(ExportReadersTests.Documented("the funnel"), columns);
            Assert.Equal(["3000 2250 2250 9 2026-11-20T08:00:00.000000"], await DuckDb.ReadAsync(
                $"select sum(requested)::bigint, sum(rang)::bigint, sum(verified)::bigint, count(distinct hour), min(hour)::timestamp from '{At($"funnel.{format}")}'"));
            Assert.Equal(["DK 750"], await DuckDb.ReadAsync(
                $"select country, sum((not_verified::json->0->>'sessions')::int)::bigint from '{At($"funnel.{format}")}' where verified = 0 group by 1"));
        }

        // Who may not see trunks gets the rest, of its own application.
        var own = await _log.ApiAsync("analytics:read");
        Assert.Equal(0, (await ExportAsync("own.csv", [.. own, .. funnel, "--format", "csv"])).ExitCode);
        Assert.Single(await ReadAsync("own.csv"));
        var refused = await DirectAsync("none", funnel);
        Assert.Equal((2, true), (refused.ExitCode, refused.Error.Contains("select * from funnel", StringComparison.Ordinal)));
        var noSpan = await ExportAsync("none", [.. own, "--what", "funnel", "--from", "2026-11-20T08:30Z"]);
        Assert.Equal((2, true), (noSpan.ExitCode, noSpan.Error.Contains("whole hours", StringComparison.Ordinal)));
    }

    private string At(string file) => Path.Combine(_folder, file);

    private Task<string[]> ReadAsync(string file) => File.ReadAllLinesAsync(At(file));

    private Task<Cli> DirectAsync(string output, string[]? options = null, CancellationToken interrupt = default) => Cli.RunAsync(
        ["export", "--direct", "--output", At(output), .. options ?? []], environment: _log.Environment, interrupt: interrupt);

    private Task<Cli> ExportAsync(string output, string[] options) => Cli.RunAsync(["export", "--output", At(output), .. options]);
}
