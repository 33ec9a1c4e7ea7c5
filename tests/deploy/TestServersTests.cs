using System.Net.Sockets;
using FlashCall.Contracts;
using FlashCall.Testing;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Xunit;

[assembly: AssemblyFixture(typeof(ServersFixture))]

namespace FlashCall.Deploy.Tests;

public sealed class TestServersTests(ServersFixture servers)
{
    [Fact]
    public async Task Given_servers_are_taken_as_they_are()
    {
        await using var given = TestServers.Given("Host=a", "amqp://b");

        Assert.Equal(("Host=a", "amqp://b"), (given!.Postgres, given.RabbitMq));
        Assert.Null(TestServers.Given(null, ""));
    }

    [Theory]
    [InlineData("Host=a", null, "FLASHCALL_RABBITMQ")]
    [InlineData("", "amqp://b", "FLASHCALL_POSTGRES")]
    public void One_of_the_two_alone_is_refused(string? postgres, string? rabbitMq, string missing)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => TestServers.Given(postgres, rabbitMq));

        Assert.Contains($"{missing} is not", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unix:///does/not/exist.sock")]
    [InlineData("tcp://127.0.0.1:1")]
    [InlineData("ssh://elsewhere")]
    [InlineData("nonsense")]
    public async Task No_engine_is_found_where_none_answers(string host) =>
        Assert.Null(await DockerEngine.FindAsync(host, CancellationToken.None));

    [Fact]
    public async Task An_engine_that_accepts_and_says_nothing_does_not_hold_the_tests_up()
    {
        using var silent = new TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();

        Assert.Null(await DockerEngine.FindAsync($"tcp://{silent.LocalEndpoint}", CancellationToken.None));
    }

    [Fact]
    public async Task A_command_finds_the_servers_in_its_environment_and_its_exit_code_is_passed_on()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "FlashCall.Testing.dll");

        var run = await Script.RunProcessAsync(
            "env", $"FLASHCALL_POSTGRES={servers.Postgres}", $"FLASHCALL_RABBITMQ={servers.RabbitMq}",
            "dotnet", program, "sh", "-c", "echo \"$FLASHCALL_POSTGRES $FLASHCALL_RABBITMQ\"; exit 7");
        var nothing = await Script.RunProcessAsync("dotnet", program);
        var missing = await Script.RunProcessAsync("env", $"FLASHCALL_POSTGRES={servers.Postgres}", $"FLASHCALL_RABBITMQ={servers.RabbitMq}", "dotnet", program, "/does/not/exist");

        Assert.Equal((7, $"{servers.Postgres} {servers.RabbitMq}\n"), (run.ExitCode, run.Output));
        Assert.Equal(2, nothing.ExitCode);
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("/does/not/exist", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_run_left_on_the_servers_is_deleted_and_nothing_else()
    {
        var own = new ServersFixture(TestServers.Given(servers.Postgres, servers.RabbitMq)!);
        await using var connection = await new ConnectionFactory { Uri = new Uri(own.RabbitMq) }.CreateConnectionAsync();
        string[] queues = [Queues.Dialer, Queues.Verification + "_error"];
        string[] exchanges = ["FlashCall.Contracts:VerificationCompleted", "MassTransit:Fault--FlashCall.Contracts:AssessRisk--"];
        await using var channel = await connection.CreateChannelAsync();
        foreach (var prefix in new[] { own.BusPrefix, servers.BusPrefix })
        {
            foreach (var queue in queues)
                await channel.QueueDeclareAsync(prefix + queue, durable: true, exclusive: false, autoDelete: false);
            foreach (var exchange in exchanges)
                await channel.ExchangeDeclareAsync(prefix + exchange, "fanout", durable: true);
        }
        await CreateDatabaseAsync(own, own.DatabasePrefix + "gone");
        await CreateDatabaseAsync(own, servers.DatabasePrefix + "stays");

        await own.DisposeAsync();

        foreach (var queue in queues)
        {
            Assert.False(await ExistsAsync(connection, other => other.QueueDeclarePassiveAsync(own.BusPrefix + queue)));
            Assert.True(await ExistsAsync(connection, other => other.QueueDeclarePassiveAsync(servers.BusPrefix + queue)));
        }
        foreach (var exchange in exchanges)
        {
            Assert.False(await ExistsAsync(connection, other => other.ExchangeDeclarePassiveAsync(own.BusPrefix + exchange)));
            Assert.True(await ExistsAsync(connection, other => other.ExchangeDeclarePassiveAsync(servers.BusPrefix + exchange)));
        }
        Assert.Equal([servers.DatabasePrefix + "stays"], await DatabasesAsync([own.DatabasePrefix, servers.DatabasePrefix]));
    }

    [Fact]
    public void Messages_are_deleted_by_the_names_that_the_bus_gives_them() =>
        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal)
            {
                "FlashCall.Contracts:PlaceFlashCall", "MassTransit:Fault--FlashCall.Contracts:PlaceFlashCall--", "MassTransit:Fault", "MassTransit:ReceiveFault",
            },
            BusRemains.ExchangeNames().ToHashSet(StringComparer.Ordinal));

    private static async Task<bool> ExistsAsync(IConnection connection, Func<IChannel, Task> declarePassively)
    {
        // The broker closes a channel on which something missing was asked for.
        await using var channel = await connection.CreateChannelAsync();
        try
        {
            await declarePassively(channel);
            return true;
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == 404)
        {
            return false;
        }
    }

    private static async Task CreateDatabaseAsync(ServersFixture on, string name)
    {
        await using var data = Server(on);
        await using var command = data.CreateCommand($"create database \"{name}\"");
        await command.ExecuteNonQueryAsync();
    }

    private async Task<List<string>> DatabasesAsync(string[] prefixes)
    {
        await using var data = Server(servers);
        await using var command = data.CreateCommand("select datname from pg_database where exists (select from unnest($1) as prefix where starts_with(datname, prefix))");
        command.Parameters.Add(new() { Value = prefixes });
        await using var reader = await command.ExecuteReaderAsync();
        var names = new List<string>();
        while (await reader.ReadAsync())
            names.Add(reader.GetString(0));
        return names;
    }

    private static NpgsqlDataSource Server(ServersFixture on) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(on.Postgres) { Database = "postgres", Pooling = false });
}
