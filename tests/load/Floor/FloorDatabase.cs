using Npgsql;

namespace FlashCall.Load.Floor;

/// <summary>Transactions that write as many rows as the platform's do, and those that read one.</summary>
internal sealed class FloorDatabase : IAsyncDisposable
{
    private const int CalibrationRounds = 200;
    private const int FirstBody = 100;
    private const int LeastBody = 8;
    private const int LongestBody = 8_000;

    private readonly NpgsqlDataSource _server;
    private readonly NpgsqlDataSource _data;
    private readonly string _name;
    private byte[] _body = new byte[FirstBody];
    private long _next;

    private FloorDatabase(NpgsqlDataSource server, NpgsqlDataSource data, string name) => (_server, _data, _name) = (server, data, name);

    /// <summary>Makes it.</summary>
    /// <param name="connection">The server.</param>
    /// <param name="atOnce">How many ask it at once.</param>
    public static async Task<FloorDatabase> CreateAsync(string connection, int atOnce)
    {
        var name = $"load{Guid.NewGuid().ToString("N")[..6]}_floor";
        var server = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { Database = "postgres", MaxPoolSize = 2 });
        await using (var create = server.CreateCommand($"create database \"{name}\""))
            await create.ExecuteNonQueryAsync();
        // As the services have it, over five of them: more connections than the server has cores for only wait for each other.
        var data = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection)
        {
            Database = name,
            MaxPoolSize = Math.Min(atOnce, 64),
            MaxAutoPrepare = 16,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
        });
        await using var table = data.CreateCommand(
            "create table floor (id bigint primary key, body bytea not null) with (fillfactor = 80)");
        await table.ExecuteNonQueryAsync();
        return new FloorDatabase(server, data, name);
    }

    /// <summary>Makes the rows so long that a verification's worth of them writes as much into the log as the platform does.</summary>
    /// <returns>The length of a row's body, bytes.</returns>
    public async Task<int> CalibrateAsync(FloorWork work, CancellationToken cancellationToken)
    {
        for (var again = 0; again < 2; again++)
        {
            var writer = Open();
            var before = await LogAsync(cancellationToken);
            for (var round = 0; round < CalibrationRounds; round++)
                await writer.WriteAllAsync(work, cancellationToken);
            var written = (await LogAsync(cancellationToken) - before) / (double)CalibrationRounds;
            var longRows = Math.Max(1, work.Inserted + work.Updated);
            _body = new byte[Math.Clamp(_body.Length + (int)((work.LogBytes - written) / longRows), LeastBody, LongestBody)];
        }
        return _body.Length;
    }

    /// <summary>One who writes, with rows of its own.</summary>
    public Writer Open() => new(this);

    /// <summary>Where the log ends, bytes.</summary>
    public async Task<long> LogAsync(CancellationToken cancellationToken)
    {
        await using var ask = _server.CreateCommand("select (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint");
        return (long)(await ask.ExecuteScalarAsync(cancellationToken))!;
    }

    public async ValueTask DisposeAsync()
    {
        await _data.DisposeAsync();
        await using (var drop = _server.CreateCommand($"drop database \"{_name}\" with (force)"))
            await drop.ExecuteNonQueryAsync();
        await _server.DisposeAsync();
    }

    /// <summary>Writes and reads, one after the other.</summary>
    internal sealed class Writer(FloorDatabase floor)
    {
        private readonly Queue<long> _rows = new();
        private long _writes;
        private long _reads;
        private long _rounds;

        /// <summary>All transactions of one verification.</summary>
        public async Task WriteAllAsync(FloorWork work, CancellationToken cancellationToken)
        {
            var round = _rounds++;
            for (var left = FloorWork.Share(work.Writes, 1, round); left > 0; left--)
                await WriteAsync(work, cancellationToken);
            for (var left = FloorWork.Share(work.Reads, 1, round); left > 0; left--)
                await ReadAsync(cancellationToken);
        }

        private async Task WriteAsync(FloorWork work, CancellationToken cancellationToken)
        {
            var turn = _writes++;
            var inserted = FloorWork.Share(work.Inserted, work.Writes, turn);
            var first = Interlocked.Add(ref floor._next, inserted) - inserted;
            long[] ids = [.. Enumerable.Range(0, inserted).Select(i => first + i)];
            var updated = Take(FloorWork.Share(work.Updated, work.Writes, turn));
            var deleted = Take(FloorWork.Share(work.Deleted, work.Writes, turn));
            foreach (var id in ids.Concat(updated))
                _rows.Enqueue(id);
            // One round trip and one commit.
            await using var batch = floor._data.CreateBatch();
            Add(batch, "insert into floor (id, body) select unnest($1), $2", ids, floor._body);
            if (updated.Length > 0)
                Add(batch, "update floor set body = $2 where id = any($1)", updated, floor._body);
            if (deleted.Length > 0)
                Add(batch, "delete from floor where id = any($1)", deleted);
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        private async Task ReadAsync(CancellationToken cancellationToken)
        {
            await using var read = floor._data.CreateCommand("select body from floor where id = $1");
            read.Parameters.Add(new() { Value = _rows.Count == 0 ? 0 : _rows.ElementAt((int)(_reads++ % Math.Min(_rows.Count, 8))) });
            await read.ExecuteScalarAsync(cancellationToken);
        }

        private long[] Take(int count)
        {
            var taken = new long[Math.Min(count, _rows.Count)];
            for (var i = 0; i < taken.Length; i++)
                taken[i] = _rows.Dequeue();
            return taken;
        }

        private static void Add(NpgsqlBatch batch, string sql, params object[] values)
        {
            var command = batch.CreateBatchCommand();
            command.CommandText = sql;
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            batch.BatchCommands.Add(command);
        }
    }
}
