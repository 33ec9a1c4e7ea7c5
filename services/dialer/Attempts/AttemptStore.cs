using FlashCall.Contracts;
using FlashCall.Hosting;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Dialer.Attempts;

/// <summary>
/// The attempts of all replicas. An attempt is inserted before its INVITE and dialled by whoever inserted it; its end is written once,
/// whoever is first. PostgreSQL's clock decides what is due and who lives.
/// </summary>
/// <param name="data">The dialer's database.</param>
/// <param name="self">This replica.</param>
internal sealed class AttemptStore(NpgsqlDataSource data, ServiceIdentity self)
{
    /// <summary>How long the process that recorded something has to report it before a sweeper does.</summary>
    private static readonly TimeSpan ReportGrace = TimeSpan.FromSeconds(3);

    private const string Columns =
        "attempt_id, verification_id, owner, traceparent, invited_at, rang_at, ended_at, disposition, sip_status, trunk";

    /// <summary>Records that this replica is about to dial; at first on the trunk that the caller ID was leased on.</summary>
    /// <returns>Null when this replica may dial; the row as it stands when the attempt is known already.</returns>
    /// <exception cref="ReplicaNotAliveException">The others take this replica for dead and would end its calls; try later.</exception>
    public async Task<Attempt?> PlaceAsync(
        PlaceFlashCall call, DateTimeOffset invitedAt, string? traceParent, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var insert = new NpgsqlCommand(
            """
            insert into attempts (attempt_id, verification_id, owner, trunk, traceparent, invited_at)
            select $1, $2, $3, $4, $5, $6 where exists (select from replicas where instance = $3 and alive_until > now())
            on conflict (attempt_id) do nothing
            """, connection)
        {
            Parameters =
            {
                new() { Value = call.AttemptId },
                new() { Value = call.VerificationId },
                new() { Value = self.Instance },
                new() { Value = call.Trunk },
                new() { Value = (object?)traceParent ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = invitedAt },
            },
        };
        if (await insert.ExecuteNonQueryAsync(cancellationToken) == 1)
            return null;

        await using var select = new NpgsqlCommand($"select {Columns} from attempts where attempt_id = $1", connection)
        {
            Parameters = { new() { Value = call.AttemptId } },
        };
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? Read(reader)
            : throw new ReplicaNotAliveException();
    }

