using System.Data;
using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.NumberPool.Numbers;

/// <summary>Numbers for the pool, checked but for what the pool has already.</summary>
/// <param name="Line">Where they were found; each its own.</param>
/// <param name="Numbers">The numbers, of one calling code.</param>
/// <param name="Trunk">The trunk whose carrier may present them.</param>
/// <param name="Country">ISO 3166-1 alpha-2, or the calling code (+883) where no country has it.</param>
/// <param name="Tags">In order, each once.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct NewNumbers(long Line, NumberSpan Numbers, string Trunk, string Country, string[] Tags);

/// <summary>Numbers that were not taken.</summary>
/// <param name="Line">Where they were found.</param>
/// <param name="SharedWith">The line that has one of them too; null where it is the pool.</param>
internal sealed record Untaken(long Line, long? SharedWith);

/// <summary>What came of new numbers.</summary>
/// <param name="Numbers">How many were taken, or would have been.</param>
/// <param name="Lines">On as many lines.</param>
/// <param name="Untaken">The first lines that were not.</param>
/// <param name="UntakenLines">How many lines were not.</param>
internal sealed record IntakeResult(long Numbers, long Lines, IReadOnlyList<Untaken> Untaken, long UntakenLines);

/// <summary>How new numbers are taken in.</summary>
internal enum IntakeMode
{
    /// <summary>Those that can be.</summary>
    Good,

    /// <summary>All, or none where one cannot be.</summary>
    AllOrNothing,

    /// <summary>None: what would be taken is counted.</summary>
    DryRun,
}

/// <summary>Brings new numbers into the pool: by the million in one transaction, in the database's memory and not in this process's.</summary>
internal sealed class NumberIntake(NpgsqlDataSource data, TimeProvider time)
{
    /// <summary>Lines of which is said why they were not taken.</summary>
    public const int MostReported = 10_000;

    /// <summary>From here on the planner is told at once how many numbers there are.</summary>
    private const long Many = 10_000;

    /// <summary>Takes numbers in. They are active.</summary>
    /// <param name="numbers">In the order in which they were given: of two that share a number the first is taken.</param>
    /// <param name="mode">Which are taken.</param>
    /// <param name="by">Who gives them, for the history.</param>
    /// <param name="cancellationToken">Gives up; nothing is taken then.</param>
    public Task<IntakeResult> TakeAsync(
        IAsyncEnumerable<NewNumbers> numbers, IntakeMode mode, string by, CancellationToken cancellationToken) =>
        TakeAsync((_, _) => Task.FromResult(numbers), mode, by, cancellationToken);

    /// <summary>Takes numbers in that are found out under the lock of the inventory.</summary>
    /// <param name="find">Finds them; it may read over the connection, and no number that it finds may be in the pool.</param>
    /// <param name="by">Who gives them, for the history.</param>
    /// <param name="cancellationToken">Gives up; nothing is taken then.</param>
    public Task<IntakeResult> TakeAsync(
        Func<NpgsqlConnection, CancellationToken, Task<IAsyncEnumerable<NewNumbers>>> find, string by, CancellationToken cancellationToken) =>
        TakeAsync(
            async (connection, token) =>
            {
                await Inventory.LockAsync(connection, token);
                return await find(connection, token);
            },
            IntakeMode.AllOrNothing, by, cancellationToken);

