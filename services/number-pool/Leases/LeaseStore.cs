using System.Globalization;
using System.Security.Cryptography;
using FlashCall.Contracts;
using FlashCall.NumberPool.Limits;
using Npgsql;

namespace FlashCall.NumberPool.Leases;

/// <summary>
/// Leases and their ends, in PostgreSQL: one statement each, see the functions of <c>Schema/0003-*.sql</c>. Times come from the caller, so
/// that all replicas and tests have one clock each.
/// </summary>
internal sealed class LeaseStore(NpgsqlDataSource data, NumberPoolSettings settings)
{
    /// <summary>What <c>lease_caller_id</c> raises when another lease was faster.</summary>
    private const string LostRace = "FC001";

    private const int SeedBytes = 32;

    private const double Million = 1_000_000;

    private readonly PoolShards _shards = new(settings.Limits.Pool);

    /// <summary>Answers an attempt, or finds what it was answered before.</summary>
    /// <returns>The answer, null if the command comes after its own end; and whether it is a repeat.</returns>
    /// <exception cref="LeaseContentionException">Another lease was faster; nothing has happened.</exception>
    public async Task<(LeaseAnswer? Answer, bool Repeated)> LeaseAsync(
        LeaseCallerId command, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var statement = data.CreateCommand("""
            select l.repeated, (l.answer).attempt_id, (l.answer).answered_at, (l.answer).expires_at, (l.answer).lease_id,
                (l.answer).caller_id, (l.answer).trunk, (l.answer).disclosed_prefix, (l.answer).candidates, (l.answer).enter_digits,
                (l.answer).refusal, (l.answer).detail, (l.answer).missing_numbers, (l.answer).retry_at
            from lease_caller_id($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) l
            """);
        var (callee, limits) = (command.Callee, settings.Limits);
        statement.Parameters.AddRange((NpgsqlParameter[])
        [
            Sql.Uuid(command.AttemptId), Sql.Uuid(Guid.CreateVersion7(now)), Sql.Text(callee.E164), Sql.Text(Destination(callee)),
            Sql.Text(command.Client), Sql.Time(now), Sql.Time(command.ExpiresAt),
            // It may ring as late as the lease ends, and rests from then on.
            Sql.Time(command.ExpiresAt + settings.RestPeriod),
            Sql.Bigint(command.MinCandidates), Sql.Bigint(command.WantedCandidates),
            Sql.Interval(limits.Callee.Every), Sql.Integer(limits.Callee.Burst),
            Sql.Interval(limits.Client.Every), Sql.Integer(limits.Client.Burst),
            Sql.Integer(_shards.Of(command.AttemptId)), Sql.Interval(_shards.Every), Sql.Integer(_shards.Burst),
            Sql.Integer(settings.HourlyCap), Sql.Integer((int)Math.Round(settings.ProbeShare * Million)),
            Sql.Bytes(RandomNumberGenerator.GetBytes(SeedBytes)),
        ]);
        try
        {
            await using var row = await statement.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            return (row["attempt_id"] is DBNull ? null : ReadAnswer(row), row.GetBoolean(0));
        }
        catch (PostgresException exception) when (exception.SqlState is LostRace or PostgresErrorCodes.DeadlockDetected)
        {
            throw new LeaseContentionException(exception);
        }
    }

    /// <summary>Ends a running lease and charges its wrong reports.</summary>
    /// <returns>False if there is no such lease or it has ended before: then nothing has happened.</returns>
    public async Task<bool> ReleaseAsync(ReleaseCallerId command, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var statement = data.CreateCommand(
            "select release_caller_id($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)");
        // What the callee has not seen needs no rest. If nobody knows, the call may ring until the lease ends: the rest stays as it is.
        var rests = command.Outcome is not LeaseOutcome.NotRung;
        var rang = command.Outcome is LeaseOutcome.Rang or LeaseOutcome.Verified;
        statement.Parameters.AddRange((NpgsqlParameter[])
        [
            Sql.Uuid(command.AttemptId), Sql.Uuid(command.LeaseId), Sql.Time(now), Sql.Text(command.Outcome.ToString()),
            Sql.Boolean(rests), Sql.Time(rang ? now + settings.RestPeriod : null), Sql.Text(command.Trunk),
            Sql.Boolean(rang), Sql.Boolean(command.Answered), Sql.Boolean(command.Blocked), Sql.Boolean(command.Reported),
            Sql.Boolean(command.Outcome is LeaseOutcome.Verified),
            // No trunk had the call, so nobody saw the number make one.
            Sql.Boolean(command.Outcome is LeaseOutcome.NotRung && command is { Trunk: null, Blocked: false }),
            Sql.Integer(command.WrongReports * settings.Limits.WrongReportCost), Sql.Interval(settings.Limits.Client.Every),
            Sql.Integer(_shards.Of(command.AttemptId)), Sql.Interval(_shards.Every),
        ]);
        return (bool)(await statement.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Deletes up to <paramref name="limit"/> answers whose time is over.</summary>
    /// <returns>How many it deleted.</returns>
    public async Task<int> DeleteOldAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("""
            delete from answers where attempt_id in (
                select attempt_id from answers where keep_until <= $1 order by keep_until limit $2 for update skip locked)
            """);
        command.Parameters.AddRange((NpgsqlParameter[])[Sql.Time(now), Sql.Integer(limit)]);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Deletes up to <paramref name="limit"/> numbers from those that have made calls, whose last one is more than an hour
    /// ago.</summary>
    /// <returns>How many it deleted.</returns>
    public async Task<int> DeleteOldUsesAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("""
            delete from uses where number in (
                select number from uses where coalesce(at[cardinality(at)], '-infinity') <= $1 limit $2 for update skip locked)
            """);
        command.Parameters.AddRange((NpgsqlParameter[])[Sql.Time(now - TimeSpan.FromHours(1)), Sql.Integer(limit)]);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static LeaseAnswer ReadAnswer(NpgsqlDataReader row) =>
        row["refusal"] is string refusal
            ? new LeaseAnswer.Refused(
                Enum.Parse<LeaseRefusal>(refusal), row.GetFieldValue<string>(row.GetOrdinal("detail")), row["missing_numbers"] as long?,
                row["retry_at"] is DBNull ? null : row.GetFieldValue<DateTimeOffset>(row.GetOrdinal("retry_at")))
            : new LeaseAnswer.Leased
            {
                LeaseId = row.GetFieldValue<Guid>(row.GetOrdinal("lease_id")),
                CallerId = CallerId.Parse(
                    string.Create(CultureInfo.InvariantCulture, $"+{row.GetFieldValue<long>(row.GetOrdinal("caller_id"))}")),
                Trunk = row.GetFieldValue<string>(row.GetOrdinal("trunk")),
                DisclosedPrefix = row.GetFieldValue<string>(row.GetOrdinal("disclosed_prefix")),
                Candidates = row.GetFieldValue<long>(row.GetOrdinal("candidates")),
                EnterDigits = row["enter_digits"] as short?,
                LeasedAt = row.GetFieldValue<DateTimeOffset>(row.GetOrdinal("answered_at")),
                ExpiresAt = row.GetFieldValue<DateTimeOffset>(row.GetOrdinal("expires_at")),
            };

    /// <summary>The calling code and two digits more: what wear tells one destination from another by.</summary>
    private static string Destination(PhoneNumber callee) =>
        callee.E164[..Math.Min(callee.CallingCode.Length + 2, callee.E164.Length)];
}
