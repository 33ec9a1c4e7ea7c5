using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using FlashCall.EventLog;
using Npgsql;

namespace FlashCall.Cli.Replay.WhatIf;

/// <summary>Reads recorded events, from the database or from lines that were exported, while those before are worked on: one core reads,
/// another one decides.</summary>
/// <param name="progress">Told how far it is, in places of the log or bytes of the file.</param>
internal sealed class RecordedLog(Action<ReplayPlace> progress)
{
    /// <summary>Few enough that what waits is some megabytes.</summary>
    private const int BatchesWaiting = 8;

    private const int LinesInBatch = 4096;

    /// <summary>A session that began in the span may end after it: no session lives longer, nor does a call of it.</summary>
    private static readonly TimeSpan Afterwards = TimeSpan.FromMinutes(15);

    private long _events;

    /// <summary>How many events were read.</summary>
    public long Events => _events;

    /// <summary>Reads the database of the verification service.</summary>
    /// <param name="data">The database.</param>
    /// <param name="from">The first time that is wanted, warming up included; null for the beginning.</param>
    /// <param name="to">Requests before this time are wanted, to their end; null for all.</param>
    /// <param name="take">Takes each event, in order.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task ReadAsync(
        NpgsqlDataSource data, DateTimeOffset? from, DateTimeOffset? to, Action<RecordedEvent> take, CancellationToken cancellationToken) =>
        PumpAsync(async (write, cancelled) =>
        {
            var began = Stopwatch.GetTimestamp();
            using var reader = new EventReader(data, TimeProvider.System);
            var target = await reader.SettledAsync(cancelled);
            var filter = new EventFilter { From = from, To = to + Afterwards, Types = RecordedEventReader.Types };
            await foreach (var page in reader.ReadAsync(filter, after: 0, through: target, cancelled))
            {
                var batch = new List<RecordedEvent>(page.Events.Count);
                foreach (var stored in page.Events)
                    Add(batch, stored.StreamId, stored.Type, stored.Data.Span);
                await write(batch);
                progress(new ReplayPlace(0, page.Through, target, _events, Stopwatch.GetElapsedTime(began)));
            }
        }, take, cancellationToken);

    /// <summary>Reads lines as <c>flashcall export</c> and <c>/v1/analytics/events</c> give them, numbers in plain.</summary>
    /// <param name="file">The file.</param>
    /// <param name="take">Takes each event, in order.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CommandException">A line is no event.</exception>
    public Task ReadAsync(FileInfo file, Action<RecordedEvent> take, CancellationToken cancellationToken) =>
        PumpAsync(async (write, cancelled) =>
        {
            var began = Stopwatch.GetTimestamp();
            await using var stream = Open(file);
            using var lines = new StreamReader(stream);
            var batch = new List<RecordedEvent>(LinesInBatch);
            for (var number = 1; await lines.ReadLineAsync(cancelled) is { } line; number++)
            {
                if (line.Length > 0)
                    AddLine(batch, line, number);
                if (batch.Count < LinesInBatch)
                    continue;
                await write(batch);
                progress(new ReplayPlace(0, stream.Position, stream.Length, _events, Stopwatch.GetElapsedTime(began)));
                batch = new List<RecordedEvent>(LinesInBatch);
            }
            await write(batch);
        }, take, cancellationToken);

    private static async Task PumpAsync(
        Func<Func<List<RecordedEvent>, ValueTask>, CancellationToken, Task> read, Action<RecordedEvent> take,
        CancellationToken cancellationToken)
    {
        // Whoever fails first ends the other.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var batches = Channel.CreateBounded<List<RecordedEvent>>(new BoundedChannelOptions(BatchesWaiting) { SingleReader = true });
        var reading = Task.Run(async () =>
        {
            try
            {
                await read(batch => batches.Writer.WriteAsync(batch, either.Token), either.Token);
                batches.Writer.Complete();
            }
            catch (Exception exception)
            {
                batches.Writer.Complete(exception);
                throw;
            }
        }, CancellationToken.None);
        try
        {
            await foreach (var batch in batches.Reader.ReadAllAsync(cancellationToken))
            {
                foreach (var happened in batch)
                    take(happened);
            }
        }
        finally
        {
            await either.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Add(List<RecordedEvent> batch, Guid session, string type, ReadOnlySpan<byte> json)
    {
        _events++;
        try
        {
            if (RecordedEventReader.Read(session, type, json) is { } happened)
                batch.Add(happened);
        }
        catch (JsonException exception)
        {
            throw new CommandException($"The {type} of session {session} is not understood: {exception.Message}", exception);
        }
    }

    private void AddLine(List<RecordedEvent> batch, string line, int number)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            // A line without an event says how far the log was read.
            if (!document.RootElement.TryGetProperty("type", out var type))
                return;
            Add(batch, document.RootElement.GetProperty("verificationId").GetGuid(), type.GetString() ?? "",
                System.Text.Encoding.UTF8.GetBytes(document.RootElement.GetProperty("data").GetRawText()));
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new CommandException(
                $"Line {number} is no event: {exception.Message} Expected lines as 'flashcall export --format ndjson' writes "
                + "them.", exception);
        }
    }

    private static FileStream Open(FileInfo file)
    {
        try
        {
            return file.OpenRead();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The file of --input cannot be read: {exception.Message}", exception);
        }
    }
}
