using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.NumberPool.Numbers;

/// <summary>The numbers whose cells are made together.</summary>
/// <param name="Trunk">The trunk.</param>
/// <param name="Length">Digits of a number.</param>
/// <param name="CallingCode">The calling code.</param>
internal sealed record CellGroup(string Trunk, int Length, int CallingCode)
{
    /// <summary>The group of a run.</summary>
    public static CellGroup Of(Run run) => new(
        run.Trunk,
        run.Numbers.Length,
        NumberingPlan.CallingCode(run.Numbers.First) ?? throw new InvalidOperationException($"The pool has {run.Numbers}, of no country."));

    /// <summary>All numbers of this length and calling code.</summary>
    public NumberSpan Numbers
    {
        get
        {
            var size = NumberSpan.PowerOfTen(Length - NumberSpan.LengthOf(CallingCode));
            return new NumberSpan(CallingCode * size, (CallingCode + 1) * size - 1);
        }
    }

    /// <summary>The calling code with its plus sign.</summary>
    public string Prefix => string.Create(CultureInfo.InvariantCulture, $"+{CallingCode}");
}

/// <summary>The cells as rows, kept beside the runs that they follow from.</summary>
internal static class CellRows
{
    /// <summary>A change of more blocks than this in a group is cheaper counted anew.</summary>
    private const int MostBlocks = 5_000;

    /// <summary>Makes the cells of a group anew from its runs.</summary>
    public static async Task RemakeAsync(NpgsqlConnection connection, CellGroup group, CancellationToken cancellationToken)
    {
        var disclosure = new Disclosure(group.Length, group.CallingCode);
        await using (var runs = new NpgsqlCommand(
            "select first, last, state <> 'active' from runs where trunk = $1 and first between $2 and $3 order by first", connection))
        {
            runs.CommandTimeout = Inventory.PatienceSeconds;
            runs.Parameters.AddRange((NpgsqlParameter[])
                [new() { Value = group.Trunk }, new() { Value = group.Numbers.First }, new() { Value = group.Numbers.Last }]);
            await using var reader = await runs.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                disclosure.Add(new NumberSpan(reader.GetInt64(0), reader.GetInt64(1)), reader.GetBoolean(2));
        }
        await using (var clear = new NpgsqlCommand(
            "delete from cells where level between $1 and $2 and trunk = $3 and length = $4 and starts_with(prefix, $5)", connection))
        {
            clear.Parameters.AddRange((NpgsqlParameter[])
            [
                new() { Value = Disclosure.LowestLevel }, new() { Value = Disclosure.HighestLevel },
                new() { Value = group.Trunk }, new() { Value = (short)group.Length }, new() { Value = group.Prefix },
            ]);
            await clear.ExecuteNonQueryAsync(cancellationToken);
        }
        await using var rows = await connection.BeginBinaryImportAsync(
            "copy cells (level, trunk, length, prefix, size, off) from stdin (format binary)", cancellationToken);
        foreach (var cell in disclosure.Cells())
        {
            await rows.StartRowAsync(cancellationToken);
            await rows.WriteAsync((short)cell.Level, NpgsqlDbType.Smallint, cancellationToken);
            await rows.WriteAsync(group.Trunk, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync((short)group.Length, NpgsqlDbType.Smallint, cancellationToken);
            await rows.WriteAsync(cell.Prefix, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(cell.Size, NpgsqlDbType.Bigint, cancellationToken);
            await rows.WriteAsync(cell.Off, NpgsqlDbType.Bigint, cancellationToken);
        }
        await rows.CompleteAsync(cancellationToken);
    }

    /// <summary>Counts numbers in or out that have become active or are not any more. The runs are changed already.</summary>
    public static async Task CountAsync(NpgsqlConnection connection, IEnumerable<ChangedPart> parts, CancellationToken cancellationToken)
    {
        var blocks = new Dictionary<CellGroup, Dictionary<long, long>>();
        foreach (var part in parts.Where(part => part.Before.IsActive != part.After!.IsActive))
        {
            var group = CellGroup.Of(part.Before);
            if (!blocks.TryGetValue(group, out var counts))
                blocks[group] = counts = [];
            if (counts.Count <= MostBlocks)
                Count(counts, part.Before.Numbers, part.Before.IsActive ? 1 : -1);
        }
        foreach (var (group, counts) in blocks)
        {
            if (counts.Count > MostBlocks)
                await RemakeAsync(connection, group, cancellationToken);
            else
                await CountAsync(connection, group, counts, cancellationToken);
        }
    }

    private static void Count(Dictionary<long, long> counts, NumberSpan numbers, int sign)
    {
        for (var block = numbers.First / Disclosure.Block; block <= numbers.Last / Disclosure.Block; block++)
        {
            var first = Math.Max(numbers.First, block * Disclosure.Block);
            var last = Math.Min(numbers.Last, (block + 1) * Disclosure.Block - 1);
            counts[block] = counts.GetValueOrDefault(block) + sign * (last - first + 1);
            if (counts.Count > MostBlocks)
                return;
        }
    }

    private static async Task CountAsync(
        NpgsqlConnection connection, CellGroup group, Dictionary<long, long> counts, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            update cells set off = off + changed.difference
            from (
                select level, cell.prefix, sum(block.difference)::bigint as difference
                from unnest($1::text[], $2::bigint[]) as block (prefix, difference)
                cross join generate_series($3::integer, $4::integer) as level
                cross join lateral (
                    select prefix from cells
                    where cells.level = level.level and cells.trunk = $5 and cells.length = $6
                        and cells.prefix = any (array(select left(block.prefix, digits)
                            from generate_series(length($7), length(block.prefix)) as digits))
                    order by length(prefix) desc limit 1) as cell
                group by level, cell.prefix) as changed
            where cells.level = changed.level and cells.trunk = $5 and cells.length = $6 and cells.prefix = changed.prefix
            """, connection)
        {
            Parameters =
            {
                new() { Value = counts.Keys.Select(block => string.Create(CultureInfo.InvariantCulture, $"+{block}")).ToArray() },
                new() { Value = counts.Values.ToArray() },
                new() { Value = Disclosure.LowestLevel },
                new() { Value = Disclosure.HighestLevel },
                new() { Value = group.Trunk },
                new() { Value = (short)group.Length },
                new() { Value = group.Prefix },
            },
        };
        command.CommandTimeout = Inventory.PatienceSeconds;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
