using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Verification.Retention;

/// <summary>
/// Moves the events of sessions that ended long ago to the archive, whole sessions at a time, each in one transaction, so that whoever reads
/// sees an event in one place, and in one only. Any replica does, each with what the others have not locked. <c>docs/decisions/0044</c>
/// says why.
/// </summary>
internal sealed class ArchiveOldSessions(
    NpgsqlDataSource data, RetentionSettings settings, RetentionFigures figures, TimeProvider time) : ISweep
{
    /// <summary>Up to where everybody has read who reads from mt_events alone: the funnel, and Marten's daemon, which waits where numbers
    /// are missing. The newest event stays: it says how far the log is.</summary>
    private const string PassedSql =
        """
        select least(
            coalesce((select seq from funnel_generations where state = 'live'), 0),
            coalesce((select last_seq_id from mt_event_progression where name = 'HighWaterMark'), 0),
            coalesce((select max(seq_id) from mt_events), 0) - 1)
        """;

    private const string ClaimSql =
        """
        select v.id, archive_month_of(v.created_at)
        from verifications v
        where v.archive_month is null and v.ended_at < $1
          and not exists (select from deadlines where verification_id = v.id)
          and not exists (select from outbox where verification_id = v.id)
          and not exists (select from mt_events where stream_id = v.id and seq_id > $2)
        order by v.ended_at limit $3
        for update of v skip locked
        """;

    // An event that is appended in this very moment stays, and is found in both places.
    private const string MoveSql =
        """
        with picked as (
            select * from unnest($1::uuid[], $2::date[]) as one (id, month)),
        moved as (
            delete from mt_events e using picked where e.stream_id = picked.id and e.seq_id <= $3
            returning picked.month, e.seq_id, e.id, e.stream_id, e.version, e.type, e.timestamp, e.correlation_id, e.causation_id, e.data),
        kept as (
            insert into archived_events
                (month, seq_id, id, stream_id, version, type, timestamp, correlation_id, causation_id, data)
            select month, seq_id, id, stream_id, version, type, timestamp, correlation_id, causation_id, data from moved),
        closed as (
            update mt_streams s set is_archived = true from picked where s.id = picked.id)
        update verifications v set archive_month = picked.month from picked where v.id = picked.id
        """;

    /// <summary>Sessions in one transaction: some thousand events.</summary>
    public int BatchSize => 200;

    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        if (settings.ArchiveAfter is not { } age)
            return 0;
        var began = time.GetTimestamp();
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var moved = await MoveAsync(connection, time.GetUtcNow() - age, BatchSize, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        figures.Done(RetentionKind.Archive, moved);
        // Years may be due at once: the traffic has half of the time for itself.
        if (moved == BatchSize)
            await Task.Delay(time.GetElapsedTime(began), time, cancellationToken);
        return moved;
    }

    /// <summary>Moves sessions that ended before a time, in the connection's transaction.</summary>
    /// <returns>How many.</returns>
    internal static async Task<int> MoveAsync(
        NpgsqlConnection connection, DateTimeOffset endedBefore, int most, CancellationToken cancellationToken)
    {
        // Lost with a crash of PostgreSQL it is done again.
        await using (var relax = new NpgsqlCommand("set local synchronous_commit = off", connection))
            await relax.ExecuteNonQueryAsync(cancellationToken);
        await using var look = new NpgsqlCommand(PassedSql, connection);
        var passed = (long)(await look.ExecuteScalarAsync(cancellationToken))!;
        var (ids, months) = (new List<Guid>(), new List<DateOnly>());
        await using (var claim = new NpgsqlCommand(ClaimSql, connection)
        {
            Parameters = { new() { Value = endedBefore }, new() { Value = passed }, new() { Value = most } },
        })
        {
            await using var row = await claim.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                ids.Add(row.GetGuid(0));
                months.Add(row.GetFieldValue<DateOnly>(1));
            }
        }
        if (ids.Count == 0)
            return 0;
        foreach (var month in months.Distinct().Order())
        {
            await using var make = new NpgsqlCommand("select archive_make($1)", connection) { Parameters = { new() { Value = month } } };
            await make.ExecuteNonQueryAsync(cancellationToken);
        }
        await using var move = new NpgsqlCommand(MoveSql, connection)
        {
            Parameters = { new() { Value = ids.ToArray() }, new() { Value = months.ToArray() }, new() { Value = passed } },
        };
        return await move.ExecuteNonQueryAsync(cancellationToken);
    }
}
