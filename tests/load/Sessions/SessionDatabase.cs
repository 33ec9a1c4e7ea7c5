using System.Security.Cryptography;
using FlashCall.Hosting;
using FlashCall.Verification;
using Npgsql;

namespace FlashCall.Load.Sessions;

/// <summary>A database of the verification service, prepared as the service prepares it.</summary>
internal sealed class SessionDatabase : IAsyncDisposable
{
    private readonly string _server;
    private readonly string _prefix;

    private SessionDatabase(string server, string prefix)
    {
        (_server, _prefix) = (server, prefix);
        Data = Open();
    }

    /// <summary>Connections to count with; not those of a replica.</summary>
    public NpgsqlDataSource Data { get; }

    public static async Task<SessionDatabase> CreateAsync(string server)
    {
        var prefix = $"load{Guid.NewGuid().ToString("N")[..8]}_";
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string[] arguments =
        [
            PlatformHost.PrepareArgument, $"--Postgres={server}", $"--DatabasePrefix={prefix}", "--RabbitMq=amqp://127.0.0.1/",
            $"--Identity:PublicKey={key.ExportSubjectPublicKeyInfoPem()}", "--Logging:LogLevel:Default=Warning",
            $"--Verification:SecretsKey={Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}",
            $"--ClientTokens:Key={Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}",
        ];
        return await PlatformHost.RunAsync(arguments, VerificationService.Build) == 0
            ? new SessionDatabase(server, prefix)
            : throw new InvalidOperationException("The database could not be prepared; what is wrong stands above.");
    }

    /// <summary>Where it is, for other programs.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder(_server) { Database = _prefix + "verification" }.ConnectionString;

    /// <summary>Connections as one replica of the service has them.</summary>
    public NpgsqlDataSource Open() => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString)
    {
        MaxPoolSize = 20,
        MaxAutoPrepare = 64,
        AutoPrepareMinUsages = 2,
        NoResetOnClose = true,
    });

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

    /// <summary>Transactions that wrote something, so far: each takes an id.</summary>
    public async Task<long> WritesAsync(CancellationToken cancellationToken)
    {
        await using var next = Data.CreateCommand("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
        return (long)(await next.ExecuteScalarAsync(cancellationToken))!;
    }

    public async ValueTask DisposeAsync()
    {
        await Data.DisposeAsync();
        await using var server = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(_server) { Database = "postgres", Pooling = false });
        await using var drop = server.CreateCommand($"drop database \"{_prefix}verification\" with (force)");
        await drop.ExecuteNonQueryAsync();
    }
}
