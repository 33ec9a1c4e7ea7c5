using Npgsql;

namespace FlashCall.NumberPool.Numbers;

/// <summary>How the numbers of a trunk are numbered for the draw.</summary>
internal static class SlotRows
{
    /// <summary>Notes that numbers were removed. When more than half of the slots are holes, which a draw hits in vain, they are made
    /// anew.</summary>
    public static async Task AddHolesAsync(NpgsqlConnection connection, string trunk, long count, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "update slots set holes = holes + $2 where trunk = $1 returning holes * 2 > size", connection)
        {
            Parameters = { new() { Value = trunk }, new() { Value = count } },
        };
        if (await command.ExecuteScalarAsync(cancellationToken) is true)
            await NumberAnewAsync(connection, trunk, cancellationToken);
    }

    /// <summary>Gives each number of a trunk a slot without holes between them, in ascending order. Neighbours that are the same in
    /// everything are one run afterwards.</summary>
    private static async Task NumberAnewAsync(NpgsqlConnection connection, string trunk, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.Timeout = Inventory.PatienceSeconds;
        // The slots of a trunk are unique at every moment, so the old runs go before the new ones come.
        batch.BatchCommands.Add(new(
            """
            create temp table numbered_anew on commit drop as
            select min(first) as first, max(last) as last, min(slot)::bigint as first_slot,
                country, tags, state, rests_until, rests, reason, changed_by, changed_at
            from (
                select *, sum(last - first + 1) over (order by first) - (last - first + 1) as slot,
                    first - sum(last - first + 1) over (
                        partition by length(first::text), country, tags, state, rests_until, rests, reason, changed_by, changed_at
                        order by first rows between unbounded preceding and current row) + (last - first + 1) as island
                from runs where trunk = $1) as runs
            group by island, length(first::text), country, tags, state, rests_until, rests, reason, changed_by, changed_at
            """)
        { Parameters = { new() { Value = trunk } } });
        batch.BatchCommands.Add(new("delete from runs where trunk = $1") { Parameters = { new() { Value = trunk } } });
        batch.BatchCommands.Add(new(
            $"""
            insert into runs ({RunRows.Columns})
            select first, last, $1, country, tags, state, rests_until, rests, reason, changed_by, changed_at, first_slot from numbered_anew
            """)
        { Parameters = { new() { Value = trunk } } });
        batch.BatchCommands.Add(new("delete from slots where trunk = $1") { Parameters = { new() { Value = trunk } } });
        batch.BatchCommands.Add(new(
            "insert into slots (trunk, size) select $1, sum(last - first + 1) from numbered_anew having count(*) > 0")
        { Parameters = { new() { Value = trunk } } });
        batch.BatchCommands.Add(new("drop table numbered_anew"));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
