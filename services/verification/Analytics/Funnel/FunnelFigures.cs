using System.Data;
using System.Globalization;
using System.Text;
using FlashCall.Funnel;
using Npgsql;

namespace FlashCall.Verification.Analytics.Funnel;

/// <summary>Reads sums from the funnel's tables.</summary>
/// <param name="data">The database.</param>
internal sealed class FunnelFigures(NpgsqlDataSource data)
{
    /// <summary>Rows of an answer at most.</summary>
    public const int MostRows = 10_000;

    private const char Between = '\u001f';

    private const string StandSql =
        """
        select greatest(0, coalesce((select max(seq_id) from mt_events), 0) - seq), moved_at from funnel_generations where state = 'live'
        """;

    private static readonly Dictionary<string, string> Columns = new(StringComparer.Ordinal)
    {
        ["hour"] = """to_char(hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24":00:00Z"')""",
        ["day"] = """to_char(hour at time zone 'UTC', 'YYYY-MM-DD')""",
        ["application"] = "application_id",
        ["purpose"] = "purpose",
        ["country"] = "country",
        ["prefix"] = "prefix",
        ["trunk"] = "trunk",
    };

    /// <summary>Reads the sums of a span, and how current they are.</summary>
    /// <param name="question">What rows are made by and what counts.</param>
    /// <param name="spans">The spans, one at least.</param>
    /// <param name="cancellationToken">The request is gone.</param>
    /// <returns>The rows of each span by the values of their groups; null where there are too many.</returns>
    public async Task<FunnelReading?> ReadAsync(
        FunnelQuestion question, IReadOnlyList<FunnelSpan> spans, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        // All from one moment, or more would have rung than were asked for.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var read = new List<IReadOnlyDictionary<string, FunnelCount>>();
        foreach (var span in spans)
        {
            if (await ReadAsync(connection, question, span, cancellationToken) is not { } rows)
                return null;
            read.Add(rows);
        }
        await using var stand = new NpgsqlCommand(StandSql, connection);
        await using var reader = await stand.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new FunnelReading(read, reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1));
    }

    /// <summary>The values of a row's groups.</summary>
    public static string[] Values(string key) => key.Split(Between);

    /// <summary>The key of a row with these values.</summary>
    public static string Key(IEnumerable<string> values) => string.Join(Between, values);

    private static async Task<IReadOnlyDictionary<string, FunnelCount>?> ReadAsync(
        NpgsqlConnection connection, FunnelQuestion question, FunnelSpan span, CancellationToken cancellationToken)
    {
        var groups = question.GroupBy.Length;
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Select(question, span, "funnel_hours", [], FunnelSums.Columns, MostRows + 1),
                Select(question, span, "funnel_reasons", ["outcome", "reason"], ["sessions"]),
                Select(question, span, "funnel_times", ["step", "bucket"], ["sessions"]),
                Select(question, span, "funnel_costs", ["currency"], ["cost_micros"]),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var rows = new Dictionary<string, FunnelCount>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (rows.Count == MostRows)
                return null;
            rows.Add(KeyOf(), new FunnelCount
            {
                Reached = [.. Enumerable.Range(groups, FunnelSums.Columns.Count).Select(reader.GetInt64)],
            });
        }
        await NextAsync(row => row.Reasons.Add((reader.GetString(groups), reader.GetString(groups + 1), reader.GetInt64(groups + 2))));
        await NextAsync(row => (reader.GetString(groups) == "ring" ? row.Ring : row.Verify).Add(
            reader.GetInt16(groups + 1), reader.GetInt64(groups + 2)));
        await NextAsync(row => row.CostMicros.Add(reader.GetString(groups), reader.GetInt64(groups + 1)));
        return rows;

        string KeyOf() => Key(Enumerable.Range(0, groups).Select(reader.GetString));

        async Task NextAsync(Action<FunnelCount> take)
        {
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                take(rows[KeyOf()]);
        }
    }

    private static NpgsqlBatchCommand Select(
        FunnelQuestion question, FunnelSpan span, string table, string[] keys, IReadOnlyList<string> sums, int? most = null)
    {
        var command = new NpgsqlBatchCommand();
        command.Parameters.Add(new() { Value = span.From });
        command.Parameters.Add(new() { Value = span.To });
        string[] groups = [.. question.GroupBy.Select(static group => Columns[group]), .. keys];
        var sql = new StringBuilder($"select {string.Join(", ", groups.Concat(sums.Select(static sum => $"sum({sum})::bigint")))} from {table} "
            + "where hour >= $1 and hour < $2");
        foreach (var (name, values) in question.Only)
        {
            command.Parameters.Add(new() { Value = values });
            sql.Append(CultureInfo.InvariantCulture, $" and {Columns[name]} = any(${command.Parameters.Count})");
        }
        if (groups.Length > 0)
            sql.Append(" group by ").AppendJoin(", ", Enumerable.Range(1, groups.Length));
        else
            sql.Append(" having count(*) > 0");
        if (most is not null)
            sql.Append(CultureInfo.InvariantCulture, $" limit {most}");
        command.CommandText = sql.ToString();
        return command;
    }
}

/// <summary>What was read.</summary>
/// <param name="Spans">The rows of each span, by key.</param>
/// <param name="Behind">Events that are stored and not counted yet.</param>
/// <param name="MovedAt">When it was counted last (UTC).</param>
internal sealed record FunnelReading(IReadOnlyList<IReadOnlyDictionary<string, FunnelCount>> Spans, long Behind, DateTimeOffset MovedAt);
