using Npgsql;
using NpgsqlTypes;

namespace FlashCall.NumberPool.Wear;

/// <summary>How calls over a trunk do, whichever number calls.</summary>
/// <param name="Trunk">The trunk.</param>
/// <param name="Destination">The callee's calling code and two digits more; null for all destinations together.</param>
/// <param name="Rang">Calls of the last days that rang.</param>
/// <param name="Blocked">Calls of the last days that did not ring, which can lie in the caller ID.</param>
/// <param name="Verified">Calls of the last days that were verified.</param>
/// <param name="Pace">Lately verified over what the last days let expect; 1 is as usual. Null while there are too few calls to say.</param>
/// <param name="FallsSince">Since when far fewer are verified than on the last days (UTC); null if it is not so.</param>
internal sealed record GroupFigures(
    string Trunk, string? Destination, long Rang, long Blocked, long Verified, double? Pace, DateTimeOffset? FallsSince);

/// <summary>Wear, for those who look at it.</summary>
internal sealed class WearFigures(NpgsqlDataSource data, NumberPoolSettings settings, TimeProvider time)
{
    /// <summary>How calls do, by trunk and destination: those that fall first, then those with the most calls.</summary>
    /// <param name="limit">As many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<GroupFigures>> GroupsAsync(int limit, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            select trunk, nullif(days.destination, ''), days.rang, days.blocked, days.verified,
                t.verified / nullif(t.expected, 0), t.falls_since
            from (
                select trunk, case when grouping(destination) = 0 then destination else '' end as destination,
                    sum(rang)::bigint as rang, sum(blocked)::bigint as blocked, sum(verified)::bigint as verified
                from peers where day >= $1
                group by grouping sets ((trunk, destination), (trunk))) as days
            left join trends t using (trunk, destination)
            order by t.falls_since, days.rang + days.blocked desc, trunk, days.destination limit $2
            """);
        command.Parameters.AddRange((NpgsqlParameter[])
        [
            new() { Value = WearBook.FirstDay(settings.Wear, time.GetUtcNow()), NpgsqlDbType = NpgsqlDbType.Date },
            new() { Value = limit, NpgsqlDbType = NpgsqlDbType.Integer },
        ]);
        var groups = new List<GroupFigures>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            groups.Add(new GroupFigures(
                reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3),
                reader.GetInt64(4), reader.IsDBNull(5) ? null : reader.GetDouble(5),
                reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6)));
        }
        return groups;
    }
}
