using FlashCall.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.NumberPool.Subjects;

/// <summary>What the pool keeps of a callee: from which numbers it was rung within the rest period, and how much it was given. Both go, and
/// with them that a number is not given to it twice within that time.</summary>
internal sealed class SubjectData(NpgsqlDataSource data)
{
    /// <summary>Erases a callee. A lease that runs is of a session that began after the person asked, and stays.</summary>
    /// <returns>How many rows went, by table.</returns>
    public async Task<IReadOnlyDictionary<string, long>> EraseAsync(
        PhoneNumber number, IEnumerable<Guid> attempts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // In the order of a lease: limits first. Rows that rest are found by the callee, the others by their attempts.
        await using var erase = data.CreateCommand(
            """
            with limited as (
                delete from limits where key = 'callee:' || $1 returning 1),
            answered as (
                delete from answers where attempt_id in (
                    select a.attempt_id from answers a where a.callee = $1 and a.rests and (a.outcome is not null or a.expires_at <= $3)
                    union
                    select a.attempt_id from answers a where a.attempt_id = any($2) and a.callee = $1)
                returning 1)
            select (select count(*) from limited), (select count(*) from answered)
            """);
        erase.Parameters.AddRange((NpgsqlParameter[])
        [
            Sql.Text(number.E164),
            new() { Value = attempts.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
            Sql.Time(now),
        ]);
        await using var row = await erase.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new Dictionary<string, long>(StringComparer.Ordinal) { ["limits"] = row.GetInt64(0), ["answers"] = row.GetInt64(1) };
    }
}
