using System.Diagnostics;
using System.Runtime.InteropServices;
using FlashCall.EventLog;
using Npgsql;

namespace FlashCall.Funnel;

/// <summary>
/// Sums the funnel anew from the event log, into tables beside those that are read, and has them read in their stead once they are as far:
/// nobody misses a figure meanwhile. How far it is stands in the database, so that one that was interrupted goes on where it was.
/// </summary>
/// <param name="data">The database of the verification service, as a role that owns its tables.</param>
/// <param name="time">The clock of the pace and of waiting.</param>
internal sealed class FunnelRebuild(NpgsqlDataSource data, TimeProvider time)
{
    /// <summary>Keeps a second rebuild out; any constant that nothing else in this database uses.</summary>
    private const long RebuildLock = 0x464C_4153_4842_5546;

    /// <summary>Events that are taken in together: enough that most sessions are whole, few enough to be over soon.</summary>
    private const int Together = 20_000;

    /// <summary>What is left to be taken in while the live funnel waits: some hundredths of a second.</summary>
    private const int LeftForSwap = 2_000;

    /// <summary>How long the swap waits for queries that read the old tables; then it lets those pass that came after, and tries again.</summary>
    private static readonly TimeSpan SwapPatience = TimeSpan.FromSeconds(1);

    private static readonly EventFilter Counted = new() { Types = StoredEvents.Names };

    /// <summary>Events in a second at most; null for as many as go.</summary>
    public int? Rate { get; init; }

    /// <summary>Whether to begin anew where an earlier rebuild was interrupted.</summary>
    public bool Restart { get; init; }

    /// <summary>Hears how far it is, several times a second.</summary>
    public Action<FunnelProgress>? Progress { get; init; }

