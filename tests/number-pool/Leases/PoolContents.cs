using System.Globalization;
using Npgsql;

namespace FlashCall.NumberPool.Tests.Leases;

/// <summary>Numbers of one state on one trunk.</summary>
public sealed record Block(long First, long Last, string Trunk = "trunk", string State = "active", DateTimeOffset? RestsUntil = null)
{
    /// <summary>A pattern such as <c>+44207946xxxx</c>.</summary>
    public static Block Of(string pattern, string trunk = "trunk") => new(
        Number(pattern.Replace('x', '0')), Number(pattern.Replace('x', '9')), trunk);

    public static long Number(string e164) => long.Parse(e164.AsSpan(1), CultureInfo.InvariantCulture);

    public long Size => Last - First + 1;

    public int Length => First.ToString(CultureInfo.InvariantCulture).Length;
}

/// <summary>
/// The tables of the numbers as the inventory leaves them, made from blocks: slots without a hole unless one is asked for, and cells that
/// lie in each other where a part of a trunk's numbers is enough for a longer prefix and the rest is not.
/// </summary>
/// <param name="blocks">No two share a number.</param>
/// <param name="share">How many numbers a longer prefix needs at a level; 10 to the power of it as in production unless a small pool is to
/// have several cells.</param>
public sealed class PoolContents(IReadOnlyList<Block> blocks, Func<int, long>? share = null)
{
    public const int LowestLevel = 2;
    public const int HighestLevel = 6;

    private readonly Dictionary<(int Level, string Trunk, int Length), List<(string Prefix, long Size, long Off)>> _cells = Cells(
        blocks, share ?? (level => (long)Math.Pow(10, level)));

    public IReadOnlyList<Block> Blocks => blocks;

    /// <summary>Slots at the end of each trunk that hold no number.</summary>
    public long Holes { get; init; }

    /// <summary>What a number of a trunk discloses at a level.</summary>
    public string PrefixOf(long number, string trunk, int level)
    {
        var text = Text(number);
        return _cells[(level, trunk, text.Length - 1)].Select(cell => cell.Prefix)
            .Where(prefix => text.StartsWith(prefix, StringComparison.Ordinal)).MaxBy(prefix => prefix.Length)!;
    }

    public async Task WriteAsync(NpgsqlDataSource data)
    {
        await using var batch = data.CreateBatch();
        batch.BatchCommands.Add(new("delete from runs"));
        batch.BatchCommands.Add(new("delete from slots"));
        batch.BatchCommands.Add(new("delete from cells"));
        foreach (var trunk in blocks.GroupBy(block => block.Trunk))
        {
            var slot = 0L;
            foreach (var block in trunk.OrderBy(block => block.First))
            {
                batch.BatchCommands.Add(Command("""
                    insert into runs (first, last, trunk, country, tags, state, rests_until, first_slot)
                    values ($1, $2, $3, 'GB', '{}', $4, $5, $6)
                    """, Sql.Bigint(block.First), Sql.Bigint(block.Last), Sql.Text(block.Trunk), Sql.Text(block.State),
                    Sql.Time(block.RestsUntil), Sql.Bigint(slot)));
                slot += block.Size;
            }
            batch.BatchCommands.Add(Command("insert into slots (trunk, size) values ($1, $2)",
                Sql.Text(trunk.Key), Sql.Bigint(slot + Holes)));
        }
        foreach (var ((level, trunk, length), cells) in _cells)
        {
            foreach (var (prefix, size, off) in cells)
            {
                batch.BatchCommands.Add(Command(
                    "insert into cells (level, trunk, length, prefix, size, off) values ($1::int, $2, $3::int, $4, $5, $6)",
                    Sql.Integer(level), Sql.Text(trunk), Sql.Integer(length), Sql.Text(prefix), Sql.Bigint(size), Sql.Bigint(off)));
            }
        }
        await batch.ExecuteNonQueryAsync();
    }

    private static NpgsqlBatchCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(parameters);
        return command;
    }

    private static Dictionary<(int, string, int), List<(string, long, long)>> Cells(IReadOnlyList<Block> blocks, Func<int, long> share)
    {
        var cells = new Dictionary<(int, string, int), List<(string, long, long)>>();
        for (var level = LowestLevel; level <= HighestLevel; level++)
        {
            foreach (var group in blocks.GroupBy(block => (block.Trunk, block.Length)))
            {
                var found = new List<(string, long, long)>();
                foreach (var callingCode in group.GroupBy(block => Text(block.First)[..3]))
                    Split(callingCode.Key, [.. callingCode], group.Key.Length, share(level), found);
                cells[(level, group.Key.Trunk, group.Key.Length)] = found;
            }
        }
        return cells;
    }

    private static void Split(string prefix, List<Block> blocks, int length, long share, List<(string, long, long)> cells)
    {
        var (size, off) = Count(prefix, blocks, length);
        if (length + 1 - prefix.Length > 4)
        {
            for (var digit = 0; digit <= 9; digit++)
            {
                var longer = string.Create(CultureInfo.InvariantCulture, $"{prefix}{digit}");
                var (inside, offInside) = Count(longer, blocks, length);
                if (inside < share)
                    continue;
                Split(longer, blocks, length, share, cells);
                (size, off) = (size - inside, off - offInside);
            }
        }
        if (size > 0)
            cells.Add((prefix, size, off));
    }

    private static (long Size, long Off) Count(string prefix, List<Block> blocks, int length)
    {
        var (first, last) = (Block.Number(prefix.PadRight(length + 1, '0')), Block.Number(prefix.PadRight(length + 1, '9')));
        var (size, off) = (0L, 0L);
        foreach (var block in blocks)
        {
            var inside = Math.Max(0, Math.Min(block.Last, last) - Math.Max(block.First, first) + 1);
            size += inside;
            off += block.State == "active" ? 0 : inside;
        }
        return (size, off);
    }

    private static string Text(long number) => string.Create(CultureInfo.InvariantCulture, $"+{number}");
}
