using System.Text.Json;
using FlashCall.Testing;
using Parquet;
using Parquet.Schema;
using Xunit;

namespace FlashCall.Cli.Tests;

/// <summary><c>flashcall export</c> against a stream of events that breaks off and falls silent.</summary>
public sealed class ExportTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flashcall-export-").FullName;
    private FakePlatform _platform = null!;

    public async ValueTask InitializeAsync() => _platform = await FakePlatform.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _platform.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Events_as_NDJSON_are_the_lines_of_the_stream_however_often_it_breaks_off()
    {
        Sessions(40);
        _platform.Events.CutAfter = 150;

        var run = await RunAsync("events.ndjson", "--from", "2026-11-23", "--type", "call_rang", "--country", "SE");

        Assert.Equal((0, "events.ndjson", "320 rows"), (run.ExitCode, Files(), run.Error[..8]));
        Assert.Equal(_platform.Events.Lines, await ReadLinesAsync("events.ndjson"));
        Assert.Equal(
            ["?after=0&from=2026-11-23T00:00:00.000000Z&type=call_rang&country=SE", "?after=299&from=2026-11-23T00:00:00.000000Z&type=call_rang&country=SE"],
            _platform.Events.Queries[..2]);
    }

    [Fact]
    public async Task A_stream_that_brings_nothing_any_more_is_given_up_and_no_half_file_left()
    {
        Sessions(1);
        _platform.Events.CutAfter = 0;

        var run = await RunAsync("events.csv", "--format", "csv");

        Assert.Equal((2, ""), (run.ExitCode, Files()));
        Assert.Contains("again and again", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_as_CSV_have_a_header_and_quotes_where_they_are_needed()
    {
        Sessions(1);

        Assert.Equal(0, (await RunAsync("events.csv", "--format", "csv")).ExitCode);

        var lines = await ReadLinesAsync("events.csv");
        Assert.Equal("cursor,verification_id,version,type,at,stored_at,attempt_id,reason,trace_id,cause,data", lines[0]);
        Assert.Equal(9, lines.Count);
        Assert.StartsWith("3,00000001-0000-7000-8000-000000000001,2,risk_assessed,2026-11-23T09:00:00.011000Z,2026-11-23T09:00:00.011000Z,,,4bf92f3577b34da6a3ce929d0e0e4736,,\"{\"\"verdict\"\":\"\"Allow\"\"", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_as_Parquet_have_types_and_row_groups_of_bounded_size()
    {
        Sessions(2_501);

        Assert.Equal(0, (await RunAsync("events.parquet", "--format", "parquet")).ExitCode);

        await using var file = File.OpenRead(Path.Combine(_folder, "events.parquet"));
        await using var reader = await ParquetReader.CreateAsync(file);
        Assert.Equal(
            ["cursor:Int64", "verification_id:String", "version:Int64", "type:String", "at:DateTime", "stored_at:DateTime", "attempt_id:String", "reason:String", "trace_id:String", "cause:String", "data:String"],
            reader.Schema.DataFields.Select(field => $"{field.Name}:{(field.ClrType == typeof(ReadOnlyMemory<char>) ? "String" : field.ClrType.Name)}"));
        var cursors = new List<long?>();
        var types = new List<string?>();
        var times = new List<DateTime?>();
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            using var rows = reader.OpenRowGroupReader(group);
            cursors.AddRange(await ColumnAsync<long>(rows, reader.Schema.DataFields[0]));
            times.AddRange(await ColumnAsync<DateTime>(rows, reader.Schema.DataFields[4]));
            var texts = new string?[rows.RowCount];
            await rows.ReadAsync(reader.Schema.DataFields[3], texts.AsMemory());
            types.AddRange(texts);
        }
        Assert.Equal(2, reader.RowGroupCount);
        Assert.Equal(_platform.Events.Lines.Select(line => (long?)Cursor(line)), cursors);
        Assert.Equal(_platform.Events.Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("type").GetString()), types);
        Assert.Equal(new DateTime(2026, 11, 23, 9, 0, 0, 1, DateTimeKind.Utc), times[0]);
    }

    [Fact]
    public async Task A_session_is_a_row_with_what_became_of_it()
    {
        Sessions(3);

        Assert.Equal(0, (await RunAsync("sessions.csv", "--what", "sessions", "--format", "csv", "--to", "2026-11-23T09:00:00.003Z")).ExitCode);

        var lines = await ReadLinesAsync("sessions.csv");
        Assert.Equal(["?after=0&to=2026-11-23T09:15:00.003000Z"], _platform.Events.Queries);
        Assert.Equal(3, lines.Count);
        Assert.Equal(
            "verification_id,application_id,purpose,to,requested_at,verdict,score,attempts,channel,trunk,candidates,invited_at,rang_at,call_ended_at,disposition,answered,reports,wrong_reports,outcome,reason,ended_at,ms_to_ring,ms_to_end",
            lines[0]);
        Assert.Equal(
            "00000001-0000-7000-8000-000000000001,shop,Login,+4670•••0605,2026-11-23T09:00:00.001000Z,Allow,7,1,flash_call,demo,10000,2026-11-23T09:00:00.026000Z,2026-11-23T09:00:00.501000Z,2026-11-23T09:00:01.101000Z,Rang,false,1,0,succeeded,,2026-11-23T09:00:01.001000Z,500,1000",
            lines[1]);
    }

    [Fact]
    public async Task Whoever_interrupts_goes_on_where_it_was_with_NDJSON_and_finds_nothing_of_other_formats()
    {
        Sessions(300);
        _platform.Events.SilentAfter = 2_000;
        using var interrupt = new CancellationTokenSource();
        var running = RunAsync("events.ndjson", [], interrupt.Token);
        await _platform.Events.Silent.Task;
        var part = new FileInfo(Path.Combine(_folder, "events.ndjson.part"));
        await Eventually.TrueAsync(() => { part.Refresh(); return part is { Exists: true, Length: > 0 }; }, "lines in the file");
        await interrupt.CancelAsync();
        var run = await running;
        Assert.Equal((130, "events.ndjson.part"), (run.ExitCode, Files()));
        Assert.Contains("--resume", run.Error, StringComparison.Ordinal);

        // As if the process had died in the middle of a line.
        await File.AppendAllTextAsync(Path.Combine(_folder, "events.ndjson.part"), "{\"cursor\":99");
        _platform.Events.SilentAfter = null;
        Assert.Equal(0, (await RunAsync("events.ndjson", "--resume")).ExitCode);
        Assert.Equal(_platform.Events.Lines, await ReadLinesAsync("events.ndjson"));
        Assert.NotEqual("?after=0", _platform.Events.Queries[^1]);
        Assert.Equal("events.ndjson", Files());
    }

    [Fact]
    public async Task An_interrupted_table_leaves_nothing()
    {
        Sessions(30);
        _platform.Events.SilentAfter = 130;
        using var interrupt = new CancellationTokenSource();
        var running = RunAsync("events.parquet", ["--format", "parquet"], interrupt.Token);
        await _platform.Events.Silent.Task;
        await interrupt.CancelAsync();
        Assert.Equal((130, ""), ((await running).ExitCode, Files()));
    }

    [Fact]
    public async Task A_file_that_is_there_is_replaced_only_if_that_is_asked_for()
    {
        Sessions(1);
        await File.WriteAllTextAsync(Path.Combine(_folder, "events.ndjson"), "mine");

        var refused = await RunAsync("events.ndjson");
        Assert.Equal((2, "mine"), (refused.ExitCode, await File.ReadAllTextAsync(Path.Combine(_folder, "events.ndjson"))));
        Assert.Contains("--overwrite", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("events.ndjson", "--overwrite")).ExitCode);
        Assert.Equal(_platform.Events.Lines, await ReadLinesAsync("events.ndjson"));
    }

    [Theory]
    [InlineData("--from", "--from", "noon")]
    [InlineData("--type", "--what", "sessions", "--type", "call_rang")]
    [InlineData("--resume", "--format", "csv", "--resume")]
    [InlineData("xml", "--format", "xml")]
    [InlineData("--direct", "--direct", "--plain-numbers")]
    public async Task What_is_wrong_is_named(string named, params string[] options)
    {
        var run = await RunAsync("events", options);

        Assert.Equal((2, ""), (run.ExitCode, Files()));
        Assert.Contains(named, Assert.Single(run.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    private void Sessions(int count)
    {
        for (var session = 1; session <= count; session++)
            _platform.Events.AddSession(session);
    }

    private Task<Cli> RunAsync(string output, params string[] options) => RunAsync(output, options, CancellationToken.None);

    private Task<Cli> RunAsync(string output, string[] options, CancellationToken interrupt) => Cli.RunAsync(
        ["export", "--api", _platform.Address, "--key", FakePlatform.Key, "--output", Path.Combine(_folder, output), .. options],
        interrupt: interrupt);

    private string Files() => string.Join(' ', Directory.EnumerateFiles(_folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));

    private async Task<List<string>> ReadLinesAsync(string file) => [.. await File.ReadAllLinesAsync(Path.Combine(_folder, file))];

    private static long Cursor(string line) => JsonDocument.Parse(line).RootElement.GetProperty("cursor").GetInt64();

    private static async Task<T?[]> ColumnAsync<T>(ParquetRowGroupReader rows, DataField field) where T : struct
    {
        var values = new T?[rows.RowCount];
        await rows.ReadAsync<T>(field, values.AsMemory());
        return values;
    }
}
