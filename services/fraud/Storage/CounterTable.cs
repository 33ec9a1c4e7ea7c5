using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FlashCall.Fraud.Counting;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Fraud.Storage;

/// <summary>
/// Counters in PostgreSQL: reads and adds many at once, in one statement each. Gives the very figures that <see cref="MemoryHistory"/> gives,
/// since both add up whole numbers by bucket.
/// </summary>
internal static class CounterTable
{
    /// <summary>Over how many rows the bucket of a subject may be spread that many sessions share; who reads adds them up.</summary>
    public const int Shards = 16;

    /// <summary>The columns; a new measure gets one by a schema script.</summary>
    private static readonly (Measure Measure, string Name)[] Columns =
    [
        (Measure.Requests, "requests"), (Measure.Rings, "rings"), (Measure.Verified, "verified"), (Measure.Open, "open"),
        (Measure.Calls, "calls"), (Measure.Answered, "answered"), (Measure.Reported, "reported"), (Measure.WrongReports, "wrong_reports"),
        (Measure.NewNumbers, "new_numbers"), (Measure.Spend, "spend"), (Measure.Refused, "refused"),
        (Measure.NarrowerBlocks, "narrower_blocks"),
    ];

    private static readonly Dictionary<Measure, int> ColumnOf =
        Columns.Select((column, i) => (column.Measure, i)).ToDictionary(column => column.Measure, column => column.i);

    // Sums of bigint are numeric, of integer bigint.
    private static readonly string Read = $"""
        select asked.n, counted.* from unnest($1, $2, $3, $4) with ordinality as asked (key, grain, first, last, n)
        cross join lateral (
            select {string.Join(", ", Columns.Select(column => $"sum({column.Name}){(IsLarge(column.Measure) ? "::bigint" : "")}"))}
            from counters where key = asked.key and grain = asked.grain and bucket between asked.first and asked.last
            having count(*) > 0) as counted
        """;

    // The rows are locked in one order, that of the arrays, so that two requests never wait for each other.
    private static readonly string Add = $"""
        insert into counters as c (key, grain, bucket, shard, kind, {string.Join(", ", Columns.Select(column => column.Name))})
        select * from unnest({string.Join(", ", Enumerable.Range(1, Columns.Length + 5).Select(n => $"${n}"))})
        on conflict (key, grain, bucket, shard) do update set
            {string.Join(", ", Columns.Select(column => $"{column.Name} = c.{column.Name} + excluded.{column.Name}"))}
        """;

    /// <summary>The key of a subject in the table.</summary>
    public static Guid KeyOf(Subject subject)
    {
        Span<byte> text = stackalloc byte[2 + Encoding.UTF8.GetMaxByteCount(subject.Key.Length)];
        BinaryPrimitives.WriteInt16BigEndian(text, (short)subject.Kind);
        var length = 2 + Encoding.UTF8.GetBytes(subject.Key, text[2..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], hash);
        return new Guid(hash[..16], bigEndian: true);
    }

    /// <summary>The statement that reads what is asked for; its result goes to <see cref="ReadAsync"/>.</summary>
    /// <param name="asked">What is asked for, for any number of decisions.</param>
    /// <param name="ranges">Each range once: one for each row that may come back.</param>
    public static NpgsqlBatchCommand Reading(IEnumerable<Questions> asked, out CounterRange[] ranges)
    {
        var distinct = new HashSet<CounterRange>();
        foreach (var questions in asked)
        {
            foreach (var query in questions.Counters)
                distinct.Add(CounterRange.Of(query, questions.At));
        }
        ranges = [.. distinct];
        var (keys, grains) = (new Guid[ranges.Length], new short[ranges.Length]);
        var (firsts, lasts) = (new int[ranges.Length], new int[ranges.Length]);
        var known = new Dictionary<Subject, Guid>();
        for (var i = 0; i < ranges.Length; i++)
        {
            var range = ranges[i];
            if (!known.TryGetValue(range.Subject, out var key))
                known[range.Subject] = key = KeyOf(range.Subject);
            (keys[i], grains[i], firsts[i], lasts[i]) = (key, (short)range.GrainSeconds, (int)range.First, (int)range.Last);
        }
        return new NpgsqlBatchCommand(Read) { Parameters = { Uuids(keys), Smalls(grains), Integers(firsts), Integers(lasts) } };
    }

