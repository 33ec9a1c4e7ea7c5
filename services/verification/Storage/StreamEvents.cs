using System.Data.Common;
using FlashCall.Verification.Sessions;
using Marten;
using Npgsql;

namespace FlashCall.Verification.Storage;

/// <summary>An event of a session as it is stored.</summary>
internal sealed record StreamEvent
{
    /// <summary>Its place in the log of all events.</summary>
    public required long Sequence { get; init; }

    /// <summary>Its place in its session's stream, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>Its name in the store.</summary>
    public required string Type { get; init; }

    /// <summary>When it was stored (UTC).</summary>
    public required DateTimeOffset StoredAt { get; init; }

    /// <summary>The trace it is part of; null where there is none.</summary>
    public string? TraceId { get; init; }

    /// <summary>The traceparent of what caused it; null where there is none.</summary>
    public string? Cause { get; init; }

    /// <summary>The partition of the archive that has it; null where it is among the events of sessions that ended lately.</summary>
    public DateOnly? ArchiveMonth { get; init; }

    /// <summary>What happened.</summary>
    public required VerificationEvent Data { get; init; }
}

/// <summary>Reads the streams of sessions, from wherever their events are.</summary>
internal static class StreamEvents
{
    private const string ArchivedSql =
        """
        select seq_id, version, type, timestamp, correlation_id, causation_id, month, data from archived_events
        where month = (select archive_month from verifications where id = $1) and stream_id = $1
        order by version
        """;

    private static readonly Dictionary<string, Type> Types = EventStore.EventNames.ToDictionary(
        static one => one.Value, static one => one.Key, StringComparer.Ordinal);

    /// <summary>Reads a session's stream, in order; empty where there is none.</summary>
    public static async Task<IReadOnlyList<StreamEvent>> ReadAsync(IQuerySession session, Guid id, CancellationToken cancellationToken)
    {
        var reading = session.Events.FetchStreamAsync(id, token: cancellationToken);
        await Committer.WithoutStatement(reading);
        var stream = (await reading).Select(static stored => new StreamEvent
        {
            Sequence = stored.Sequence,
            Version = stored.Version,
            Type = stored.EventTypeName,
            StoredAt = stored.Timestamp.ToUniversalTime(),
            TraceId = stored.CorrelationId,
            Cause = stored.CausationId,
            Data = (VerificationEvent)stored.Data,
        }).ToList();
        // The archive takes all of a stream at once and gives nothing back: what begins at the beginning is whole, and what is missing
        // here is there by now. Of an append that was under way meanwhile, the end is here and the rest is there.
        return stream is [{ Version: 1 }, ..] ? stream : [.. await ReadArchivedAsync(session, id, cancellationToken), .. stream];
    }

    private static async Task<List<StreamEvent>> ReadArchivedAsync(IQuerySession session, Guid id, CancellationToken cancellationToken)
    {
        var serializer = session.DocumentStore.Options.Serializer();
        await using var find = new NpgsqlCommand(ArchivedSql) { Parameters = { new() { Value = id } } };
        var reading = session.ExecuteReaderAsync(find, cancellationToken);
        await Committer.WithoutStatement(reading);
        await using var row = await reading;
        var stream = new List<StreamEvent>();
        while (await row.ReadAsync(cancellationToken))
        {
            var type = row.GetString(2);
            stream.Add(new StreamEvent
            {
                Sequence = row.GetInt64(0),
                Version = row.GetInt64(1),
                Type = type,
                StoredAt = await row.GetFieldValueAsync<DateTimeOffset>(3, cancellationToken),
                TraceId = await TextAsync(row, 4, cancellationToken),
                Cause = await TextAsync(row, 5, cancellationToken),
                ArchiveMonth = await row.GetFieldValueAsync<DateOnly>(6, cancellationToken),
                Data = Types.TryGetValue(type, out var known)
                    ? (VerificationEvent)serializer.FromJson(known, row, 7)
                    : throw new InvalidOperationException($"The archive has an event '{type}' of the session {id}, which a newer version wrote."),
            });
        }
        return stream;
    }

    private static async Task<string?> TextAsync(DbDataReader row, int column, CancellationToken cancellationToken) =>
        await row.IsDBNullAsync(column, cancellationToken) ? null : row.GetString(column);
}
