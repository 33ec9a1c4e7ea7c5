using System.Data;
using FlashCall.NumberPool.Wear;
using Npgsql;

namespace FlashCall.NumberPool.Numbers;

/// <summary>What came of a change.</summary>
/// <param name="Touched">Numbers of the pool that the change was for. With 0 nothing was changed.</param>
/// <param name="Changed">Of them, those that are not as they were.</param>
internal sealed record StateChange(long Touched, long Changed);

/// <summary>The numbers of the pool, and every change of them but new ones (<see cref="NumberIntake"/>): one at a time over all replicas,
/// each whole or not at all. Leases go on meanwhile and see the numbers as they were.</summary>
internal sealed class Inventory(NpgsqlDataSource data, TimeProvider time)
{
    /// <summary>How long a change may wait for those before it and how long a step of it may take, seconds: a million numbers take one
    /// minute.</summary>
    public const int PatienceSeconds = 300;

    /// <summary>The advisory lock of the inventory; any constant that nothing else in the database uses.</summary>
    private const long ChangeLock = 0x464C_4153_4850_4F4C;

    /// <summary>Changes the state of consecutive numbers.</summary>
    /// <inheritdoc cref="ChangeStateAsync(IReadOnlyCollection{NumberChange}, string, CancellationToken)"/>
    public Task<StateChange> ChangeStateAsync(
        NumberSpan numbers, NumberState to, string reason, string by, CancellationToken cancellationToken) =>
        ChangeStateAsync([new NumberChange(numbers, to, reason)], by, cancellationToken);

    /// <summary>Changes the states of numbers, all in one transaction.</summary>
    /// <param name="changes">What is to become of which numbers, at least one; no number may be in two.</param>
    /// <param name="by">Who says so, for the history: an application, or a part of the pool.</param>
    /// <param name="cancellationToken">Gives up; nothing is changed then.</param>
    /// <exception cref="ArgumentException">Two changes are for one number.</exception>
    public Task<StateChange> ChangeStateAsync(
        IReadOnlyCollection<NumberChange> changes, string by, CancellationToken cancellationToken) =>
        AloneAsync(connection => ChangeStateAsync(connection, changes, by, cancellationToken), cancellationToken);

    /// <summary>Changes the states of numbers in a transaction that has locked the inventory (<see cref="LockAsync"/>).</summary>
    /// <inheritdoc cref="ChangeStateAsync(IReadOnlyCollection{NumberChange}, string, CancellationToken)"/>
    internal async Task<StateChange> ChangeStateAsync(
        NpgsqlConnection connection, IReadOnlyCollection<NumberChange> changes, string by, CancellationToken cancellationToken)
    {
        NumberChange[] ordered = [.. changes.Select(Rounded).OrderBy(change => change.Numbers.First)];
        for (var i = 1; i < ordered.Length; i++)
        {
            if (ordered[i].Numbers.First <= ordered[i - 1].Numbers.Last)
                throw new ArgumentException("Two changes are for one number. Give each number once.", nameof(changes));
        }
        var at = Round(time.GetUtcNow());
        return await MakeAsync(
            connection,
            [.. ordered.Select(change => change.Numbers)],
            runs => RunChange.Of(runs, ordered, by, at),
            async change =>
            {
                await CellRows.CountAsync(connection, change.Parts, cancellationToken);
                // Who is made active begins anew.
                await WearStore.ForgetEvidenceAsync(
                    connection,
                    [.. change.Parts.Where(part => part.After is { IsActive: true }).Select(part => part.Before.Numbers)],
                    cancellationToken);
            },
            by, at, cancellationToken);
    }

