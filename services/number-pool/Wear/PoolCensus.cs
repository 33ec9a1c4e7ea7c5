using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.NumberPool.Wear;

/// <summary>How many numbers there are.</summary>
/// <param name="Trunk">Of this trunk.</param>
/// <param name="State">In this state: active, resting, on_trial or retired.</param>
/// <param name="Numbers">So many.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StateCount(string Trunk, string State, long Numbers);

/// <summary>The pool as it is at a moment.</summary>
/// <param name="At">The moment (UTC).</param>
/// <param name="Numbers">The numbers, by trunk and state.</param>
/// <param name="OldestOutcome">When the oldest outcome was known that is not yet added to wear (UTC); null if all are.</param>
/// <param name="Falling">How many destinations fall, by trunk.</param>
internal sealed record PoolCount(
    DateTimeOffset At, IReadOnlyList<StateCount> Numbers, DateTimeOffset? OldestOutcome,
    IReadOnlyList<(string Trunk, int Destinations)> Falling);

/// <summary>Counts the pool without reading every number.</summary>
internal sealed class PoolCensus(NpgsqlDataSource data, TimeProvider time)
{
    /// <summary>Counts.</summary>
    public async Task<PoolCount> CountAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var batch = data.CreateBatch();
        // Each number belongs to one cell a level, and the level with the largest cells has the fewest.
        batch.BatchCommands.Add(new(
            """
            select trunk, 'active', sum(size - off)::bigint from cells where level = 6 group by trunk
            union all
            select trunk, case when rests_until <= $1 then 'on_trial' else state end, sum(last - first + 1)::bigint
            from runs where state <> 'active' group by 1, 2
            """)
        {
            Parameters = { new() { Value = now, NpgsqlDbType = NpgsqlDbType.TimestampTz } },
        });
        batch.BatchCommands.Add(new("select at from outcomes order by id limit 1"));
        batch.BatchCommands.Add(new(
            "select trunk, count(*)::integer from trends where falls_since is not null and destination <> '' group by trunk"));
        var numbers = new List<StateCount>();
        var falling = new List<(string, int)>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            numbers.Add(new StateCount(reader.GetString(0), reader.GetString(1), reader.GetInt64(2)));
        await reader.NextResultAsync(cancellationToken);
        DateTimeOffset? oldest = await reader.ReadAsync(cancellationToken) ? reader.GetFieldValue<DateTimeOffset>(0) : null;
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            falling.Add((reader.GetString(0), reader.GetInt32(1)));
        return new PoolCount(now, numbers, oldest, falling);
    }
}
