using System.Globalization;
using Npgsql;

namespace FlashCall.Funnel;

/// <summary>The tables of one generation: reads what is known of sessions, folds what happened into it, and stores what changed, in the
/// caller's transaction and a handful of statements, however many events there are.</summary>
internal sealed class FunnelTables
{
    private static readonly string[] OfCell = ["hour", "application_id", "purpose", "country", "prefix", "trunk"];
    private static readonly string[] CellTypes = ["timestamptz", "text", "text", "text", "text", "text"];

    private readonly string _read;
    private readonly string _sessions;
    private readonly string _hours;
    private readonly string _reasons;
    private readonly string _times;
    private readonly string _costs;

    /// <param name="generation">Which generation.</param>
    public FunnelTables(int generation)
    {
        Generation = generation;
        _read = $"select {string.Join(", ", FunnelRow.Columns)} from {Named("sessions")} where verification_id = any($1)";
        _sessions = Upsert(
            Named("sessions"), FunnelRow.Columns, FunnelRow.Types, FunnelRow.Columns[..1],
            string.Join(", ", FunnelRow.Columns[1..].Select(column => $"{column} = excluded.{column}")));
        _hours = AddUp("hours", [], [], FunnelSums.Columns);
        _reasons = AddUp("reasons", ["outcome", "reason"], ["text", "text"], ["sessions"]);
        _times = AddUp("times", ["step", "bucket"], ["text", "smallint"], ["sessions"]);
        _costs = AddUp("costs", ["currency"], ["text"], ["cost_micros"]);
    }

    /// <summary>Which generation.</summary>
    public int Generation { get; }

    /// <summary>Takes in what happened, in the order in which it was stored, and notes how far the generation is.</summary>
    /// <param name="connection">The connection, in a transaction.</param>
    /// <param name="events">What happened after what the generation has. Events of a session whose request is not there are nobody's: they
    /// are left out.</param>
    /// <param name="upTo">The place in the event log up to which everything is among the events.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task TakeInAsync(
        NpgsqlConnection connection, IReadOnlyCollection<FunnelEvent> events, long upTo, CancellationToken cancellationToken)
    {
        var known = await KnownAsync(connection, events, cancellationToken);
        var now = new Dictionary<Guid, FunnelFacts>(known);
        foreach (var happened in events)
        {
            if (FunnelFold.Apply(now.GetValueOrDefault(happened.VerificationId), happened) is { } facts)
                now[happened.VerificationId] = facts;
        }
        var changed = new List<FunnelFacts>(now.Count);
        var sums = new FunnelSums();
        foreach (var facts in now.Values)
        {
            var before = known.GetValueOrDefault(facts.VerificationId);
            if (facts == before)
                continue;
            changed.Add(facts);
            sums.Change(before, facts);
        }
        sums.Trim();
        await StoreAsync(connection, changed, sums, upTo, cancellationToken);
    }

    /// <summary>What is known of the sessions that something happened in. One that begins among the events is not looked for: its first event
    /// is in no generation twice.</summary>
    private async Task<Dictionary<Guid, FunnelFacts>> KnownAsync(
        NpgsqlConnection connection, IReadOnlyCollection<FunnelEvent> events, CancellationToken cancellationToken)
    {
        var begun = events.Where(static one => one.Step == FunnelStep.Requested).Select(static one => one.VerificationId).ToHashSet();
        var older = events.Select(static one => one.VerificationId).Where(id => !begun.Contains(id)).Distinct().ToArray();
        var known = new Dictionary<Guid, FunnelFacts>(older.Length);
        if (older.Length == 0)
            return known;
        await using var read = new NpgsqlCommand(_read, connection) { Parameters = { new() { Value = older } } };
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var facts = FunnelRow.Read(reader);
            known.Add(facts.VerificationId, facts);
        }
        return known;
    }

    private async Task StoreAsync(
        NpgsqlConnection connection, List<FunnelFacts> changed, FunnelSums sums, long upTo, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (changed.Count > 0)
            batch.BatchCommands.Add(Command(_sessions, FunnelRow.Write(changed)));
        if (sums.Hours.Count > 0)
        {
            batch.BatchCommands.Add(Command(_hours,
            [
                .. CellValues(sums.Hours.Keys),
                .. Enumerable.Range(0, FunnelSums.Columns.Count).Select(column => Values(sums.Hours.Values, counts => counts[column])),
            ]));
        }
        if (sums.Reasons.Count > 0)
        {
            batch.BatchCommands.Add(Command(_reasons,
            [
                .. CellValues(sums.Reasons.Keys.Select(static key => key.Cell)), Values(sums.Reasons.Keys, static key => key.Outcome),
                Values(sums.Reasons.Keys, static key => key.Reason), Values(sums.Reasons.Values, static sum => sum),
            ]));
        }
        if (sums.Times.Count > 0)
        {
            batch.BatchCommands.Add(Command(_times,
            [
                .. CellValues(sums.Times.Keys.Select(static key => key.Cell)), Values(sums.Times.Keys, static key => key.Step),
                Values(sums.Times.Keys, static key => key.Bucket), Values(sums.Times.Values, static sum => sum),
            ]));
        }
        if (sums.Costs.Count > 0)
        {
            batch.BatchCommands.Add(Command(_costs,
            [
                .. CellValues(sums.Costs.Keys.Select(static key => key.Cell)), Values(sums.Costs.Keys, static key => key.Currency),
                Values(sums.Costs.Values, static sum => sum),
            ]));
        }
        batch.BatchCommands.Add(Command(
            "update funnel_generations set seq = $2, moved_at = clock_timestamp() where generation = $1", [Generation, upTo]));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private string Named(string kind) => string.Create(CultureInfo.InvariantCulture, $"funnel_{kind}_{Generation}");

    private string AddUp(string kind, string[] keys, string[] keyTypes, IReadOnlyList<string> sums) => Upsert(
        Named(kind), [.. OfCell, .. keys, .. sums], [.. CellTypes, .. keyTypes, .. sums.Select(static _ => "bigint")], [.. OfCell, .. keys],
        string.Join(", ", sums.Select(sum => $"{sum} = old.{sum} + excluded.{sum}")));

    private static string Upsert(string table, string[] columns, string[] types, string[] key, string changes) =>
        $"""
        insert into {table} as old ({string.Join(", ", columns)})
        select * from unnest({string.Join(", ", types.Select((type, index) =>
            string.Create(CultureInfo.InvariantCulture, $"${index + 1}::{type}[]")))})
        on conflict ({string.Join(", ", key)}) do update set {changes}
        """;

    private static NpgsqlBatchCommand Command(string sql, IEnumerable<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    private static object[] CellValues(IEnumerable<FunnelCell> all)
    {
        var cells = all.ToArray();
        return
        [
            Values(cells, static cell => cell.Hour), Values(cells, static cell => cell.ApplicationId),
            Values(cells, static cell => cell.Purpose), Values(cells, static cell => cell.Country),
            Values(cells, static cell => cell.Prefix), Values(cells, static cell => cell.Trunk),
        ];
    }

    private static TValue[] Values<T, TValue>(IEnumerable<T> all, Func<T, TValue> of) => [.. all.Select(of)];
}
