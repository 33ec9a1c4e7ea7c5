using Npgsql;

namespace FlashCall.NumberPool.Numbers;

/// <summary>Which numbers an operator looks for; null does not matter.</summary>
/// <param name="Country">ISO 3166-1 alpha-2, or a calling code.</param>
/// <param name="Trunk">The trunk's name.</param>
/// <param name="Tag">One of the tags.</param>
/// <param name="State">The state.</param>
/// <param name="Prefix">Digits that the numbers begin with.</param>
internal sealed record NumberFilter(string? Country, string? Trunk, string? Tag, ShownState? State, string? Prefix);

/// <summary>The states that operators see.</summary>
internal enum ShownState
{
    /// <summary>Leased.</summary>
    Active,

    /// <summary>Not leased until the rest ends.</summary>
    Resting,

    /// <summary>The rest has ended: leased more rarely, until it has shown itself.</summary>
    OnTrial,

    /// <summary>Not leased any more.</summary>
    Retired,
}

/// <summary>What was done to a number once.</summary>
/// <param name="Numbers">The numbers that it was done to.</param>
/// <param name="Trunk">The trunk they were of.</param>
/// <param name="Change">added, activated, rested, retired or removed.</param>
/// <param name="RestsUntil">Of a rest: its end (UTC).</param>
/// <param name="Reason">Why.</param>
/// <param name="ChangedBy">Who did it.</param>
/// <param name="ChangedAt">When (UTC).</param>
internal sealed record PastChange(
    NumberSpan Numbers, string Trunk, string Change, DateTimeOffset? RestsUntil, string? Reason, string ChangedBy,
    DateTimeOffset ChangedAt);

/// <summary>What became of calls from a number to a destination.</summary>
internal sealed record WearRow(
    string Trunk, string Destination, long Rang, long Answered, long Blocked, long Reported, long Verified, DateTimeOffset LastAt);

/// <summary>The evidence that a number does not get through, and, while it is on trial, that it does.</summary>
/// <param name="Against">How much speaks against it; it rests at the logarithm of <c>NumberPool:Wear:CallsPerFalseAlarm</c>.</param>
/// <param name="InFavour">How much speaks for it, on trial.</param>
/// <param name="Calls">The calls that it is made of.</param>
/// <param name="Verified">Of them, those that were verified.</param>
/// <param name="PeersShare">The share that its peers verify, 0 to 1.</param>
/// <param name="Since">When the first of the calls was (UTC).</param>
internal sealed record EvidenceRow(double Against, double InFavour, int Calls, int Verified, double PeersShare, DateTimeOffset Since);

/// <summary>All that is known of a number.</summary>
internal sealed record KnownNumber(
    Run Run, IReadOnlyList<PastChange> History, IReadOnlyList<WearRow> Wear, EvidenceRow? Evidence);

/// <summary>Looks numbers up for operators.</summary>
internal sealed class NumberCatalogue(NpgsqlDataSource data, TimeProvider time)
{
    private const int MostChanges = 100;
    private const int MostWear = 1000;

    /// <summary>No number is higher.</summary>
    private const long Beyond = 1_000_000_000_000_000;