    private async Task<IntakeResult> TakeAsync(
        Func<NpgsqlConnection, CancellationToken, Task<IAsyncEnumerable<NewNumbers>>> find, IntakeMode mode, string by,
        CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await ExecuteAsync(connection,
            """
            create temp table incoming (line bigint, first bigint, last bigint, length smallint, code integer, trunk text, country text,
                tags text[]) on commit drop
            """, cancellationToken);
        await ExecuteAsync(connection, "create temp table untaken (line bigint, shared_with bigint) on commit drop", cancellationToken);
        await CopyAsync(connection, await find(connection, cancellationToken), cancellationToken);
        await ExecuteAsync(connection, "analyze incoming", cancellationToken);
        // Only now, so that a slow upload keeps nobody waiting.
        if (mode != IntakeMode.DryRun)
            await Inventory.LockAsync(connection, cancellationToken);
        await ExecuteAsync(connection, SetAsideKnown, cancellationToken);
        await SetAsideRepeatsAsync(connection, cancellationToken);
        var result = await ResultAsync(connection, cancellationToken);
        if (mode == IntakeMode.DryRun || result.Numbers == 0 || (mode == IntakeMode.AllOrNothing && result.UntakenLines > 0))
            return result;
        await StoreAsync(connection, by, cancellationToken);
        if (result.Lines >= Many)
            await ExecuteAsync(connection, "analyze runs", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection, IAsyncEnumerable<NewNumbers> numbers, CancellationToken cancellationToken)
    {
        await using var rows = await connection.BeginBinaryImportAsync(
            "copy incoming (line, first, last, length, code, trunk, country, tags) from stdin (format binary)", cancellationToken);
        // A row is taken from the sender when it comes: nothing bounds the wait but the sender's own pace.
        rows.Timeout = TimeSpan.FromSeconds(Inventory.PatienceSeconds);
        await foreach (var one in numbers.WithCancellation(cancellationToken))
        {
            await rows.StartRowAsync(cancellationToken);
            await rows.WriteAsync(one.Line, NpgsqlDbType.Bigint, cancellationToken);
            await rows.WriteAsync(one.Numbers.First, NpgsqlDbType.Bigint, cancellationToken);
            await rows.WriteAsync(one.Numbers.Last, NpgsqlDbType.Bigint, cancellationToken);
            await rows.WriteAsync((short)one.Numbers.Length, NpgsqlDbType.Smallint, cancellationToken);
            await rows.WriteAsync(NumberingPlan.CallingCode(one.Numbers.First)!.Value, NpgsqlDbType.Integer, cancellationToken);
            await rows.WriteAsync(one.Trunk, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(one.Country, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(one.Tags, NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
        }
        await rows.CompleteAsync(cancellationToken);
    }

    /// <summary>Sets aside what the pool has. Runs share no number, so the last one that begins at or before a span's end is the last to
    /// end.</summary>
    private const string SetAsideKnown =
        """
        with known as (
            select line, null::bigint as shared_with from incoming
            cross join lateral (
                select last from runs where runs.first <= incoming.last order by runs.first desc limit 1) as run
            where run.last >= incoming.first),
        gone as (delete from incoming using known where incoming.line = known.line)
        insert into untaken select line, shared_with from known
        """;

    /// <summary>Sets aside what lines before have. Only lines that touch another are looked at here, in order.</summary>
    private static async Task SetAsideRepeatsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var repeats = new List<Untaken>();
        await using (var command = new NpgsqlCommand(
            """
            with marked as (
                select line, first, last, (first > coalesce(max(last) over (
                    order by first, line rows between unbounded preceding and 1 preceding), 0))::integer as begins from incoming),
            clustered as (select line, first, last, sum(begins) over (order by first, line) as cluster from marked),
            counted as (select *, count(*) over (partition by cluster) as lines from clustered)
            select cluster, line, first, last from counted where lines > 1 order by cluster, line
            """, connection))
        {
            command.CommandTimeout = Inventory.PatienceSeconds;
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var (cluster, taken) = (0L, new FirstCome());
            while (await reader.ReadAsync(cancellationToken))
            {
                if (reader.GetInt64(0) != cluster)
                    taken.Clear();
                cluster = reader.GetInt64(0);
                var line = reader.GetInt64(1);
                if (taken.Take(new NumberSpan(reader.GetInt64(2), reader.GetInt64(3)), line) is { } other)
                    repeats.Add(new Untaken(line, other));
            }
        }
        if (repeats.Count == 0)
            return;
        await using (var rows = await connection.BeginBinaryImportAsync(
            "copy untaken (line, shared_with) from stdin (format binary)", cancellationToken))
        {
            foreach (var repeat in repeats)
            {
                await rows.StartRowAsync(cancellationToken);
                await rows.WriteAsync(repeat.Line, NpgsqlDbType.Bigint, cancellationToken);
                await rows.WriteAsync(repeat.SharedWith!.Value, NpgsqlDbType.Bigint, cancellationToken);
            }
            await rows.CompleteAsync(cancellationToken);
        }
        await ExecuteAsync(connection, "analyze untaken", cancellationToken);
        await ExecuteAsync(connection, "delete from incoming using untaken where incoming.line = untaken.line", cancellationToken);
    }

    private static async Task<IntakeResult> ResultAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.Timeout = Inventory.PatienceSeconds;
        batch.BatchCommands.Add(new("select coalesce(sum(last - first + 1), 0)::bigint, count(*) from incoming"));
        batch.BatchCommands.Add(new("select count(*) from untaken"));
        batch.BatchCommands.Add(new("select line, shared_with from untaken order by line limit $1")
        {
            Parameters = { new() { Value = MostReported } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (numbers, lines) = (reader.GetInt64(0), reader.GetInt64(1));
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var untakenLines = reader.GetInt64(0);
        await reader.NextResultAsync(cancellationToken);
        var untaken = new List<Untaken>();
        while (await reader.ReadAsync(cancellationToken))
            untaken.Add(new Untaken(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetInt64(1)));
        return new IntakeResult(numbers, lines, untaken, untakenLines);
    }

    private async Task StoreAsync(NpgsqlConnection connection, string by, CancellationToken cancellationToken)
    {
        var groups = new List<CellGroup>();
        await using (var touched = new NpgsqlCommand("select distinct trunk, length, code from incoming", connection))
        {
            await using var reader = await touched.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                groups.Add(new CellGroup(reader.GetString(0), reader.GetInt16(1), reader.GetInt32(2)));
        }
        var trunks = groups.Select(group => group.Trunk).Distinct(StringComparer.Ordinal).ToArray();
        await using (var batch = connection.CreateBatch())
        {
            batch.Timeout = Inventory.PatienceSeconds;
            batch.BatchCommands.Add(new("insert into slots (trunk, size) select unnest($1::text[]), 0 on conflict do nothing")
            {
                Parameters = { new() { Value = trunks } },
            });
            batch.BatchCommands.Add(new(Insert) { Parameters = { new() { Value = by }, new() { Value = time.GetUtcNow() } } });
            batch.BatchCommands.Add(new(JoinSeam) { Parameters = { new() { Value = trunks } } });
            batch.BatchCommands.Add(new(
                """
                update slots set size = slots.size + more.count
                from (select trunk, sum(last - first + 1)::bigint as count from incoming group by trunk) as more
                where slots.trunk = more.trunk
                """));
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        foreach (var group in groups)
            await CellRows.RemakeAsync(connection, group, cancellationToken);
    }

    /// <summary>Consecutive numbers that are the same in everything are one run; its slots are the next ones of its trunk.</summary>
    private const string Insert =
        """
        with placed as (
            select *, first - (sum(last - first + 1) over (partition by trunk, country, tags, length, code order by first)
                - (last - first + 1)) as island
            from incoming),
        islands as (
            select trunk, country, tags, min(first) as first, max(last) as last from placed
            group by trunk, country, tags, length, code, island),
        added as (
            insert into runs (first, last, trunk, country, tags, state, first_slot)
            select first, last, trunk, country, tags, 'active',
                slots.size + (sum(last - first + 1) over (partition by trunk order by first))::bigint - (last - first + 1)
            from islands join slots using (trunk)
            returning first, last, trunk)
        insert into history (first, last, trunk, change, changed_by, changed_at) select first, last, trunk, 'added', $1, $2 from added
        """;

    /// <summary>The lowest new run of a trunk goes on where the highest slot of the trunk was: with an active run right before it they are
    /// one.</summary>
    private const string JoinSeam =
        """
        with seam as (
            select older.first as first, newer.first as gone, newer.last as last
            from slots
            join runs as newer on newer.trunk = slots.trunk and newer.first_slot = slots.size
            cross join lateral (select * from runs where runs.first < newer.first order by runs.first desc limit 1) as older
            where slots.trunk = any ($1) and older.last = newer.first - 1 and older.trunk = newer.trunk
                and older.first_slot + (older.last - older.first + 1) = newer.first_slot
                and (older.country, older.tags, older.state, older.rests) = (newer.country, newer.tags, newer.state, newer.rests)
                and num_nonnulls(older.reason, older.changed_by, older.changed_at) = 0
                and length(older.first::text) = length(newer.first::text)),
        gone as (delete from runs using seam where runs.first = seam.gone)
        update runs set last = seam.last from seam where runs.first = seam.first
        """;

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.CommandTimeout = Inventory.PatienceSeconds;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
