using System.Collections.Concurrent;
using System.Security.Cryptography;
using FlashCall.Gateway.Applications;
using FlashCall.Hosting;
using FlashCall.Testing;
using Npgsql;

namespace FlashCall.Gateway.Tests;

/// <summary>
/// A prepared database of the gateway with the applications that tests call as. Most tests share one, which is prepared once; a test that
/// changes what others count on, or counts what others change, makes one of its own.
/// </summary>
internal sealed class GatewayDatabase : IAsyncDisposable
{
    /// <summary>What all gateways of this assembly encrypt with, unless a test says otherwise.</summary>
    public static readonly byte[] SecretsKey = RandomNumberGenerator.GetBytes(SealedBox.KeySize);

    private static readonly ConcurrentDictionary<string, Lazy<Task<GatewayDatabase>>> Shared = new(StringComparer.Ordinal);
    private static readonly SemaphoreSlim OneAtATime = new(1, 1);
    private readonly ServersFixture _servers;
    private readonly string _prefix;

    private GatewayDatabase(ServersFixture servers, string prefix)
    {
        _servers = servers;
        _prefix = prefix;
        Data = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = prefix + "gateway", MaxPoolSize = 5 });
        Store = StoreWith(SecretsKey);
    }

    /// <summary>The applications, past the API.</summary>
    public ApplicationStore Store { get; }

    public NpgsqlDataSource Data { get; }

    /// <summary>What a gateway that runs on it is told.</summary>
    public string[] Arguments =>
    [
        $"--Postgres={_servers.Postgres}", $"--DatabasePrefix={_prefix}", $"--RabbitMq={_servers.RabbitMq}",
        $"--BusPrefix={_servers.BusPrefix}", $"--Gateway:SecretsKey={Convert.ToBase64String(SecretsKey)}",
    ];

    /// <summary>The one that most tests share, prepared by whoever is first.</summary>
    public static async Task<GatewayDatabase> SharedAsync()
    {
        var servers = await ServersAsync();
        return await Shared.GetOrAdd(
            servers.DatabasePrefix, prefix => new Lazy<Task<GatewayDatabase>>(() => CreateSharedAsync(servers, prefix))).Value;
    }

    /// <summary>One of the test's own.</summary>
    public static async Task<GatewayDatabase> CreateAsync()
    {
        var servers = await ServersAsync();
        return await CreateAsync(servers, $"{servers.DatabasePrefix}{Guid.NewGuid().ToString("N")[..6]}_");
    }

    /// <summary>The applications as a gateway with another key sees them.</summary>
    public ApplicationStore StoreWith(byte[] secretsKey) => new(Data, new SealedBox(secretsKey));

    /// <summary>Adds an application past the API, with API keys that are known.</summary>
    public async Task AddAsync(string id, string[] apiKeys, string[] scopes)
    {
        // So much that no test meets it unawares.
        var often = new LimitsDocument { Requests = new RateDocument { Permits = RateLimit.MostPermits } };
        var document = new ApplicationDocument { Name = $"The {id}", Scopes = scopes, RateLimits = often };
        foreach (var apiKey in apiKeys)
        {
            await Store.ChangeAsync(id, "test", current => current is null
                ? new ApplicationStep.Add(document, NewKey.Known(apiKey))
                : new ApplicationStep.AddKey(NewKey.Known(apiKey)), CancellationToken.None);
        }
    }

    /// <summary>Adds an application with one key.</summary>
    /// <returns>The key, with its secrets.</returns>
    public async Task<NewKey> AddAsync(string id, ApplicationDocument document, DateTimeOffset? expiresAt = null)
    {
        var key = NewKey.Make(name: null, expiresAt);
        await Store.ChangeAsync(id, "test", _ => new ApplicationStep.Add(document, key), CancellationToken.None);
        return key;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Data.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync() => Data.DisposeAsync();

    private static async Task<ServersFixture> ServersAsync() =>
        await TestContext.Current.GetFixture<ServersFixture>()
        ?? throw new InvalidOperationException("A gateway needs the servers of the assembly: start it in a test.");

    private static async Task<GatewayDatabase> CreateSharedAsync(ServersFixture servers, string prefix)
    {
        var database = await CreateAsync(servers, prefix);
        // The gateways of different tests are no replicas of one another: none is counted, so none takes a share of another's limits.
        await database.ExecuteAsync(
            """
            create function nobody() returns trigger language plpgsql as 'begin return null; end';
            create trigger nobody before insert on gateway_replicas for each row execute function nobody();
            """);
        return database;
    }

    private static async Task<GatewayDatabase> CreateAsync(ServersFixture servers, string prefix)
    {
        var database = new GatewayDatabase(servers, prefix);
        // Preparations wait for each other on the server anyway; here they do so without a connection each.
        await OneAtATime.WaitAsync();
        try
        {
            string[] prepare = [PlatformHost.PrepareArgument, .. RunningGateway.Settings(new Uri("http://127.0.0.1:1")), .. database.Arguments];
            Assert.Equal(0, await PlatformHost.RunAsync(prepare, GatewayService.Build));
        }
        finally
        {
            OneAtATime.Release();
        }
        await database.AddAsync("everything", [RunningGateway.Key, RunningGateway.SecondKey], ["verifications:write", "verifications:read"]);
        await database.AddAsync("reader", [RunningGateway.ReadKey], ["verifications:read"]);
        await database.AddAsync("writer", [RunningGateway.WriteKey], ["verifications:write"]);
        await database.AddAsync("operator", [RunningGateway.OperatorKey], ["operations"]);
        return database;
    }
}
