using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using FlashCall.EventLog;
using FlashCall.Funnel;
using Npgsql;

namespace FlashCall.Load.Replays;

/// <summary>One way through the log in a process of its own, so that its memory is its own: <c>copy</c>, all that PostgreSQL does for a bare
/// COPY; <c>stream-out</c>, the lines that the API sends; <c>rebuild</c>, the funnel. It says how many events there were and how many
/// seconds it took, on its last line.</summary>
internal static class ReplayPart
{
    /// <summary>The variable with the connection string.</summary>
    public const string Database = "FLASHCALL_ANALYTICS_DATABASE";

    public static async Task<int> RunAsync(string part)
    {
        await using var data = NpgsqlDataSource.Create(Environment.GetEnvironmentVariable(Database) ?? "");
        // What is opened and compiled at first is no part of the rate.
        await using (var first = await data.OpenConnectionAsync())
        {
        }
        var began = Stopwatch.GetTimestamp();
        var count = part switch
        {
            "copy" => await CopyAsync(data),
            "stream-out" => await StreamOutAsync(data),
            "rebuild" => await RebuildAsync(data),
            _ => throw new ArgumentException($"There is no part '{part}'.", nameof(part)),
        };
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{count} {Stopwatch.GetElapsedTime(began).TotalSeconds}"));
        return 0;
    }

    private static async Task<long> CopyAsync(NpgsqlDataSource data)
    {
        await using var connection = await data.OpenConnectionAsync();
        await using var copy = connection.BeginTextExport("copy (select * from mt_events) to stdout");
        var buffer = new char[64 * 1024];
        var lines = 0L;
        for (var read = await copy.ReadAsync(buffer); read > 0; read = await copy.ReadAsync(buffer))
            lines += buffer.AsSpan(0, read).Count('\n');
        return lines;
    }

    private static async Task<long> StreamOutAsync(NpgsqlDataSource data)
    {
        using var reader = new EventReader(data, TimeProvider.System);
        using var lines = new EventLines(isPlain: false);
        var output = new ArrayBufferWriter<byte>();
        var count = 0L;
        await foreach (var page in reader.ReadAsync(EventFilter.All))
        {
            foreach (var stored in page.Events)
                lines.Write(stored, DateTimeOffset.UtcNow, output);
            count += page.Events.Count;
            await Stream.Null.WriteAsync(output.WrittenMemory);
            output.ResetWrittenCount();
        }
        return count;
    }

    private static async Task<long> RebuildAsync(NpgsqlDataSource data) =>
        (await new FunnelRebuild(data, TimeProvider.System).RunAsync(CancellationToken.None)).Events;
}
