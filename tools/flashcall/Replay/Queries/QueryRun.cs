using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlashCall.EventLog;
using FlashCall.Replay;

namespace FlashCall.Cli.Replay.Queries;

/// <summary>Gives a query the events of a span, and keeps in a file how far it is, if it is given one.</summary>
/// <param name="query">The query.</param>
/// <param name="filter">Which events.</param>
/// <param name="identity">What tells this query and span from others: a file of another is not gone on from.</param>
/// <param name="file">The file; null for none.</param>
internal sealed class QueryRun(IQuery query, EventFilter filter, string identity, string? file)
{
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(5);

    private readonly string _hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));

    /// <summary>Runs it up to what is stored by now.</summary>
    /// <param name="reader">The event log.</param>
    /// <param name="show">Hears how far it is.</param>
    /// <param name="cancellationToken">Interrupts; what is known so far is saved.</param>
    /// <returns>The rows, and how it went.</returns>
    /// <exception cref="CommandException">The file cannot be read or written, or is another query's; or the query failed.</exception>
    public async Task<(IReadOnlyList<object> Rows, ReplayPlace Place)> RunAsync(
        EventReader reader, Action<ReplayPlace> show, CancellationToken cancellationToken)
    {
        var (state, from) = Load();
        var target = await reader.SettledAsync(cancellationToken);
        var clock = Stopwatch.StartNew();
        var (at, events, saved) = (from, 0L, TimeSpan.Zero);
        try
        {
            await foreach (var page in reader.ReadAsync(filter, from, target, cancellationToken))
            {
                foreach (var stored in page.Events)
                    Apply(state, stored);
                (at, events) = (page.Through, events + page.Events.Count);
                show(new ReplayPlace(from, at, target, events, clock.Elapsed));
                if (clock.Elapsed - saved < SaveEvery)
                    continue;
                Save(state, at);
                saved = clock.Elapsed;
            }
        }
        finally
        {
            Save(state, at);
        }
        return ([.. query.Rows(state)], new ReplayPlace(from, at, target, events, clock.Elapsed));
    }

    private void Apply(object state, in StoredEvent stored)
    {
        try
        {
            query.Apply(state, new Event(stored));
        }
        // Whatever the analyst's own code throws.
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new CommandException($"The query failed at event {stored.Sequence} ({stored.Type}): {exception.Message}", exception);
        }
    }

    private (object State, long At) Load()
    {
        if (file is null || !File.Exists(file))
            return (query.Begin(), 0);
        try
        {
            var saved = JsonSerializer.Deserialize<Saved>(File.ReadAllText(file))
                ?? throw new JsonException("It is empty.");
            return saved.Query == _hash
                ? (query.Load(saved.State), saved.At)
                : throw new CommandException($"{file} is of another query or span. Name another file, or delete it.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CommandException($"{file} cannot be gone on from: {exception.Message} Delete it to begin anew.", exception);
        }
    }

    private void Save(object state, long at)
    {
        if (file is null)
            return;
        try
        {
            // Whole or not at all.
            var beside = $"{file}.new";
            File.WriteAllText(beside, JsonSerializer.Serialize(new Saved(_hash, at, query.Save(state))));
            File.Move(beside, file, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{file} cannot be written: {exception.Message}", exception);
        }
    }

    private sealed record Saved(string Query, long At, JsonElement State);
}
