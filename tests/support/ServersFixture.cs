using Npgsql;
using Xunit;

namespace FlashCall.Testing;

/// <summary>
/// Real PostgreSQL and RabbitMQ for the tests of one assembly, shared through <c>[assembly: AssemblyFixture(typeof(ServersFixture))]</c>.
/// Databases and queues of the assembly carry a prefix of their own, so that assemblies run beside each other and leave nothing behind.
/// A queue that a test declares by itself, beside those of the platform, is the test's to delete.
/// </summary>
public sealed class ServersFixture : IAsyncLifetime
{
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private TestServers? _servers;

    /// <summary>For the tests of one assembly; the servers start with the first of them.</summary>
    public ServersFixture()
    {
    }

    /// <summary>On servers that run already.</summary>
    internal ServersFixture(TestServers servers) => _servers = servers;

    /// <summary>The PostgreSQL server's connection string, without a database.</summary>
    public string Postgres => Servers.Postgres;

    /// <summary>The broker's address: amqp://user:password@host:port/.</summary>
    public string RabbitMq => Servers.RabbitMq;

    /// <summary>Stands before the name of every database of this run.</summary>
    public string DatabasePrefix => $"t{_run}_";

    /// <summary>Stands before the name of every queue and exchange of this run.</summary>
    public string BusPrefix => $"t{_run}-";

    /// <summary>The settings of a service that runs against these servers, as command-line arguments.</summary>
    public string[] Arguments => [$"--Postgres={Postgres}", $"--RabbitMq={RabbitMq}", $"--DatabasePrefix={DatabasePrefix}", $"--BusPrefix={BusPrefix}", "--urls=http://127.0.0.1:0"];

    private TestServers Servers => _servers ?? throw new InvalidOperationException("The servers start with the assembly's first test.");

    public async ValueTask InitializeAsync() => _servers ??= await TestServers.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_servers is null)
            return;
        NpgsqlConnection.ClearAllPools();
        await DropDatabasesAsync(_servers.Postgres);
        await BusRemains.DeleteAsync(_servers.RabbitMq, BusPrefix);
        await _servers.DisposeAsync();
    }

    private async Task DropDatabasesAsync(string server)
    {
        await using var data = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server) { Database = "postgres", Pooling = false });
        var names = new List<string>();
        await using (var list = data.CreateCommand("select datname from pg_database where starts_with(datname, $1)"))
        {
            list.Parameters.Add(new() { Value = DatabasePrefix });
            await using var reader = await list.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                names.Add(reader.GetString(0));
        }
        foreach (var name in names)
        {
            await using var drop = data.CreateCommand($"drop database \"{name}\" with (force)");
            await drop.ExecuteNonQueryAsync();
        }
    }
}
