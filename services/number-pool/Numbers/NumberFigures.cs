using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FlashCall.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.NumberPool.Numbers;

/// <summary>What numbers are counted by.</summary>
internal enum CountedBy
{
    /// <summary>All of them.</summary>
    All,

    /// <summary>The country.</summary>
    Country,

    /// <summary>The trunk.</summary>
    Trunk,

    /// <summary>Each tag; numbers without one are not counted here, those with several more than once.</summary>
    Tag,
}

/// <summary>Numbers of a kind by state.</summary>
/// <param name="By">What kind.</param>
/// <param name="Name">The country, trunk or tag; empty for all.</param>
/// <param name="Active">Active.</param>
/// <param name="Resting">Resting, their rest not over.</param>
/// <param name="OnTrial">Their rest is over.</param>
/// <param name="Retired">Retired.</param>
internal sealed record NumberCount(CountedBy By, string Name, long Active, long Resting, long OnTrial, long Retired);

/// <summary>What became of the calls of a trunk's numbers.</summary>
internal sealed record WearTotal(string Trunk, long Rang, long Answered, long Blocked, long Reported, long Verified);

/// <summary>The active numbers of a cell.</summary>
/// <param name="Trunk">Its trunk.</param>
/// <param name="Prefix">What is told of a number of it.</param>
/// <param name="Active">How many could be meant.</param>
internal sealed record CellCount(string Trunk, string Prefix, long Active);

/// <summary>Counts numbers for operators. It looks at all runs, so it takes a second for each few million single numbers.</summary>
internal sealed class NumberFigures(NpgsqlDataSource data, TimeProvider time)
{
    /// <summary>News of a dialer that is older says nothing any more: it comes twice a minute.</summary>
    private static readonly TimeSpan NewsAge = TimeSpan.FromSeconds(90);

    /// <summary>Numbers by country, trunk and tag.</summary>
    /// <param name="trunks">Of these trunks; null counts all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<NumberCount>> CountAsync(IReadOnlyCollection<string>? trunks, CancellationToken cancellationToken)
    {
        const string states =
            """
            coalesce(sum(last - first + 1) filter (where state = 'active'), 0)::bigint,
            coalesce(sum(last - first + 1) filter (where state = 'resting' and rests_until > $1), 0)::bigint,
            coalesce(sum(last - first + 1) filter (where state = 'resting' and rests_until <= $1), 0)::bigint,
            coalesce(sum(last - first + 1) filter (where state = 'retired'), 0)::bigint
            """;
        await using var batch = data.CreateBatch();
        batch.Timeout = Inventory.PatienceSeconds;
        foreach (var sql in (string[])
        [
            $"""
            select case when grouping(country) = 0 then {(int)CountedBy.Country} when grouping(trunk) = 0 then {(int)CountedBy.Trunk}
                else {(int)CountedBy.All} end, coalesce(country, trunk, ''), {states}
            from runs where $2::text[] is null or trunk = any ($2)
            group by grouping sets ((), (country), (trunk)) order by 1, 2
            """,
            $"""
            select {(int)CountedBy.Tag}, tag, {states}
            from runs cross join unnest(tags) as tag where $2::text[] is null or trunk = any ($2)
            group by tag order by 2
            """,
        ])
        {
            batch.BatchCommands.Add(new(sql)
            {
                Parameters =
                {
                    new() { Value = time.GetUtcNow() },
                    OrAll(trunks),
                },
            });
        }
        var counts = new List<NumberCount>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        do
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                counts.Add(new NumberCount(
                    (CountedBy)reader.GetInt32(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4),
                    reader.GetInt64(5)));
            }
        }
        while (await reader.NextResultAsync(cancellationToken));
        return counts;
    }

    /// <summary>Calls that numbers were leased for within the last hour.</summary>
    public async Task<long> LeasesOfLastHourAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("select count(*) from uses cross join unnest(at) as used where used > $1");
        command.CommandTimeout = Inventory.PatienceSeconds;
        command.Parameters.Add(new() { Value = time.GetUtcNow().AddHours(-1) });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>What became of calls, by trunk.</summary>
    public async Task<IReadOnlyList<WearTotal>> WearAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            select trunk, sum(rang)::bigint, sum(answered)::bigint, sum(blocked)::bigint, sum(reported)::bigint, sum(verified)::bigint
            from wear group by trunk order by trunk
            """);
        command.CommandTimeout = Inventory.PatienceSeconds;
        var totals = new List<WearTotal>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            totals.Add(new WearTotal(
                reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5)));
        }
        return totals;
    }

    /// <summary>The cells of a level that have active numbers, the weakest first.</summary>
    /// <param name="level">2 to 6.</param>
    /// <param name="trunks">Of these trunks; null counts all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async IAsyncEnumerable<CellCount> CellsAsync(
        int level, IReadOnlyCollection<string>? trunks,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            select trunk, prefix, size - off from cells
            where level = $1 and size > off and ($2::text[] is null or trunk = any ($2)) order by size - off, prefix
            """);
        command.CommandTimeout = Inventory.PatienceSeconds;
        command.Parameters.AddRange((NpgsqlParameter[])
        [
            new() { Value = level },
            OrAll(trunks),
        ]);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            yield return new CellCount(reader.GetString(0), reader.GetString(1), reader.GetInt64(2));
    }

    /// <summary>The trunks that take calls to a phone at present, as the dialers said last; null while none has said anything.</summary>
    public async Task<IReadOnlyCollection<string>?> TrunksToAsync(PhoneNumber to, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("select trunks::text from trunk_news where at > $1");
        command.Parameters.Add(new() { Value = time.GetUtcNow() - NewsAge });
        HashSet<string>? trunks = null;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            trunks ??= new HashSet<string>(StringComparer.Ordinal);
            trunks.UnionWith(JsonSerializer.Deserialize<TrunkCondition[]>(reader.GetString(0), JsonSerializerOptions.Web)!
                .Where(trunk => trunk.Usable && (trunk.Destinations.Count == 0
                    || trunk.Destinations.Any(prefix => to.E164.StartsWith(prefix, StringComparison.Ordinal))))
                .Select(trunk => trunk.Name));
        }
        return trunks;
    }

    /// <summary>The calling code of a cell's prefix.</summary>
    public static int CallingCodeOf(CellCount cell) =>
        NumberingPlan.CallingCode(long.Parse(cell.Prefix.AsSpan(1), CultureInfo.InvariantCulture))
        ?? throw new InvalidOperationException("A cell belongs to a calling code.");

    private static NpgsqlParameter OrAll(IReadOnlyCollection<string>? trunks) =>
        new() { Value = (object?)trunks?.ToArray() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
