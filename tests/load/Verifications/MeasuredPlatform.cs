using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlashCall.Testing;
using Npgsql;
using Platform = FlashCall.EndToEnd.Tests.Running;

namespace FlashCall.Load.Verifications;

/// <summary>The whole platform as its users run it, on databases and queues of its own: each replica of a service a process with the
/// settings and the garbage collector that it ships with, and the handset as carrier and phones. The rules of fraud and the limits all do
/// their work, and none refuses.</summary>
internal sealed class MeasuredPlatform : IAsyncDisposable
{
    private static readonly string[] Services = ["gateway", "verification", "fraud", "number-pool", "dialer"];

    private static readonly string[] ShadowRules =
    [
        "address_velocity", "application_velocity", "conversion", "device_numbers", "device_velocity", "live_session", "number_block",
        "network_velocity", "number_sequence", "number_velocity", "prefix_velocity", "refused_clients", "wrong_reports",
    ];

    private readonly string _run = Guid.NewGuid().ToString("N")[..6];
    private readonly string _folder = Directory.CreateTempSubdirectory("flashcall-load-").FullName;
    private readonly List<(string Service, Platform.Program Program)> _programs = [];
    private readonly string _server;
    private readonly string _broker;
    private readonly NpgsqlDataSource _postgres;

    private MeasuredPlatform(string server, string broker)
    {
        (_server, _broker) = (server, broker);
        _postgres = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server) { Database = "postgres", MaxPoolSize = 2 });
    }

    /// <summary>The application's API key.</summary>
    public string Key { get; private set; } = "";

    /// <summary>Where each gateway answers.</summary>
    public IReadOnlyList<Uri> Gateways => [.. Of("gateway").Select(gateway => gateway.Address)];

    /// <summary>Where the handset answers HTTP.</summary>
    public Uri Handset => Of("handset").Single().Address;

    /// <summary>The database of the sessions' events.</summary>
    public string VerificationDatabase => new NpgsqlConnectionStringBuilder(_server)
    {
        Database = Prefix + "verification",
        Pooling = false,
        CommandTimeout = 3600,
    }.ConnectionString;

    private string Prefix => $"load{_run}_";

    /// <summary>Starts it, and waits until all of it is ready.</summary>
    public static async Task<MeasuredPlatform> StartAsync(string server, string broker, int replicas)
    {
        var platform = new MeasuredPlatform(server, broker);
        try
        {
            await platform.StartAsync(replicas);
            return platform;
        }
        catch
        {
            await platform.DisposeAsync();
            throw;
        }
    }

    /// <summary>What reads its use of the machine.</summary>
    public async Task<PlatformUsage> UsageAsync() => new(
        _programs.GroupBy(one => one.Service, StringComparer.Ordinal).ToDictionary(
            service => service.Key, service => service.Select(one => one.Program.ProcessId).ToArray(), StringComparer.Ordinal),
        await ServerProcesses.FindAsync(_postgres, new Uri(_broker)), _postgres, Prefix, Handset);

    /// <summary>What the servers do with a commit: whether it waits for the disk.</summary>
    public async Task<string> DurabilityAsync()
    {
        await using var ask = _postgres.CreateCommand(
            "select 'fsync ' || current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit')");
        return (string)(await ask.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, program) in _programs)
            await program.DisposeAsync();
        var databases = new List<string>();
        await using (var list = _postgres.CreateCommand("select datname from pg_database where starts_with(datname, $1)"))
        {
            list.Parameters.Add(new() { Value = Prefix });
            await using var reader = await list.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                databases.Add(reader.GetString(0));
        }
        foreach (var database in databases)
        {
            await using var drop = _postgres.CreateCommand($"drop database \"{database}\" with (force)");
            await drop.ExecuteNonQueryAsync();
        }
        await _postgres.DisposeAsync();
        await BusRemains.DeleteAsync(_broker, Prefix);
        Directory.Delete(_folder, recursive: true);
    }

    private IEnumerable<Platform.Program> Of(string service) =>
        from one in _programs where one.Service == service select one.Program;

    private async Task StartAsync(int replicas)
    {
        var adminKey = "fck_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var sip = Platform.Program.FreePort(SocketType.Dgram);
        _programs.Add(("handset", Platform.Program.Handset(
            [$"--Handset:SipListen=127.0.0.1:{sip}", "--Logging:LogLevel:Default=Warning"], _folder)));
        for (var replica = 1; replica <= replicas; replica++)
        {
            Add("fraud", "FlashCall.Fraud", replica);
            Add("number-pool", "FlashCall.NumberPool", replica);
            Add("dialer", "FlashCall.Dialer", replica, $"--Dialer:SipListen=127.0.0.1:{Platform.Program.FreePort(SocketType.Dgram)}");
            Add("verification", "FlashCall.Verification", replica);
        }
        string[] behind =
        [
            .. Behind("verification", "Verification"), .. Behind("dialer", "Dialer"), .. Behind("number-pool", "NumberPool"),
            .. Behind("fraud", "Fraud"),
        ];
        for (var replica = 1; replica <= replicas; replica++)
            Add("gateway", "FlashCall.Gateway", replica, behind);
        await WriteSettingsAsync(adminKey, sip);
        await Task.WhenAll(Services.Select(service => Of(service).First().PrepareAsync()));
        foreach (var (_, program) in _programs)
            program.Start();
        await Task.WhenAll(_programs.Select(one => one.Program.ReadyAsync()));
        Key = await AddApplicationAsync(adminKey);
    }

    private IEnumerable<string> Behind(string service, string setting) =>
        Of(service).Select((program, i) => $"--Gateway:{setting}:{i}={program.Address.AbsoluteUri}");

    private void Add(string service, string assembly, int replica, params string[] arguments) => _programs.Add((service,
        Platform.Program.Service(
            service, assembly, $"{service}-{replica}", arguments,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["DOTNET_ENVIRONMENT"] = "Production",
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["FLASHCALL_POSTGRES"] = _server,
                ["FLASHCALL_RABBITMQ"] = _broker,
                ["FLASHCALL_DATABASEPREFIX"] = Prefix,
                ["FLASHCALL_BUSPREFIX"] = Prefix,
                ["FLASHCALL_SETTINGS"] = Path.Combine(_folder, "settings.json"),
                ["FLASHCALL_SECRETS"] = Path.Combine(_folder, "secrets"),
            },
            _folder)));

    private async Task WriteSettingsAsync(string adminKey, int sip)
    {
        var limit = new { Burst = 100_000_000, PerHour = 1_000_000_000 };
        await File.WriteAllTextAsync(Path.Combine(_folder, "settings.json"), JsonSerializer.Serialize(new
        {
            Gateway = new
            {
                AdminKeyHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(adminKey))),
                SecretsKey = NewSecret(),
            },
            ClientTokens = new { Key = NewSecret() },
            Dialer = new { SecretsKey = NewSecret() },
            Verification = new { SecretsKey = NewSecret() },
            Trunks = new[] { new { Name = "load", Addresses = new[] { $"127.0.0.1:{sip}" } } },
            NumberPool = new
            {
                Limits = new { Callee = limit, Client = limit, Pool = limit },
                Ranges = new[] { new { Pattern = "+4420794xxxxx", Trunk = "load" } },
            },
            Fraud = new { AllowedDestinations = new[] { "SE", "GB" }, ShadowRules },
        }));
        var secrets = Directory.CreateDirectory(Path.Combine(_folder, "secrets")).FullName;
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await File.WriteAllTextAsync(Path.Combine(secrets, "Identity__PublicKey"), identity.ExportSubjectPublicKeyInfoPem());
        await File.WriteAllTextAsync(Path.Combine(secrets, "Identity__SigningKey"), identity.ExportPkcs8PrivateKeyPem());
    }

    private async Task<string> AddApplicationAsync(string adminKey)
    {
        using var admin = new HttpClient { BaseAddress = Gateways[0] };
        admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", adminKey);
        var limit = new { permits = 1_000_000, per = "00:00:01" };
        using var made = await admin.PostAsJsonAsync("/v1/applications", new
        {
            id = "load",
            name = "Load",
            scopes = new[] { "verifications:write", "verifications:read" },
            rateLimits = new { requests = limit, clientToken = limit },
        });
        var text = await made.Content.ReadAsStringAsync();
        if (!made.IsSuccessStatusCode)
            throw new InvalidOperationException($"The gateway did not take the application: {(int)made.StatusCode} {text}");
        var key = JsonDocument.Parse(text).RootElement.GetProperty("key").GetProperty("apiKey").GetString()!;
        foreach (var address in Gateways)
        {
            using var gateway = new HttpClient { BaseAddress = address };
            gateway.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            await Eventually.TrueAsync(
                async () =>
                {
                    using var response = await gateway.GetAsync("/v1/verifications");
                    return response.StatusCode == HttpStatusCode.OK;
                },
                () => $"the gateway at {address} knows the application", TimeSpan.FromSeconds(30));
        }
        return key;
    }

    private static string NewSecret() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
}