    /// <summary>Records that a call shall never be placed, unless it is under way or over already.</summary>
    /// <returns>The living replica that has the call under way; null if there is none. If the attempt was unknown, it is now one that was
    /// cancelled and that nobody dials.</returns>
    public async Task<string?> HangUpAsync(HangUp hangUp, DateTimeOffset at, CancellationToken cancellationToken)
    {
        // The update of nothing locks the row, waits for whoever inserts it at this moment, and returns it.
        await using var command = data.CreateCommand(
            """
            insert into attempts (attempt_id, verification_id, ended_at, disposition) values ($1, $2, $3, 'Cancelled')
            on conflict (attempt_id) do update set attempt_id = excluded.attempt_id
            returning (select instance from replicas where instance = attempts.owner and attempts.ended_at is null and alive_until > now())
            """);
        command.Parameters.Add(new() { Value = hangUp.AttemptId });
        command.Parameters.Add(new() { Value = hangUp.VerificationId });
        command.Parameters.Add(new() { Value = at });
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>Records that an attempt goes over another trunk than recorded.</summary>
    public async Task RecordTrunkAsync(Guid attemptId, string trunk, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("update attempts set trunk = $2 where attempt_id = $1 and ended_at is null");
        command.Parameters.Add(new() { Value = attemptId });
        command.Parameters.Add(new() { Value = trunk });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Records that phones ring.</summary>
    public async Task RecordRingingAsync(IReadOnlyCollection<FlashCallRinging> rings, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            update attempts set invited_at = ring.invited_at, rang_at = ring.rang_at, report_due_at = now() + $4
            from unnest($1, $2, $3) as ring (attempt_id, invited_at, rang_at)
            where attempts.attempt_id = ring.attempt_id and ended_at is null
            """);
        command.Parameters.Add(new() { Value = rings.Select(ring => ring.AttemptId).ToArray() });
        command.Parameters.Add(new() { Value = rings.Select(ring => ring.InvitedAt).ToArray() });
        command.Parameters.Add(new() { Value = rings.Select(ring => ring.RangAt).ToArray() });
        command.Parameters.Add(new() { Value = ReportGrace });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Records how calls ended.</summary>
    /// <returns>The attempts whose end this call has written. For the others an end stood there already, and that one is reported:
    /// another replica took this one for dead.</returns>
    public async Task<IReadOnlySet<Guid>> RecordEndsAsync(IReadOnlyCollection<FlashCallEnded> ends, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            update attempts set invited_at = ending.invited_at, rang_at = ending.rang_at, ended_at = ending.ended_at,
                disposition = ending.disposition, sip_status = ending.sip_status, answered = ending.answered, report_due_at = now() + $8
            from unnest($1, $2, $3, $4, $5, $6, $7) as ending (attempt_id, invited_at, rang_at, ended_at, disposition, sip_status, answered)
            where attempts.attempt_id = ending.attempt_id and attempts.ended_at is null
            returning attempts.attempt_id
            """);
        command.Parameters.Add(new() { Value = ends.Select(end => end.AttemptId).ToArray() });
        command.Parameters.Add(Nullable(ends.Select(end => end.InvitedAt), NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Nullable(ends.Select(end => end.RangAt), NpgsqlDbType.TimestampTz));
        command.Parameters.Add(new() { Value = ends.Select(end => end.EndedAt).ToArray() });
        command.Parameters.Add(new() { Value = ends.Select(end => end.Disposition.ToString()).ToArray() });
        command.Parameters.Add(Nullable(ends.Select(end => end.SipStatus), NpgsqlDbType.Integer));
        command.Parameters.Add(new() { Value = ends.Select(end => end.Answered).ToArray() });
        command.Parameters.Add(new() { Value = ReportGrace });
        var written = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            written.Add(reader.GetGuid(0));
        return written;
    }

    /// <summary>Records that reports have arrived at the broker.</summary>
    /// <param name="rang">Attempts whose ringing was reported; a row that has ended since still has its end to report.</param>
    /// <param name="ended">Attempts whose end was reported.</param>
    /// <param name="cancellationToken">Gives up; a report may then be sent again.</param>
    public async Task RecordReportedAsync(
        IReadOnlyCollection<Guid> rang, IReadOnlyCollection<Guid> ended, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            update attempts set report_due_at = null
            where attempt_id = any($1) and ended_at is null or attempt_id = any($2) and ended_at is not null
            """);
        command.Parameters.Add(new() { Value = rang.ToArray() });
        command.Parameters.Add(new() { Value = ended.ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Takes attempts whose reports are overdue. They are this caller's for a moment, then due again unless recorded as
    /// reported.</summary>
    /// <param name="most">How many at once.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<Attempt>> TakeUnreportedAsync(int most, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            $"""
             with due as (
                 select attempt_id as id from attempts where report_due_at <= now() order by report_due_at limit $1 for update skip locked)
             update attempts set report_due_at = now() + $2 from due where attempt_id = due.id
             returning {Columns}
             """);
        command.Parameters.Add(new() { Value = most });
        command.Parameters.Add(new() { Value = ReportGrace });
        return await ReadAllAsync(command, cancellationToken);
    }

    /// <summary>Says that this replica lives.</summary>
    public async Task BeatAsync(TimeSpan aliveFor, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            insert into replicas (instance, alive_until) values ($1, now() + $2)
            on conflict (instance) do update set alive_until = excluded.alive_until
            """);
        command.Parameters.Add(new() { Value = self.Instance });
        command.Parameters.Add(new() { Value = aliveFor });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Says that this replica is gone: what it leaves behind is recovered without waiting.</summary>
    public async Task RetireAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("delete from replicas where instance = $1");
        command.Parameters.Add(new() { Value = self.Instance });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Ends the attempts whose replica is dead as interrupted; their reports are due at once. None is dialled again.</summary>
    /// <param name="at">Their end.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The attempts ended so.</returns>
    public async Task<IReadOnlyList<Attempt>> InterruptOrphansAsync(DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            $"""
             with orphans as (
                 select attempt_id as id from attempts
                 where ended_at is null and owner <> $1
                   and not exists (select from replicas where instance = owner and alive_until > now())
                 order by recorded_at limit 500 for update skip locked)
             update attempts set ended_at = greatest($2, rang_at), disposition = 'Interrupted', report_due_at = now()
             from orphans where attempt_id = orphans.id
             returning {Columns}
             """);
        command.Parameters.Add(new() { Value = self.Instance });
        command.Parameters.Add(new() { Value = at });
        var orphans = await ReadAllAsync(command, cancellationToken);

        // A replica that is not listed counts as dead, so that old rows can go.
        await using var forget = data.CreateCommand("delete from replicas where alive_until < now() - interval '1 hour'");
        await forget.ExecuteNonQueryAsync(cancellationToken);
        return orphans;
    }

    /// <summary>Removes old attempts that are over and reported.</summary>
    /// <returns>How many.</returns>
    public async Task<int> ForgetAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            "delete from attempts where recorded_at < now() - $1 and ended_at is not null and report_due_at is null");
        command.Parameters.Add(new() { Value = age });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<IReadOnlyList<Attempt>> ReadAllAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var attempts = new List<Attempt>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            attempts.Add(Read(reader));
        return attempts;
    }

    private static NpgsqlParameter Nullable<T>(IEnumerable<T?> values, NpgsqlDbType type)
        where T : struct =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };

    private static Attempt Read(NpgsqlDataReader row) => new()
    {
        AttemptId = row.GetGuid(0),
        VerificationId = row.GetGuid(1),
        Owner = row.IsDBNull(2) ? null : row.GetString(2),
        TraceParent = row.IsDBNull(3) ? null : row.GetString(3),
        InvitedAt = Time(row, 4),
        RangAt = Time(row, 5),
        EndedAt = Time(row, 6),
        Disposition = row.IsDBNull(7) ? null : Enum.Parse<CallDisposition>(row.GetString(7)),
        SipStatus = row.IsDBNull(8) ? null : row.GetInt32(8),
        Trunk = row.IsDBNull(9) ? null : row.GetString(9),
    };

    private static DateTimeOffset? Time(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}

/// <summary>This replica has given no sign of life for too long to place calls: it has just started, or the database was away.</summary>
internal sealed class ReplicaNotAliveException() : Exception(
    "This replica has not given a sign of life to the database in time and may not place calls until it has.");