    /// <summary>Runs in ascending order.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="after">Only those that begin above this number; 0 begins at the start.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<Run>> ListAsync(NumberFilter filter, long after, int limit, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand();
        var conditions = Conditions(filter, command.Parameters);
        // A run that has the lowest number of a prefix may begin before it.
        command.CommandText =
            $"""
            select run.* from unnest(@low, @high) as span (low, high)
            cross join lateral (
                (select {RunRows.Columns}
                    from (select * from runs where first < low order by first desc limit 1) as runs
                    where last >= low and first > @after {conditions})
                union all
                (select {RunRows.Columns} from runs where first between greatest(low, @after + 1) and high {conditions}
                    order by first limit @limit)) as run
            order by first limit @limit
            """;
        NumberSpan[] spans = filter.Prefix is { } prefix ? [.. WithPrefix(prefix)] : [new NumberSpan(0, Beyond)];
        command.Parameters.AddRange((NpgsqlParameter[])
        [
            new("low", spans.Select(span => span.First).ToArray()), new("high", spans.Select(span => span.Last).ToArray()),
            new("after", after), new("limit", limit),
        ]);
        return await ReadAsync(command, RunRows.Read, cancellationToken);
    }

    /// <summary>One number; null if the pool does not have it.</summary>
    public async Task<KnownNumber?> FindAsync(long number, CancellationToken cancellationToken)
    {
        await using var batch = data.CreateBatch();
        Add($"select {RunRows.Columns} from (select * from runs where first <= $1 order by first desc limit 1) as runs where last >= $1");
        Add(
            $"""
            select first, last, trunk, change, rests_until, reason, changed_by, changed_at from (
                select * from history where first = last and first = $1
                union all select * from history where first < last and int8range(first, last, '[]') @> $1) as history
            order by id desc limit {MostChanges}
            """);
        Add(
            "select trunk, destination, rang, answered, blocked, reported, verified, last_at from wear where number = $1 "
            + $"order by rang desc, trunk, destination limit {MostWear}");
        Add("select against, in_favour, trials, verified, peers / trials, since from evidence where number = $1");
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return null;
        var run = RunRows.Read(reader);
        return new KnownNumber(
            run,
            await NextAsync(reader, ReadChange, cancellationToken),
            await NextAsync(reader, ReadWear, cancellationToken),
            (await NextAsync(
                reader, row => new EvidenceRow(
                    row.GetDouble(0), row.GetDouble(1), row.GetInt32(2), row.GetInt32(3), row.GetDouble(4),
                    row.GetFieldValue<DateTimeOffset>(5)),
                cancellationToken)).SingleOrDefault());

        void Add(string sql) => batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = number } } });
    }

    /// <summary>All numbers that begin with the digits, one span for each length.</summary>
    private static IEnumerable<NumberSpan> WithPrefix(string prefix)
    {
        const int fewest = 7;
        const int most = 15;
        var value = long.Parse(prefix, System.Globalization.CultureInfo.InvariantCulture);
        for (var length = Math.Max(fewest, prefix.Length); length <= most; length++)
        {
            var size = NumberSpan.PowerOfTen(length - prefix.Length);
            yield return new NumberSpan(value * size, (value + 1) * size - 1);
        }
    }

    private string Conditions(NumberFilter filter, NpgsqlParameterCollection parameters)
    {
        var conditions = "";
        if (filter.Country is { } country)
            Require("country = @country", new("country", country));
        if (filter.Trunk is { } trunk)
            Require("trunk = @trunk", new("trunk", trunk));
        if (filter.Tag is { } tag)
            Require("tags @> @tags", new("tags", (string[])[tag]));
        var now = new NpgsqlParameter("now", time.GetUtcNow());
        switch (filter.State)
        {
            case null:
                break;
            case ShownState.Active:
                conditions += "and state = 'active' ";
                break;
            case ShownState.Resting:
                Require("state = 'resting' and rests_until > @now", now);
                break;
            case ShownState.OnTrial:
                Require("state = 'resting' and rests_until <= @now", now);
                break;
            case ShownState.Retired:
                conditions += "and state = 'retired' ";
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(filter));
        }
        return conditions;

        void Require(string condition, NpgsqlParameter parameter)
        {
            conditions += $"and {condition} ";
            parameters.Add(parameter);
        }
    }

    private static PastChange ReadChange(NpgsqlDataReader row) => new(
        new NumberSpan(row.GetInt64(0), row.GetInt64(1)), row.GetString(2), row.GetString(3),
        row.IsDBNull(4) ? null : row.GetFieldValue<DateTimeOffset>(4), row.IsDBNull(5) ? null : row.GetString(5), row.GetString(6),
        row.GetFieldValue<DateTimeOffset>(7));

    private static WearRow ReadWear(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6),
        row.GetFieldValue<DateTimeOffset>(7));

    private static async Task<List<T>> NextAsync<T>(
        NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken);
        return await ReadAsync(reader, read, cancellationToken);
    }

    private static async Task<List<T>> ReadAsync<T>(
        NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await ReadAsync(reader, read, cancellationToken);
    }

    private static async Task<List<T>> ReadAsync<T>(
        NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(read(reader));
        return rows;
    }
}