    /// <summary>Takes numbers out of the pool, all in one transaction.</summary>
    /// <param name="numbers">Which; those that the pool does not have do not matter.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Who says so, for the history.</param>
    /// <param name="cancellationToken">Gives up; nothing is removed then.</param>
    public Task<StateChange> RemoveAsync(
        IReadOnlyCollection<NumberSpan> numbers, string reason, string by, CancellationToken cancellationToken)
    {
        var spans = NumberSpans.Union(numbers);
        return AloneAsync(connection => MakeAsync(
            connection, spans, runs => RunChange.Removing(runs, spans, reason),
            async change =>
            {
                foreach (var group in change.Parts.Select(part => CellGroup.Of(part.Before)).Distinct())
                    await CellRows.RemakeAsync(connection, group, cancellationToken);
                foreach (var trunk in change.Parts.GroupBy(part => part.Before.Trunk, StringComparer.Ordinal))
                    await SlotRows.AddHolesAsync(connection, trunk.Key, trunk.Sum(part => part.Before.Numbers.Count), cancellationToken);
                await WearStore.ForgetAsync(connection, [.. change.Parts.Select(part => part.Before.Numbers)], cancellationToken);
            },
            by, Round(time.GetUtcNow()), cancellationToken), cancellationToken);
    }

    /// <summary>Waits until nobody else changes numbers; the transaction's end lets the next one in.</summary>
    internal static async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var gate = new NpgsqlCommand($"select pg_advisory_xact_lock({ChangeLock})", connection);
        gate.CommandTimeout = PatienceSeconds;
        await gate.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<StateChange> AloneAsync(Func<NpgsqlConnection, Task<StateChange>> make, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await LockAsync(connection, cancellationToken);
        var change = await make(connection);
        await transaction.CommitAsync(cancellationToken);
        return change;
    }

    private static async Task<StateChange> MakeAsync(
        NpgsqlConnection connection, IReadOnlyList<NumberSpan> spans, Func<IReadOnlyList<Run>, RunChange> decide,
        Func<RunChange, Task> follow, string by, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var change = decide(await ReadAsync(connection, spans, cancellationToken));
        if (change.Parts.Count == 0)
            return new StateChange(change.Touched, Changed: 0);
        await using (var gone = new NpgsqlCommand("delete from runs where first = any ($1)", connection))
        {
            gone.CommandTimeout = PatienceSeconds;
            gone.Parameters.Add(new() { Value = change.Gone.ToArray() });
            await gone.ExecuteNonQueryAsync(cancellationToken);
        }
        await RunRows.WriteAsync(connection, change.New, cancellationToken);
        await HistoryRows.WriteAsync(connection, change.Parts, by, at, cancellationToken);
        await follow(change);
        return new StateChange(change.Touched, change.Parts.Sum(part => part.Before.Numbers.Count));
    }

    /// <summary>The runs with any of the numbers, and those right before and after, which may become one with them.</summary>
    private static async Task<IReadOnlyList<Run>> ReadAsync(
        NpgsqlConnection connection, IReadOnlyList<NumberSpan> spans, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            select distinct on (first) {RunRows.Columns}
            from unnest($1::bigint[], $2::bigint[]) as span (low, high)
            cross join lateral (
                (select * from runs where first < low order by first desc limit 1)
                union all
                (select * from runs where first between low and high + 1)) as run
            where run.last >= low - 1
            order by first
            """, connection)
        {
            Parameters =
            {
                new() { Value = spans.Select(span => span.First).ToArray() },
                new() { Value = spans.Select(span => span.Last).ToArray() },
            },
        };
        command.CommandTimeout = PatienceSeconds;
        var runs = new List<Run>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            runs.Add(RunRows.Read(reader));
        return runs;
    }

    private static NumberChange Rounded(NumberChange change) =>
        change.To is NumberState.Resting rest ? change with { To = new NumberState.Resting(Round(rest.Until)) } : change;

    /// <summary>To microseconds, as the database keeps times: what is read is then the same as what was written.</summary>
    private static DateTimeOffset Round(DateTimeOffset moment) =>
        new(moment.UtcTicks - moment.UtcTicks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}