    /// <summary>Rebuilds.</summary>
    /// <param name="cancellationToken">Interrupts: what is done stays, and the next rebuild goes on from there.</param>
    /// <returns>How far it came, and from where.</returns>
    /// <exception cref="FunnelRebuildException">Another rebuild is under way, or queries kept the old tables from being replaced.</exception>
    /// <exception cref="NpgsqlException">PostgreSQL does not answer, or the role may not do this.</exception>
    public async Task<FunnelProgress> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        if (!await TryLockAsync(connection, cancellationToken))
            throw new FunnelRebuildException("Another rebuild of the funnel is under way. Wait for it, or interrupt it.");
        try
        {
            await DropRetiredAsync(connection, cancellationToken);
            var (tables, from) = await BeginAsync(connection, cancellationToken);
            using var reader = new EventReader(data, time);
            var course = new Course(from);
            while (true)
            {
                var target = await LiveSeqAsync(connection, cancellationToken);
                await CatchUpAsync(connection, reader, tables, course, target, cancellationToken);
                if (await LiveSeqAsync(connection, cancellationToken) - course.At <= LeftForSwap
                    && await SwapAsync(connection, reader, tables, course, cancellationToken))
                {
                    break;
                }
            }
            // Nobody reads the old tables any longer but queries that began before; what they hold on to goes with the next rebuild.
            await DropRetiredAsync(connection, cancellationToken);
            return course.Report(course.At, isDone: true);
        }
        finally
        {
            await ExecuteAsync(connection, "select pg_advisory_unlock($1)", CancellationToken.None, RebuildLock);
        }
    }

    /// <summary>Drops what an interrupted rebuild left.</summary>
    /// <returns>False where there was nothing.</returns>
    /// <exception cref="FunnelRebuildException">A rebuild is under way.</exception>
    public async Task<bool> AbandonAsync(CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        if (!await TryLockAsync(connection, cancellationToken))
            throw new FunnelRebuildException("A rebuild of the funnel is under way. Interrupt it first.");
        try
        {
            return await DropBuildingAsync(connection, cancellationToken);
        }
        finally
        {
            await ExecuteAsync(connection, "select pg_advisory_unlock($1)", CancellationToken.None, RebuildLock);
        }
    }

    private static async Task<bool> TryLockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var take = new NpgsqlCommand("select pg_try_advisory_lock($1)", connection) { Parameters = { new() { Value = RebuildLock } } };
        return (bool)(await take.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The tables to fill: those of a rebuild that was interrupted, or new ones.</summary>
    private async Task<(FunnelTables Tables, long From)> BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (var find = new NpgsqlCommand(
            "select generation, seq from funnel_generations where state = 'building' and fold_version = $1", connection)
        {
            Parameters = { new() { Value = FunnelFold.Version } },
        })
        {
            await using var found = await find.ExecuteReaderAsync(cancellationToken);
            if (!Restart && await found.ReadAsync(cancellationToken))
                return (new FunnelTables(found.GetInt32(0)), found.GetInt64(1));
        }
        await DropBuildingAsync(connection, cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var make = new NpgsqlCommand(
            """
            with made as (
                insert into funnel_generations (generation, state, fold_version, seq)
                select max(generation) + 1, 'building', $1, 0 from funnel_generations
                returning generation)
            select generation, funnel_make(generation) from made
            """, connection)
        {
            Parameters = { new() { Value = FunnelFold.Version } },
        };
        var generation = (int)(await make.ExecuteScalarAsync(cancellationToken))!;
        await transaction.CommitAsync(cancellationToken);
        return (new FunnelTables(generation), 0);
    }

    private async Task CatchUpAsync(
        NpgsqlConnection connection, EventReader reader, FunnelTables tables, Course course, long target, CancellationToken cancellationToken)
    {
        var together = Rate is { } rate ? Math.Clamp(rate / 4, 100, Together) : Together;
        var events = new List<FunnelEvent>(together);
        var through = course.At;
        await foreach (var page in reader.ReadAsync(Counted, course.At, target, cancellationToken))
        {
            Add(page, events);
            through = page.Through;
            if (events.Count >= together)
                await FlushAsync();
        }
        // What is settled may end before the target, where a transaction that began before it goes on.
        if (through > course.At)
            await FlushAsync();

        async Task FlushAsync()
        {
            await TakeInAsync(connection, tables, events, through, cancellationToken);
            course.Took(events.Count, through);
            events.Clear();
            Progress?.Invoke(course.Report(target, isDone: false));
            if (course.Ahead(Rate) is { } pause && pause > TimeSpan.Zero)
                await Task.Delay(pause, time, cancellationToken);
        }
    }

    private static void Add(EventPage page, List<FunnelEvent> events)
    {
        foreach (var stored in page.Events)
        {
            if (StoredEvents.Read(stored.StreamId, stored.Type, stored.Data.Span) is { } happened)
                events.Add(happened);
        }
    }

    private static async Task TakeInAsync(
        NpgsqlConnection connection, FunnelTables tables, List<FunnelEvent> events, long upTo, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Lost with a crash of PostgreSQL it would be done again; nobody waits for the disk.
        await ExecuteAsync(connection, "set local synchronous_commit = off", cancellationToken);
        await tables.TakeInAsync(connection, events, upTo, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Takes in the rest while the live funnel stands still, and has the new tables read from then on.</summary>
    /// <returns>False where a query that takes long reads the old tables.</returns>
    private async Task<bool> SwapAsync(
        NpgsqlConnection connection, EventReader reader, FunnelTables tables, Course course, CancellationToken cancellationToken)
    {
        for (var @try = 0; ; @try++)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var live = await LiveFunnel.LockAsync(connection, cancellationToken);
            if (live.Seq - course.At > LeftForSwap)
                return false;
            var events = new List<FunnelEvent>();
            var through = course.At;
            await foreach (var page in reader.ReadAsync(Counted, course.At, live.Seq, cancellationToken))
            {
                Add(page, events);
                through = page.Through;
            }
            if (through < live.Seq)
                return false;
            await tables.TakeInAsync(connection, events, live.Seq, cancellationToken);
            await ExecuteAsync(connection, "update funnel_generations set state = 'retired' where state = 'live'", cancellationToken);
            await ExecuteAsync(
                connection, "update funnel_generations set state = 'live' where generation = $1", cancellationToken, tables.Generation);
            try
            {
                await ExecuteAsync(
                    connection, "select set_config('lock_timeout', $1, true)", cancellationToken, $"{SwapPatience.TotalMilliseconds:0}");
                await ExecuteAsync(connection, "select funnel_show($1)", cancellationToken, tables.Generation);
                await transaction.CommitAsync(cancellationToken);
                course.Took(events.Count, live.Seq);
                return true;
            }
            // A query still reads a view. Waiting on would hold up all that came after it.
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                const int Tries = 60;
                if (@try == Tries)
                {
                    throw new FunnelRebuildException(
                        "A query has been reading the funnel for a minute, which keeps the new tables from taking its place. Let it end, or "
                        + "end it (pg_stat_activity), and run this again: what is built stays.", exception);
                }
                await transaction.RollbackAsync(cancellationToken);
            }
            await Task.Delay(SwapPatience, time, cancellationToken);
        }
    }

    private static async Task<long> LiveSeqAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlCommand("select seq from funnel_generations where state = 'live'", connection);
        return (long)(await read.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<bool> DropBuildingAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var drop = new NpgsqlCommand(
            """
            with gone as (delete from funnel_generations where state = 'building' returning generation)
            select funnel_drop(generation)::text from gone
            """, connection);
        return await drop.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private static async Task DropRetiredAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, "select set_config('lock_timeout', $1, true)", cancellationToken, $"{SwapPatience.TotalMilliseconds:0}");
        try
        {
            await ExecuteAsync(
                connection,
                """
                with gone as (delete from funnel_generations where state = 'retired' returning generation)
                select funnel_drop(generation) from gone
                """,
                cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await transaction.RollbackAsync(cancellationToken);
        }
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>How a rebuild goes.</summary>
    private sealed class Course(long from)
    {
        private readonly long _from = from;
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private long _events;

        public long At { get; private set; } = from;

        public void Took(int events, long through)
        {
            _events += events;
            At = through;
        }

        public FunnelProgress Report(long target, bool isDone) => new(_from, At, target, _events, _clock.Elapsed, isDone);

        /// <summary>How long to wait so that no more than so many events in a second were taken in.</summary>
        public TimeSpan? Ahead(int? rate) => rate is { } most ? TimeSpan.FromSeconds((double)_events / most) - _clock.Elapsed : null;
    }
}

/// <summary>How far a rebuild is. Places are those of the event log; numbers may be missing in it.</summary>
/// <param name="From">Where it began, or went on.</param>
/// <param name="At">Where it is.</param>
/// <param name="Target">Where the live funnel is.</param>
/// <param name="Events">Events that this run took in.</param>
/// <param name="Elapsed">How long it has run.</param>
/// <param name="IsDone">Whether the new tables are those that are read.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FunnelProgress(long From, long At, long Target, long Events, TimeSpan Elapsed, bool IsDone);

/// <summary>A rebuild cannot go on; the message is one line that says what to do.</summary>
internal sealed class FunnelRebuildException(string message, Exception? inner = null) : Exception(message, inner);
