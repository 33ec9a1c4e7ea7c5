using FlashCall.Dialer.Attempts;
using FlashCall.Hosting;
using FlashCall.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.Dialer.Tests.Support;

/// <summary>A prepared dialer database of its own, and stores over it as different replicas would have.</summary>
internal sealed class DialerDatabase : IAsyncDisposable
{
    private DialerDatabase(string connectionString)
    {
        ConnectionString = connectionString;
        Data = NpgsqlDataSource.Create(connectionString);
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource Data { get; }

    public static async Task<DialerDatabase> CreateAsync(ServersFixture servers)
    {
        var prefix = $"{servers.DatabasePrefix}{Guid.NewGuid().ToString("N")[..6]}_";
        string[] prepare = [PlatformHost.PrepareArgument, .. servers.Arguments, Operator.IdentityArgument, $"--DatabasePrefix={prefix}"];
        Assert.Equal(0, await PlatformHost.RunAsync(prepare, DialerService.Build));
        var connection = new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = $"{prefix}dialer" };
        return new DialerDatabase(connection.ConnectionString);
    }

    public AttemptStore StoreOf(string replica) => new(Data, new ServiceIdentity("dialer", replica));

    /// <summary>A store whose replica has given a sign of life.</summary>
    public async Task<AttemptStore> LivingStoreAsync(string replica, double aliveForSeconds = 60)
    {
        var store = StoreOf(replica);
        await store.BeatAsync(TimeSpan.FromSeconds(aliveForSeconds), CancellationToken.None);
        return store;
    }

    /// <summary>Makes a replica's last sign of life too old.</summary>
    public async Task KillAsync(string replica)
    {
        await using var command = Data.CreateCommand("update replicas set alive_until = now() - interval '1 second' where instance = $1");
        command.Parameters.Add(new() { Value = replica });
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    public ValueTask DisposeAsync() => Data.DisposeAsync();
}
