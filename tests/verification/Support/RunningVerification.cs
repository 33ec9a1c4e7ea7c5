using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using FlashCall.Hosting;
using FlashCall.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(FlashCall.Verification.Tests.Support.RunningVerification))]

namespace FlashCall.Verification.Tests.Support;

/// <summary>The verification service in two replicas on real servers, with its peers played by the tests.</summary>
public sealed class RunningVerification : IAsyncLifetime
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly ServersFixture _servers = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _secretsKey = NewKey();
    private readonly List<WebApplication> _replicas = [];
    private Peers? _peers;

    internal Peers Peers => _peers!;

    /// <summary>The service's own database, to look where the API does not show.</summary>
    internal NpgsqlDataSource Data => _replicas[0].Services.GetRequiredService<NpgsqlDataSource>();

    /// <summary>The connection string of the server.</summary>
    public string Postgres => _servers.Postgres;

    /// <summary>The key of client tokens, which the gateway has too.</summary>
    public string ClientTokensKey { get; } = NewKey();

    /// <summary>The databases of this run have names that begin so, and go with it.</summary>
    public string DatabasePrefix => _servers.DatabasePrefix;

    /// <summary>Queues and exchanges of this run have names that begin so.</summary>
    public string BusPrefix => _servers.BusPrefix;

    /// <summary>The broker's address.</summary>
    public string RabbitMq => _servers.RabbitMq;

    public string[] Arguments =>
    [
        .. _servers.Arguments,
        $"--Identity:PublicKey={_key.ExportSubjectPublicKeyInfoPem()}",
        $"--Verification:SecretsKey={_secretsKey}",
        $"--ClientTokens:Key={ClientTokensKey}",
    ];

    public async ValueTask InitializeAsync()
    {
        await _servers.InitializeAsync();
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. Arguments], VerificationService.Build));
        _peers = await Peers.StartAsync(Arguments);
        for (var replica = 0; replica < 2; replica++)
        {
            var app = VerificationService.Build(Arguments);
            await app.StartAsync();
            _replicas.Add(app);
        }
        foreach (var replica in _replicas)
        {
            using var client = new HttpClient { BaseAddress = new Uri(replica.Urls.First()) };
            await Eventually.ValueAsync(async () => (await client.GetAsync("/health/ready")).IsSuccessStatusCode ? "ready" : null, "a ready replica");
        }
    }

    /// <summary>What a replica is made of, for what no request can show.</summary>
    internal IServiceProvider Services(int replica = 0) => _replicas[replica].Services;

    /// <summary>A further replica, which the test stops.</summary>
    internal async Task<WebApplication> StartReplicaAsync()
    {
        var app = VerificationService.Build(Arguments);
        await app.StartAsync();
        return app;
    }

    /// <summary>A client of an application, at one of the replicas.</summary>
    public HttpClient Client(string application = "demo", int replica = 0) =>
        Client(minter => minter.Mint(application, ["verifications:write", "verifications:read"]), replica);

    /// <summary>A client with a token of its own making; null for none.</summary>
    public HttpClient Client(Func<InternalIdentity.Minter, string>? token, int replica = 0) =>
        ClientAt(_replicas[replica].Urls.First(), token);

    /// <summary>A device with a token for one session, at one of the replicas.</summary>
    public HttpClient Device(Guid session, string application = "demo", int replica = 0) =>
        Client(minter => minter.MintForSession(application, session), replica);

    /// <summary>A client of the demo application, at a replica of the test's own.</summary>
    public HttpClient ClientAt(string address) => ClientAt(address, minter => minter.Mint("demo", ["verifications:write", "verifications:read"]));

    private HttpClient ClientAt(string address, Func<InternalIdentity.Minter, string>? token)
    {
        var client = new HttpClient { BaseAddress = new Uri(address) };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token(Minter()));
        return client;
    }

    /// <summary>The addresses that the service answers at.</summary>
    internal IEnumerable<RouteEndpoint> Endpoints =>
        _replicas[0].Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.StopAsync();
            await replica.DisposeAsync();
        }
        if (_peers is not null)
            await _peers.DisposeAsync();
        _key.Dispose();
        await _servers.DisposeAsync();
    }

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private InternalIdentity.Minter Minter()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Identity:SigningKey", _key.ExportPkcs8PrivateKeyPem())])
            .Build();
        return new InternalIdentity.Minter(configuration, TimeProvider.System);
    }
}

internal static class ClientExtensions
{
    private static int _number;

    /// <summary>A Swedish mobile number that no other test uses.</summary>
    public static string FreshNumber() => $"+4670{1_000_000 + Interlocked.Increment(ref _number)}";

    public static async Task<JsonElement> StartAsync(this HttpClient client, string? to = null)
    {
        using var response = await client.PostAsJsonAsync("/v1/verifications", new { to = to ?? FreshNumber(), purpose = "login" });
        Assert.Equal(201, (int)response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public static async Task<JsonElement> ReportAsync(this HttpClient client, Guid id, object report)
    {
        using var response = await client.PostAsJsonAsync($"/v1/verifications/{id}/report", report);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public static async Task<JsonElement> ReadAsync(this HttpClient client, Guid id) =>
        await client.GetFromJsonAsync<JsonElement>($"/v1/verifications/{id}");

    /// <summary>The session once it has the status.</summary>
    public static async Task<JsonElement> UntilAsync(this HttpClient client, Guid id, string status)
    {
        JsonElement session = default;
        await Eventually.ValueAsync(async () =>
        {
            session = await client.ReadAsync(id);
            return session.GetProperty("status").GetString() == status ? status : null;
        }, $"status {status} (is {(session.ValueKind == JsonValueKind.Object ? session.GetProperty("status") : default)})");
        return session;
    }

    public static Guid Id(this JsonElement session) => session.GetProperty("id").GetGuid();

    public static string? Text(this JsonElement element, string property) => element.GetProperty(property).GetString();
}
