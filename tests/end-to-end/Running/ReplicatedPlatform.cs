using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlashCall.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.EndToEnd.Tests.Running;

/// <summary>
/// A platform of a test's own, with as many replicas of every service as it wants, whose services reach PostgreSQL and RabbitMQ through
/// doors that the test opens and closes.
/// </summary>
internal sealed class ReplicatedPlatform : IAsyncDisposable
{
    private const string AdminKey = "fck_admin-of-the-replicated-platform-0123456789ab";

    private static readonly (string Folder, string Assembly)[] Services =
    [
        ("gateway", "FlashCall.Gateway"), ("verification", "FlashCall.Verification"), ("fraud", "FlashCall.Fraud"),
        ("number-pool", "FlashCall.NumberPool"), ("dialer", "FlashCall.Dialer"),
    ];

    private readonly ServersFixture _servers = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("flashcall-e2e-").FullName;
    private readonly List<Program> _programs = [];
    private readonly int _replicas;

    private ReplicatedPlatform(int replicas) => _replicas = replicas;

    public Door Postgres { get; private set; } = null!;

    public Door RabbitMq { get; private set; } = null!;

    /// <summary>The services' processes, the gateways first.</summary>
    public IReadOnlyList<Program> All => _programs;

    public Program Handset { get; private set; } = null!;

    public IEnumerable<Uri> Gateways => ReplicasOf("gateway").Select(program => program.Address);

    /// <summary>The demo application's API key.</summary>
    public string Key { get; private set; } = "";

    /// <summary>Both doors are closed and no service runs yet.</summary>
    public static async Task<ReplicatedPlatform> CreateAsync(int replicas)
    {
        var platform = new ReplicatedPlatform(replicas);
        await platform._servers.InitializeAsync();
        var postgres = new NpgsqlConnectionStringBuilder(platform._servers.Postgres);
        platform.Postgres = new Door(await EndPointOf(postgres.Host!, postgres.Port));
        var broker = new Uri(platform._servers.RabbitMq);
        platform.RabbitMq = new Door(await EndPointOf(broker.Host, broker.Port));
        await platform.WriteSettingsAsync();
        return platform;
    }

    /// <summary>The replicas of a service, by the name of its folder.</summary>
    public IEnumerable<Program> ReplicasOf(string folder) =>
        _programs.Where(program => program.Name.StartsWith(folder + "-", StringComparison.Ordinal));

    /// <summary>Prepares every database with the programs as they are now; the door to PostgreSQL is open.</summary>
    public Task PrepareAsync() => Task.WhenAll(Services.Select(service => ReplicasOf(service.Folder).First().PrepareAsync()));

