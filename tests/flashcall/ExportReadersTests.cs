using System.Text.RegularExpressions;
using Xunit;

namespace FlashCall.Cli.Tests;

/// <summary>What is exported is read by DuckDB as it is, with the columns that docs/analysts.md says.</summary>
public sealed partial class ExportReadersTests : IAsyncLifetime
{
    private const int Sessions = 300;

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        ["text"] = "VARCHAR",
        ["whole"] = "BIGINT",
        ["number"] = "DOUBLE",
        ["truth"] = "BOOLEAN",
        ["time"] = "TIMESTAMP WITH TIME ZONE",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("flashcall-export-").FullName;
    private FakePlatform _platform = null!;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        for (var session = 1; session <= Sessions; session++)
            _platform.Events.AddSession(session);
    }

    public async ValueTask DisposeAsync()
    {
        await _platform.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Events_are_read_in_each_format()
    {
        var parquet = await ExportAsync("events", "parquet");
        Assert.Equal(Documented("events"), await DuckDb.ColumnsAsync(parquet));
        var csv = await ExportAsync("events", "csv");
        Assert.Equal(Documented("events").Select(Name), (await DuckDb.ColumnsAsync(csv)).Select(Name));
        foreach (var file in (string[])[parquet, csv])
        {
            Assert.Equal([$"{Sessions * 8} {Sessions} 1 {(Sessions * 16) - 1} 2026-11-23T09:00:00.001000"], await DuckDb.ReadAsync(
                $"select count(*), count(distinct verification_id), min(cursor), max(cursor), min(\"at\")::timestamp from '{file}'"));
            Assert.Equal([$"{Sessions} {Sessions * 7}"], await DuckDb.ReadAsync(
                $"select count(*) filter (json_extract_string(data, '$.factors[0].detail') = '\"quoted\", and more'), count(*) filter (attempt_id is null or attempt_id = 'a') - {Sessions} "
                + $"from '{file}'"));
        }
        var ndjson = await ExportAsync("events", "ndjson");
        Assert.Equal(["cursor", "verificationId", "version", "type", "storedAt", "traceId", "data"], (await DuckDb.ColumnsAsync(ndjson)).Select(Name));
        Assert.Equal([$"{Sessions * 8} {Sessions}"], await DuckDb.ReadAsync(
            $"select count(*), count(*) filter (data.score = 7) from '{ndjson}'"));
    }

    [Fact]
    public async Task Sessions_are_read_in_each_format()
    {
        var parquet = await ExportAsync("sessions", "parquet");
        Assert.Equal(Documented("sessions"), await DuckDb.ColumnsAsync(parquet));
        foreach (var file in (string[])[parquet, await ExportAsync("sessions", "csv"), await ExportAsync("sessions", "ndjson")])
        {
            Assert.Equal(Documented("sessions").Select(Name), (await DuckDb.ColumnsAsync(file)).Select(Name));
            Assert.Equal([$"{Sessions} {Sessions} 0 500 2026-11-23T09:00:01.001000 0"], await DuckDb.ReadAsync(
                $"select count(*), count(*) filter (outcome = 'succeeded'), count(*) filter (answered), max(ms_to_ring)::bigint, min(ended_at)::timestamp, count(reason) from '{file}'"));
        }
    }

    /// <summary>The columns of a table, with the types that are Parquet's.</summary>
    internal static IReadOnlyList<string> Documented(string what)
    {
        var page = File.ReadAllText(Path.Combine(Root(), "docs", "analysts.md"));
        var table = page[page.IndexOf($"| column of {what} |", StringComparison.Ordinal)..];
        table = table[..table.IndexOf("\n\n", StringComparison.Ordinal)];
        return
        [
            .. table.Split('\n').Skip(2).Select(line => line.Split('|')).SelectMany(cells =>
                Quoted().Matches(cells[1]).Select(name => $"{name.Groups[1].Value} {Types[cells[2].Trim()]}")),
        ];
    }

    internal static string Name(string column) => column[..column.IndexOf(' ', StringComparison.Ordinal)];

    private async Task<string> ExportAsync(string what, string format)
    {
        var file = Path.Combine(_folder, $"{what}.{format}");
        var run = await Cli.RunAsync(["export", "--api", _platform.Address, "--key", FakePlatform.Key, "--what", what, "--format", format, "--output", file]);
        Assert.True(run.ExitCode == 0, run.Error);
        return file;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FlashCall.Platform.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run from within the repository.");
    }

    [GeneratedRegex("`([a-z0-9_]+)`")]
    private static partial Regex Quoted();
}
