using FlashCall.Load.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Load.Replays;

/// <summary>Fills the event store as the verification service would have, by COPY.</summary>
internal static class RecordedStore
{
    /// <summary>Honest visits in the busiest hour.</summary>
    private const int Busiest = 4000;

    /// <summary>Puts so many events into the store, or some more: the last hour is whole.</summary>
    /// <returns>How many there are, and of how many days.</returns>
    public static async Task<(long Events, int Days)> FillAsync(SessionDatabase database, int events, RecordedCourses courses)
    {
        const int MostDays = 300;
        var start = DateTimeOffset.UtcNow.AddDays(-MostDays);
        var (count, last) = (0L, start);
        await using var connection = await database.Data.OpenConnectionAsync();
        foreach (var batch in courses.Play(start, MostDays, Busiest))
        {
            await CopyAsync(connection, batch, count);
            count += batch.Count;
            last = batch[^1].At;
            if (count >= events)
                break;
        }
        await using var settle = new NpgsqlCommand("select setval('mt_events_sequence', $1)", connection)
        {
            Parameters = { new() { Value = count } },
        };
        await settle.ExecuteNonQueryAsync();
        foreach (var statement in (string[])["vacuum analyze mt_events", "vacuum analyze mt_streams", "checkpoint"])
        {
            await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync();
        }
        return (count, (int)Math.Ceiling((last - start).TotalDays));
    }

    /// <summary>Says that the funnel that is read has seen all: a rebuild goes as far as that one, which nobody kept here.</summary>
    public static async Task KeepFunnelAsync(SessionDatabase database, long events)
    {
        await using var keep = database.Data.CreateCommand("update funnel_generations set seq = $1 where state = 'live'");
        keep.Parameters.Add(new() { Value = events });
        await keep.ExecuteNonQueryAsync();
    }

    private static async Task CopyAsync(NpgsqlConnection connection, IReadOnlyList<MadeEvent> batch, long before)
    {
        await using (var streams = await connection.BeginBinaryImportAsync(
            "copy mt_streams (id, type, version) from stdin (format binary)"))
        {
            foreach (var made in batch.Where(made => made.Version == 1))
            {
                await streams.StartRowAsync();
                await streams.WriteAsync(made.Session, NpgsqlDbType.Uuid);
                await streams.WriteAsync("verification_session", NpgsqlDbType.Varchar);
                // As many as a stream has that is whole, or nearly so: nothing that is measured reads it.
                await streams.WriteAsync(8L, NpgsqlDbType.Bigint);
            }
            await streams.CompleteAsync();
        }
        await using var events = await connection.BeginBinaryImportAsync("""
            copy mt_events (seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type, correlation_id, causation_id)
            from stdin (format binary)
            """);
        foreach (var made in batch)
        {
            var trace = made.Session.ToString("N");
            await events.StartRowAsync();
            await events.WriteAsync(++before, NpgsqlDbType.Bigint);
            await events.WriteAsync(Guid.CreateVersion7(made.At), NpgsqlDbType.Uuid);
            await events.WriteAsync(made.Session, NpgsqlDbType.Uuid);
            await events.WriteAsync(made.Version, NpgsqlDbType.Bigint);
            await events.WriteAsync(made.Data, NpgsqlDbType.Jsonb);
            await events.WriteAsync(made.Type, NpgsqlDbType.Varchar);
            await events.WriteAsync(made.At.UtcDateTime, NpgsqlDbType.TimestampTz);
            await events.WriteAsync("FlashCall.Verification.Sessions.SessionEvent, FlashCall.Verification", NpgsqlDbType.Varchar);
            await events.WriteAsync(trace, NpgsqlDbType.Varchar);
            await events.WriteAsync($"00-{trace}-{trace.AsSpan(0, 16)}-01", NpgsqlDbType.Varchar);
        }
        await events.CompleteAsync();
    }
}
