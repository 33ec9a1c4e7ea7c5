using Npgsql;

namespace FlashCall.EventLog;

/// <summary>Finds out how far the log is settled, for all that read it.</summary>
internal sealed class LogWatch(TimeProvider time) : IDisposable
{
    /// <summary>The highest number first, then who may still write lower ones.</summary>
    private const string HighestSql = "select coalesce(max(seq_id), 0), pg_is_in_recovery() from mt_events";

    // Any role may read pg_locks, and whole; relations of other databases can have the same number.
    private const string WritersSql =
        """
        select distinct virtualtransaction from pg_locks
        where locktype = 'relation' and relation = 'mt_events_sequence'::regclass and granted
          and database = (select oid from pg_database where datname = current_database())
        """;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    private readonly SettledPoint _settled = new();
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Waits until all that was there at the call is settled.</summary>
    /// <param name="connection">An open connection to the primary.</param>
    /// <param name="patience">How long at most: an append may take its time.</param>
    /// <param name="cancellationToken">Nobody waits any longer.</param>
    /// <returns>How far the log is settled.</returns>
    public async Task<long> SettledAsync(NpgsqlConnection connection, TimeSpan patience, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var (highest, settled) = await LookAsync(connection, cancellationToken);
        for (var pause = TimeSpan.FromMilliseconds(1); settled < highest && time.GetElapsedTime(began) < patience; pause *= 2)
        {
            await Task.Delay(pause < LongestPause ? pause : LongestPause, time, cancellationToken);
            (_, settled) = await LookAsync(connection, cancellationToken);
        }
        return settled;
    }

    public void Dispose() => _turn.Dispose();

    private async Task<(long Highest, long Settled)> LookAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // One at a time, so that looks arrive in the order in which they were taken.
        await _turn.WaitAsync(cancellationToken);
        try
        {
            // Statements of a batch run one after the other.
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands = { new NpgsqlBatchCommand(HighestSql), new NpgsqlBatchCommand(WritersSql) },
            };
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            var highest = reader.GetInt64(0);
            // A standby shows what was committed, but not who is about to.
            if (reader.GetBoolean(1))
            {
                throw new InvalidOperationException(
                    "This is a standby, which cannot tell how far the log is settled: connect to the primary.");
            }
            await reader.NextResultAsync(cancellationToken);
            var writers = new HashSet<string>(StringComparer.Ordinal);
            while (await reader.ReadAsync(cancellationToken))
                writers.Add(reader.GetString(0));
            _settled.See(highest, writers);
            return (highest, _settled.Sequence);
        }
        finally
        {
            _turn.Release();
        }
    }
}
