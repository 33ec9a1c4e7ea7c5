using System.Globalization;
using FlashCall.Contracts;
using FlashCall.NumberPool.Ranges;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.NumberPool.Leases;

/// <summary>The answers given to attempts, in PostgreSQL. Times come from the caller, so that all replicas and tests have one clock
/// each.</summary>
internal sealed class LeaseStore(NpgsqlDataSource data)
{
    private const string Columns =
        "attempt_id, answered_at, expires_at, keep_until, lease_id, callee, caller_id, trunk, disclosed_prefix, candidates, rests, "
        + "refusal, detail";

    /// <summary>What the attempt was answered before, and the caller IDs that rest for the callee. One round trip, two index
    /// look-ups.</summary>
    public async Task<(LeaseAnswer? Answer, List<long> Resting)> ReadAsync(
        Guid attemptId, PhoneNumber callee, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var batch = data.CreateBatch();
        batch.BatchCommands.Add(new($"select {Columns} from answers where attempt_id = $1") { Parameters = { Uuid(attemptId) } });
        batch.BatchCommands.Add(new("select caller_id from answers where callee = $1 and rests and keep_until > $2")
        {
            Parameters = { Text(callee.E164), Time(now) },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var answer = await reader.ReadAsync(cancellationToken) ? ReadAnswer(reader) : null;
        await reader.NextResultAsync(cancellationToken);
        var resting = new List<long>();
        while (await reader.ReadAsync(cancellationToken))
            resting.Add(reader.GetInt64(0));
        return (answer, resting);
    }

    /// <summary>Records a lease, unless the attempt was answered or the caller ID was taken for the callee in the meantime.</summary>
    /// <param name="attemptId">The attempt that asked.</param>
    /// <param name="callee">The phone to ring.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="restsUntil">Until when the callee does not get this caller ID again, if nobody releases the lease.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The lease as recorded; null if it was not.</returns>
    public async Task<LeaseAnswer?> TryRecordAsync(
        Guid attemptId, PhoneNumber callee, LeaseAnswer.Leased lease, DateTimeOffset restsUntil, CancellationToken cancellationToken)
    {
        await using var batch = data.CreateBatch();
        // What has rested long enough and is not swept yet would stand in the way of the unique index.
        batch.BatchCommands.Add(new("delete from answers where callee = $1 and rests and keep_until <= $2")
        {
            Parameters = { Text(callee.E164), Time(lease.LeasedAt) },
        });
        batch.BatchCommands.Add(new($"""
            insert into answers ({Columns})
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, true, null, null)
            on conflict do nothing
            returning {Columns}
            """)
        {
            Parameters =
            {
                Uuid(attemptId), Time(lease.LeasedAt), Time(lease.ExpiresAt), Time(restsUntil), Uuid(lease.LeaseId), Text(callee.E164),
                new() { Value = Value(lease.Choice.CallerId), NpgsqlDbType = NpgsqlDbType.Bigint },
                Text(lease.Choice.Trunk), Text(lease.Choice.DisclosedPrefix),
                new() { Value = lease.Choice.Candidates, NpgsqlDbType = NpgsqlDbType.Bigint },
            },
        });
        return await ReadRecordedAsync(batch, cancellationToken);
    }

    /// <summary>Records a refusal, unless the attempt was answered in the meantime.</summary>
    /// <returns>The refusal as recorded; null if it was not.</returns>
    public async Task<LeaseAnswer?> TryRecordAsync(
        Guid attemptId, LeaseAnswer.Refused refusal, DateTimeOffset refusedAt, DateTimeOffset expiresAt,
        CancellationToken cancellationToken)
    {
        await using var batch = data.CreateBatch();
        batch.BatchCommands.Add(new($"""
            insert into answers ({Columns})
            values ($1, $2, $3, $3, null, null, null, null, null, null, false, $4, $5)
            on conflict do nothing
            returning {Columns}
            """)
        {
            Parameters = { Uuid(attemptId), Time(refusedAt), Time(expiresAt), Text(refusal.Reason.ToString()), Text(refusal.Detail) },
        });
        return await ReadRecordedAsync(batch, cancellationToken);
    }

    /// <summary>Ends a running lease.</summary>
    /// <param name="attemptId">The attempt it was for.</param>
    /// <param name="leaseId">The lease; with another one's id nothing happens.</param>
    /// <param name="outcome">What became of the caller ID.</param>
    /// <param name="rests">Whether the callee may have seen it.</param>
    /// <param name="keepUntil">The end of the rest, if it rests; null leaves it where it is.</param>
    /// <param name="now">A lease that has expired by then stays as it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if there is no such lease or it has ended before.</returns>
    public async Task<bool> ReleaseAsync(
        Guid attemptId, Guid leaseId, LeaseOutcome outcome, bool rests, DateTimeOffset? keepUntil, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("""
            update answers set outcome = $3, rests = $4, keep_until = case when $4 then coalesce($5, keep_until) else expires_at end
            where attempt_id = $1 and lease_id = $2 and outcome is null and expires_at > $6
            """);
        command.Parameters.AddRange((NpgsqlParameter[])
        [
            Uuid(attemptId), Uuid(leaseId), Text(outcome.ToString()), new() { Value = rests, NpgsqlDbType = NpgsqlDbType.Boolean },
            keepUntil is { } until ? Time(until) : new() { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz }, Time(now),
        ]);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Deletes up to <paramref name="limit"/> rows whose time is over.</summary>
    /// <returns>How many it deleted.</returns>
    public async Task<int> DeleteOldAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("""
            delete from answers where attempt_id in (
                select attempt_id from answers where keep_until <= $1 order by keep_until limit $2 for update skip locked)
            """);
        command.Parameters.AddRange((NpgsqlParameter[])[Time(now), new() { Value = limit, NpgsqlDbType = NpgsqlDbType.Integer }]);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<LeaseAnswer?> ReadRecordedAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadAnswer(reader) : null;
    }

    private static LeaseAnswer ReadAnswer(NpgsqlDataReader row) =>
        row["refusal"] is string refusal
            ? new LeaseAnswer.Refused(Enum.Parse<LeaseRefusal>(refusal), row.GetFieldValue<string>(row.GetOrdinal("detail")))
            : new LeaseAnswer.Leased(
                row.GetFieldValue<Guid>(row.GetOrdinal("lease_id")),
                new Choice(
                    CallerId.Parse(string.Create(CultureInfo.InvariantCulture, $"+{row.GetFieldValue<long>(row.GetOrdinal("caller_id"))}")),
                    row.GetFieldValue<string>(row.GetOrdinal("trunk")),
                    row.GetFieldValue<string>(row.GetOrdinal("disclosed_prefix")),
                    row.GetFieldValue<long>(row.GetOrdinal("candidates"))),
                row.GetFieldValue<DateTimeOffset>(row.GetOrdinal("answered_at")),
                row.GetFieldValue<DateTimeOffset>(row.GetOrdinal("expires_at")));

    private static long Value(CallerId callerId) => long.Parse(callerId.E164.AsSpan(1), CultureInfo.InvariantCulture);

    private static NpgsqlParameter Uuid(Guid value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Uuid };

    private static NpgsqlParameter Text(string value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Time(DateTimeOffset value) =>
        new() { Value = value.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz };
}
