using System.Diagnostics;
using System.Security.Cryptography;
using FlashCall.Hosting;
using FlashCall.NumberPool;
using Npgsql;

namespace FlashCall.Load.Leases;

/// <summary>A database of the pool, prepared as the service prepares it, and filled with numbers as the inventory would leave
/// them.</summary>
internal sealed class LeasePool : IAsyncDisposable
{
    /// <summary>Single numbers this far from each other: nothing that one row could say of several.</summary>
    private const int Apart = 7;

    private const long First = 447_000_000_000;
    private const int HiddenAtLeast = 4;
    private const int HiddenBehindCallingCode = 10;
    private const int LowestLevel = 2;
    private const int HighestLevel = 6;

    private readonly string _server;
    private readonly string _prefix;

    private LeasePool(string server, string prefix)
    {
        (_server, _prefix) = (server, prefix);
        Data = Open();
    }

    public NpgsqlDataSource Data { get; }

    public static async Task<LeasePool> CreateAsync(string server)
    {
        var prefix = $"load{Guid.NewGuid().ToString("N")[..8]}_";
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string[] arguments =
            [PlatformHost.PrepareArgument, $"--Postgres={server}", $"--DatabasePrefix={prefix}", "--RabbitMq=amqp://127.0.0.1/",
                $"--Identity:PublicKey={key.ExportSubjectPublicKeyInfoPem()}", "--Logging:LogLevel:Default=Warning"];
        return await PlatformHost.RunAsync(arguments, NumberPoolService.Build) == 0
            ? new LeasePool(server, prefix)
            : throw new InvalidOperationException("The database could not be prepared; what is wrong stands above.");
    }

    /// <summary>Connections as one replica of the service has them.</summary>
    public NpgsqlDataSource Open() => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_server)
    {
        Database = _prefix + "number_pool",
        MaxPoolSize = 20,
        MaxAutoPrepare = 64,
        AutoPrepareMinUsages = 2,
        NoResetOnClose = true,
    });

    /// <summary>Makes the pool hold so many single numbers, and forgets all leases.</summary>
    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> FillAsync(int size)
    {
        var began = Stopwatch.GetTimestamp();
        await ForgetAsync();
        await ExecuteAsync("truncate runs, slots, cells");
        // Rows first and then their indexes, or ten million of them take minutes.
        await using (var connection = await Data.OpenConnectionAsync())
        {
            var indexes = await ReadAsync(
                connection, "select indexdef from pg_indexes where tablename = 'runs' and indexname <> 'runs_pkey'");
            await ExecuteAsync(connection, """
                do $$ declare i record; begin
                    for i in select indexname from pg_indexes where tablename = 'runs' and indexname <> 'runs_pkey'
                    loop execute 'drop index ' || i.indexname; end loop;
                end $$
                """);
            await ExecuteAsync(connection, $"""
                insert into runs (first, last, trunk, country, tags, state, first_slot)
                select {First} + i * {Apart}, {First} + i * {Apart}, 'load', 'GB', '{"{}"}', 'active', i
                from generate_series(0::bigint, {size - 1}) i
                """);
            foreach (var index in indexes)
                await ExecuteAsync(connection, index);
        }
        await ExecuteAsync($"insert into slots (trunk, size) values ('load', {size})");
        for (var level = LowestLevel; level <= HighestLevel; level++)
        {
            await ExecuteAsync($"""
                insert into cells (level, trunk, length, prefix, size)
                select {level}, 'load', 12, '+' || first / {Power(Hidden(level, size))}, count(*) from runs group by 4
                """);
        }
        await ExecuteAsync("vacuum analyze");
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Forgets all leases, so that one measurement does not work on what another left.</summary>
    public Task ForgetAsync() => ExecuteAsync("truncate answers, uses, limits, outcomes");

    /// <summary>CPU time so far of the server's processes behind the connections to this database; null if they are not on this
    /// machine.</summary>
    public async Task<TimeSpan?> CpuTimeAsync(CancellationToken cancellationToken)
    {
        await using var backends = Data.CreateCommand("""
            select pid from pg_stat_activity
            where datname = current_database() and backend_type = 'client backend' and inet_server_addr() = inet_client_addr()
            """);
        var sum = default(TimeSpan?);
        await using var reader = await backends.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (ProcessFigures.CpuTime(reader.GetInt32(0)) is { } time)
                sum = (sum ?? TimeSpan.Zero) + time;
        }
        return sum;
    }

    public async ValueTask DisposeAsync()
    {
        await Data.DisposeAsync();
        await using var server = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(_server) { Database = "postgres", Pooling = false });
        await using var drop = server.CreateCommand($"drop database \"{_prefix}number_pool\" with (force)");
        await drop.ExecuteNonQueryAsync();
    }

    /// <summary>How many digits a cell hides: as few as leave it its numbers, all behind the calling code where there are not as
    /// many.</summary>
    private static int Hidden(int level, int size)
    {
        for (var hidden = HiddenAtLeast; hidden < HiddenBehindCallingCode; hidden++)
        {
            if (Math.Min(size, Power(hidden) / Apart) >= Power(level))
                return hidden;
        }
        return HiddenBehindCallingCode;
    }

    private static long Power(int exponent) => (long)Math.Pow(10, exponent);

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await Data.OpenConnectionAsync();
        await ExecuteAsync(connection, sql);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<string>> ReadAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(reader.GetString(0));
        return rows;
    }
}