    /// <summary>Takes the result of <see cref="Reading"/>.</summary>
    public static async Task ReadAsync(
        NpgsqlDataReader reader, CounterRange[] ranges, KnownHistory history, CancellationToken cancellationToken)
    {
        while (await reader.ReadAsync(cancellationToken))
        {
            var sums = new long[Columns.Length + 1];
            for (var i = 0; i < Columns.Length; i++)
                sums[(int)Columns[i].Measure] = reader.GetInt64(i + 1);
            history.Take(ranges[reader.GetInt64(0) - 1], sums);
        }
    }

    /// <summary>The statement that adds.</summary>
    /// <param name="additions">What is added; rows of one bucket become one.</param>
    /// <param name="shard">Which row of those that many sessions add to, 0 to <see cref="Shards"/> - 1: transactions that are under way
    /// at once do not wait for each other where they have each its own.</param>
    /// <returns>Null where there is nothing to add.</returns>
    public static NpgsqlBatchCommand? Adding(IEnumerable<CounterAddition> additions, int shard)
    {
        var rows = new SortedDictionary<(Guid Key, short Grain, int Bucket, short Shard), (SubjectKind Kind, long[] Amounts)>();
        var known = new Dictionary<Subject, Guid>();
        foreach (var addition in additions)
        {
            if (!known.TryGetValue(addition.Subject, out var key))
                known[addition.Subject] = key = KeyOf(addition.Subject);
            var at = (key, (short)addition.GrainSeconds, (int)addition.Bucket, (short)(IsShared(addition.Subject.Kind) ? shard : 0));
            if (!rows.TryGetValue(at, out var row))
                rows[at] = row = (addition.Subject.Kind, new long[Columns.Length]);
            row.Amounts[ColumnOf[addition.Measure]] += addition.Amount;
        }
        if (rows.Count == 0)
            return null;
        var command = new NpgsqlBatchCommand(Add)
        {
            Parameters =
            {
                Uuids([.. rows.Keys.Select(at => at.Key)]), Smalls([.. rows.Keys.Select(at => at.Grain)]),
                Integers([.. rows.Keys.Select(at => at.Bucket)]), Smalls([.. rows.Keys.Select(at => at.Shard)]),
                Smalls([.. rows.Values.Select(row => (short)row.Kind)]),
            },
        };
        for (var i = 0; i < Columns.Length; i++)
        {
            command.Parameters.Add(IsLarge(Columns[i].Measure)
                ? Larges([.. rows.Values.Select(row => row.Amounts[i])])
                : Integers([.. rows.Values.Select(row => checked((int)row.Amounts[i]))]));
        }
        return command;
    }

    /// <summary>Whether nearly every transaction adds to a subject of the kind, and would wait for the one before.</summary>
    private static bool IsShared(SubjectKind kind) =>
        kind is SubjectKind.Application or SubjectKind.Destination or SubjectKind.Trunk or SubjectKind.Prefix;

    /// <summary>Money is counted in millionths; two thousand million of anything else within a bucket are not reached.</summary>
    private static bool IsLarge(Measure measure) => measure is Measure.Spend;

    private static NpgsqlParameter Uuids(Guid[] values) => new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid };

    private static NpgsqlParameter Smalls(short[] values) =>
        new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint };

    private static NpgsqlParameter Integers(int[] values) =>
        new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer };

    private static NpgsqlParameter Larges(long[] values) =>
        new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
}