    /// <summary>Opens the doors, prepares the databases, starts everything and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        Postgres.Open();
        RabbitMq.Open();
        await PrepareAsync();
        Handset.Start();
        foreach (var program in _programs)
            program.Start();
        await Task.WhenAll(_programs.Append(Handset).Select(program => program.ReadyAsync()));
        await AddApplicationAsync();
    }

    /// <summary>Restarts every service, one replica after the other has come back; all services at a time, for the time it takes.</summary>
    public Task RestartAllAsync() => Task.WhenAll(Services.Select(service => RestartAsync(service.Folder)));

    /// <summary>Makes the application whose key is <see cref="Key"/>, and waits until every gateway knows it.</summary>
    public async Task AddApplicationAsync()
    {
        using var admin = Http(Gateways.First(), AdminKey);
        using var made = await admin.PostAsJsonAsync("/v1/applications", new
        {
            id = "demo",
            name = "Demo",
            scopes = (string[])[.. Platform.ClientScopes, "operations", "admin"],
            rateLimits = new { requests = new { permits = 100_000, per = "00:01:00" } },
        });
        var answer = await made.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(made.StatusCode == HttpStatusCode.Created, $"The application was not made: {answer}");
        Key = answer.GetProperty("key").GetProperty("apiKey").GetString()!;
        foreach (var gateway in Gateways)
        {
            using var own = Http(gateway, Key);
            await Eventually.TrueAsync(
                async () => (await own.GetAsync("/v1/verifications")).IsSuccessStatusCode, "the gateway knows the key",
                TimeSpan.FromSeconds(60));
        }
    }

    /// <summary>Speaks to one gateway with a key.</summary>
    public static HttpClient Http(Uri gateway, string key) =>
        new() { BaseAddress = gateway, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs.Append(Handset))
            await program.DisposeAsync();
        await Postgres.DisposeAsync();
        await RabbitMq.DisposeAsync();
        await _servers.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task RestartAsync(string service)
    {
        foreach (var program in ReplicasOf(service).ToList())
        {
            await program.StopAsync();
            program.Start();
            await program.ReadyAsync();
        }
    }

    private static async Task<IPEndPoint> EndPointOf(string host, int port) =>
        new((await Dns.GetHostAddressesAsync(host, AddressFamily.InterNetwork))[0], port);

    private async Task WriteSettingsAsync()
    {
        var sip = Program.FreePort(SocketType.Dgram);
        Handset = Program.Handset([$"--Handset:SipListen=127.0.0.1:{sip}"], _folder);
        foreach (var (folder, assembly) in Services.Skip(1))
        {
            for (var replica = 1; replica <= _replicas; replica++)
            {
                string[] own = folder == "dialer" ? [$"--Dialer:SipListen=127.0.0.1:{Program.FreePort(SocketType.Dgram)}"] : [];
                _programs.Add(Service(folder, assembly, replica, own));
            }
        }
        string[] behind =
        [
            .. Services.Skip(1).SelectMany(service => ReplicasOf(service.Folder).Select((program, i) =>
                $"--Gateway:{SettingOf(service.Assembly)}:{i}={program.Address}")),
        ];
        for (var replica = _replicas; replica >= 1; replica--)
            _programs.Insert(0, Service("gateway", "FlashCall.Gateway", replica, behind));

        await File.WriteAllTextAsync(Path.Combine(_folder, "settings.json"), $$"""
            {
              "Gateway": {
                "AdminKeyHash": "{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(AdminKey)))}}",
                "SecretsKey": "{{NewKey()}}"
              },
              "ClientTokens": { "Key": "{{NewKey()}}" },
              "Dialer": { "SecretsKey": "{{NewKey()}}" },
              "Trunks": [{ "Name": "demo", "Addresses": ["127.0.0.1:{{sip}}"] }],
              "NumberPool": { "Ranges": [{ "Pattern": "+44207946xxxx", "Trunk": "demo" }] },
              "Fraud": { "AllowedDestinations": ["SE", "GB"], "AddressVelocity": [], "ShadowRules":
                ["application_velocity", "conversion", "device_numbers", "live_session", "number_block", "number_sequence", "prefix_velocity"] },
              "Verification": { "SecretsKey": "{{NewKey()}}" }
            }
            """);
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var secrets = Directory.CreateDirectory(Path.Combine(_folder, "secrets")).FullName;
        await File.WriteAllTextAsync(Path.Combine(secrets, "Identity__PublicKey"), identity.ExportSubjectPublicKeyInfoPem());
        await File.WriteAllTextAsync(Path.Combine(secrets, "Identity__SigningKey"), identity.ExportPkcs8PrivateKeyPem());

        static string SettingOf(string name) => name["FlashCall.".Length..];
    }

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private Program Service(string folder, string assembly, int replica, string[] arguments) => Program.Service(
        folder, assembly, $"{folder}-{replica}", arguments,
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["FLASHCALL_POSTGRES"] =
                new NpgsqlConnectionStringBuilder(_servers.Postgres) { Host = "127.0.0.1", Port = Postgres.Port }.ConnectionString,
            ["FLASHCALL_RABBITMQ"] = new UriBuilder(_servers.RabbitMq) { Host = "127.0.0.1", Port = RabbitMq.Port }.Uri.AbsoluteUri,
            ["FLASHCALL_DATABASEPREFIX"] = _servers.DatabasePrefix,
            ["FLASHCALL_BUSPREFIX"] = _servers.BusPrefix,
            ["FLASHCALL_SETTINGS"] = Path.Combine(_folder, "settings.json"),
            ["FLASHCALL_SECRETS"] = Path.Combine(_folder, "secrets"),
        },
        _folder);
}
