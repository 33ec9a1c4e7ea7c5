using FlashCall.Fraud.Counting;
using Npgsql;

namespace FlashCall.Fraud.Storage;

/// <summary>The statements that requests and news have in common, each for all of a transaction.</summary>
internal static class HistoryStatements
{
    // In the order of what is locked: two transactions that lock several of the same never wait for each other in a circle.
    private const string LockNumbers = """
        select pg_advisory_xact_lock(key)
        from (select distinct hashtextextended(name, 0) as key from unnest($1) as name order by key) as keys
        """;

    private const string LockSessions = """
        select pg_advisory_xact_lock(key)
        from (select distinct hashtextextended(name, 1) as key from unnest($1) as name order by key) as keys
        """;

    private const string Commit = "commit";

    /// <summary>Reads the result of what <see cref="Reading"/> added.</summary>
    /// <param name="reader">The reader, at the result before it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="isFirst">There is none before it.</param>
    public delegate Task TakeReadings(NpgsqlDataReader reader, CancellationToken cancellationToken, bool isFirst = false);

    /// <summary>Locks numbers over all replicas until the end of the transaction. Before sessions, always: news takes those
    /// alone.</summary>
    public static NpgsqlBatchCommand LockingNumbers(IEnumerable<string> numbers) =>
        new(LockNumbers) { Parameters = { Parameters.Texts(numbers.Distinct(StringComparer.Ordinal)) } };

    /// <summary>Locks sessions over all replicas until the end of the transaction.</summary>
    public static NpgsqlBatchCommand LockingSessions(IEnumerable<Guid> sessions) =>
        new(LockSessions) { Parameters = { Parameters.Texts(sessions.Distinct().Select(session => session.ToString("N"))) } };

    /// <summary>Adds the statements that answer the engine's questions to a batch; none where nothing is asked.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="asked">The questions of any number of decisions.</param>
    /// <param name="applications">Whose own entries of lists are wanted beside those for all.</param>
    /// <param name="history">Takes what is read.</param>
    public static TakeReadings Reading(
        NpgsqlBatch batch, IReadOnlyList<Questions> asked, IEnumerable<string> applications, KnownHistory history)
    {
        var reading = CounterTable.Reading(asked, out var ranges);
        var subjects = asked.SelectMany(static questions => questions.Standing).ToHashSet();
        if (ranges.Length == 0 && subjects.Count == 0)
            return static (_, _, _) => Task.CompletedTask;
        batch.BatchCommands.Add(reading);
        batch.BatchCommands.Add(StandingTable.Reading(subjects, applications.Distinct(StringComparer.Ordinal)));
        return async (reader, cancellationToken, isFirst) =>
        {
            if (!isFirst)
                await reader.NextResultAsync(cancellationToken);
            await CounterTable.ReadAsync(reader, ranges, history, cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            await StandingTable.ReadAsync(reader, history, cancellationToken);
        };
    }

    /// <summary>Adds the statements that write what was decided, and end the transaction.</summary>
    /// <param name="batch">The batch, which may have statements of its own before.</param>
    /// <param name="decisions">What was decided.</param>
    /// <param name="shard">The transaction's row of counters that many share.</param>
    public static void WriteAndCommit(NpgsqlBatch batch, Decisions decisions, int shard)
    {
        if (CounterTable.Adding(decisions.Additions, shard) is { } adding)
            batch.BatchCommands.Add(adding);
        // Blocks of one subject stay in the order in which they were raised.
        foreach (var raised in decisions.Raised.OrderBy(raised => raised.Block.Subject.Kind)
            .ThenBy(raised => raised.Block.Subject.Key, StringComparer.Ordinal))
        {
            batch.BatchCommands.Add(StandingTable.Raising(raised));
        }
        batch.BatchCommands.Add(new(Commit));
    }
}
