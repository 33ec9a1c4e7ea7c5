using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlashCall.Chaos.Clients;
using FlashCall.Chaos.Faults;
using FlashCall.Chaos.Ledger;
using FlashCall.Testing;
using Npgsql;

namespace FlashCall.Chaos.Running;

/// <summary>The whole platform, two replicas of each service, each of which reaches PostgreSQL and RabbitMQ through proxies of its
/// own.</summary>
/// <param name="logs">Where the services' logs are kept; null where they are not.</param>
internal sealed class ChaosPlatform(string? logs) : IAsyncDisposable
{
    private static readonly IReadOnlyDictionary<string, string> Assemblies = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["gateway"] = "FlashCall.Gateway",
        ["verification"] = "FlashCall.Verification",
        ["fraud"] = "FlashCall.Fraud",
        ["number-pool"] = "FlashCall.NumberPool",
        ["dialer"] = "FlashCall.Dialer",
    };

    /// <summary>How long the carrier lets a phone ring at most.</summary>
    public static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(20);

    /// <summary>A restart while much else is going on takes long; what takes longer than this does not come back.</summary>
    private static readonly TimeSpan StartWithin = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("flashcall-chaos-run-").FullName;
    private readonly string _adminKey = "fck_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
    private readonly Dictionary<string, ServiceProgram> _programs = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Who, string Server), FaultProxy> _proxies = [];
    private ChaosServers? _servers;

    /// <summary>PostgreSQL and RabbitMQ.</summary>
    public ChaosServers Servers => _servers ?? throw new InvalidOperationException("The platform has not been started.");

    /// <summary>The API key of the application that verifies.</summary>
    public string ApiKey { get; private set; } = "";

    /// <summary>The gateways.</summary>
    public IReadOnlyList<Uri> Gateways => [.. FaultPlan.ReplicasOf("gateway").Select(name => Of(name).Address)];

    /// <summary>The phones.</summary>
    public Uri Handset => Of("handset").Address;

    /// <summary>Starts all of it, and has the receiver told of ends.</summary>
    public async Task StartAsync(Uri webhook, CancellationToken cancellationToken)
    {
        _servers = await ChaosServers.MakeAsync(cancellationToken);
        var sip = ServiceProgram.FreePort(SocketType.Dgram);
        _programs["handset"] = ServiceProgram.Handset(
            [$"--Handset:SipListen=127.0.0.1:{sip}", $"--Handset:CallLimit={CallLimit}", "--Handset:CallsKept=1000000", .. Phones.Settings],
            _folder);
        foreach (var service in FaultPlan.Services.Where(service => service != "gateway"))
        {
            foreach (var replica in FaultPlan.ReplicasOf(service))
            {
                Add(service, replica,
                    service == "dialer" ? [$"--Dialer:SipListen=127.0.0.1:{ServiceProgram.FreePort(SocketType.Dgram)}"] : []);
            }
        }
        var behind = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Verification"] = "verification",
            ["Dialer"] = "dialer",
            ["NumberPool"] = "number-pool",
            ["Fraud"] = "fraud",
        };
        string[] routes =
        [
            .. from part in behind
               from replica in FaultPlan.ReplicasOf(part.Value).Index()
               select $"--Gateway:{part.Key}:{replica.Index}={Of(replica.Item).Address}",
        ];
        foreach (var replica in FaultPlan.ReplicasOf("gateway"))
            Add("gateway", replica, routes);
        await WriteSettingsAsync(sip, cancellationToken);

        await Task.WhenAll(FaultPlan.Services.Select(service => Of($"{service}-1").PrepareAsync())).WaitAsync(cancellationToken);
        foreach (var program in _programs.Values)
            program.Start();
        foreach (var complaint in await Task.WhenAll(_programs.Values.Select(program => ReadyAsync(program, cancellationToken))))
        {
            if (complaint is not null)
                throw new InvalidOperationException(complaint);
        }
        ApiKey = await AddApplicationAsync(webhook, cancellationToken);
    }

    /// <summary>A program by its name: <c>dialer-2</c>.</summary>
    public ServiceProgram Of(string name) => _programs[name];

    /// <summary>The proxies between one replica, or all of them, and a server.</summary>
    public List<FaultProxy> ProxiesOf(string who, string server) =>
    [
        .. from proxy in _proxies
           where (who == FaultPlan.All || proxy.Key.Who == who) && proxy.Key.Server == server
           select proxy.Value,
    ];

    /// <summary>The programs that ended although nobody asked them to, in words.</summary>
    public IEnumerable<string> Deserters() => _programs.Values.Select(Deserted).OfType<string>();

    /// <summary>Where services wrote numbers, in words. The handset is the phones, and shows who calls.</summary>
    public IEnumerable<string> NumbersShown() =>
        _programs.Values.Where(program => program.Name != "handset").SelectMany(program => ShownNumbers.In(program.Name, program.Lines));

    /// <summary>Says so if a program ended although nobody asked it to; null if it runs.</summary>
    public static string? Deserted(ServiceProgram program) => program.ExitCode is { } code
        ? $"{program.Name} ended by itself with exit code {code}; the end of its log: {Tail(program)}"
        : null;

    /// <summary>Waits until a program is ready.</summary>
    /// <returns>What is wrong where it does not come to that; null otherwise.</returns>
    public async Task<string?> ReadyAsync(ServiceProgram program, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = program.Address, Timeout = TimeSpan.FromSeconds(5) };
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(150));
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(StartWithin);
        try
        {
            while (await timer.WaitForNextTickAsync(deadline.Token))
            {
                if (Deserted(program) is { } deserted)
                    return deserted;
                try
                {
                    using var response = await http.GetAsync("/health/ready", deadline.Token);
                    if (response.IsSuccessStatusCode)
                        return null;
                }
                catch (Exception exception)
                    when (exception is HttpRequestException or TaskCanceledException && !deadline.IsCancellationRequested)
                {
                    // It has not come that far.
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Its time is over.
        }
        return $"{program.Name} was not ready {StartWithin.TotalSeconds:0} s after its start; the end of its log: {Tail(program)}";
    }

    /// <summary>A connection string to one of the databases, past the proxies.</summary>
    public string Database(string name) =>
        new NpgsqlConnectionStringBuilder(Servers.Postgres) { Database = $"flashcall_{name}", Pooling = false }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs.Values)
            await program.DisposeAsync();
        foreach (var proxy in _proxies.Values)
            await proxy.DisposeAsync();
        if (_servers is not null)
            await _servers.DisposeAsync();
        foreach (var log in logs is null ? [] : Directory.GetFiles(_folder, "*.log"))
            File.Copy(log, Path.Combine(Directory.CreateDirectory(logs!).FullName, Path.GetFileName(log)), overwrite: true);
        Directory.Delete(_folder, recursive: true);
    }

    private static string Tail(ServiceProgram program) =>
        string.Join(" | ", program.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(3));

    private static string NewSecretsKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private void Add(string service, string replica, string[] arguments)
    {
        var postgres = new NpgsqlConnectionStringBuilder(Servers.Postgres);
        _proxies[(replica, FaultPlan.Postgres)] = FaultProxy.To(postgres.Port);
        _proxies[(replica, FaultPlan.RabbitMq)] = FaultProxy.To(Servers.RabbitMq.Port);
        postgres.Port = _proxies[(replica, FaultPlan.Postgres)].Port;
        _programs[replica] = ServiceProgram.Service(service, Assemblies[service], replica, arguments,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["FLASHCALL_POSTGRES"] = postgres.ConnectionString,
                ["FLASHCALL_RABBITMQ"] =
                    new UriBuilder(Servers.RabbitMq) { Port = _proxies[(replica, FaultPlan.RabbitMq)].Port }.Uri.AbsoluteUri,
                ["FLASHCALL_SETTINGS"] = Path.Combine(_folder, "settings.json"),
                ["FLASHCALL_SECRETS"] = Path.Combine(_folder, "secrets"),
                // Most processes here live for seconds: they gain nothing by measuring themselves to run faster later.
                ["DOTNET_TieredPGO"] = "0",
            },
            _folder);
    }

    private async Task WriteSettingsAsync(int sip, CancellationToken cancellationToken)
    {
        // Short sessions, so that the end of the last one is not long after the last fault; every limit out of the way, since all clients
        // are one machine; rules of fraud that would deny such traffic only watch.
        await File.WriteAllTextAsync(Path.Combine(_folder, "settings.json"), $$"""
            {
              "Gateway": {
                "AdminKeyHash": "{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_adminKey)))}}",
                "SecretsKey": "{{NewSecretsKey()}}"
              },
              "ClientTokens": { "Key": "{{NewSecretsKey()}}" },
              "Webhooks": { "AllowHttp": true, "AllowedNetworks": ["127.0.0.0/8"] },
              "Dialer": { "SecretsKey": "{{NewSecretsKey()}}" },
              "Trunks": [{ "Name": "demo", "Addresses": ["127.0.0.1:{{sip}}"] }],
              "NumberPool": {
                "Limits": { "Pool": { "Burst": 1000000, "PerHour": 100000000 }, "WrongReportCost": 0 },
                "HourlyCap": 600,
                "Ranges": [{ "Pattern": "+44207946xxxx", "Trunk": "demo" }]
              },
              "Fraud": { "AllowedDestinations": ["SE", "GB"], "ShadowRules": [
                "address_velocity", "answered_rate", "application_velocity", "conversion", "device_numbers", "device_velocity",
                "live_session", "number_block", "network_velocity", "number_sequence", "number_velocity", "prefix_velocity",
                "refused_clients", "wrong_reports"] },
              "Verification": {
                "SecretsKey": "{{NewSecretsKey()}}",
                "Policy": { "Lifetime": "00:00:30", "RingTime": "00:00:03", "PostDialDelayCap": "00:00:06" }
              }
            }
            """, cancellationToken);
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var secrets = Directory.CreateDirectory(Path.Combine(_folder, "secrets")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(secrets, "Identity__PublicKey"), identity.ExportSubjectPublicKeyInfoPem(), cancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(secrets, "Identity__SigningKey"), identity.ExportPkcs8PrivateKeyPem(), cancellationToken);
    }

    private async Task<string> AddApplicationAsync(Uri webhook, CancellationToken cancellationToken)
    {
        using var admin = Http(Gateways[0], _adminKey);
        var made = await PostAsync(admin, "/v1/applications", new
        {
            id = "chaos",
            name = "Chaos",
            scopes = (string[])["verifications:write", "verifications:read"],
            rateLimits = new { requests = new { permits = 1_000_000, per = "00:01:00" } },
        }, cancellationToken);
        var key = made.GetProperty("key").GetProperty("apiKey").GetString()!;
        foreach (var gateway in Gateways)
        {
            using var client = Http(gateway, key);
            await Eventually.TrueAsync(
                async () => (await client.GetAsync("/v1/webhooks", cancellationToken)).IsSuccessStatusCode,
                "each gateway knows the application", TimeSpan.FromSeconds(60));
        }
        using var own = Http(Gateways[0], key);
        await PostAsync(
            own, "/v1/webhooks", new { url = webhook.AbsoluteUri, events = (string[])["verification.ended"] }, cancellationToken);
        return key;
    }

    private static HttpClient Http(Uri address, string key) =>
        new() { BaseAddress = address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };

    private static async Task<JsonElement> PostAsync(HttpClient http, string path, object body, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync(path, body, cancellationToken);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return response.IsSuccessStatusCode
            ? answer
            : throw new InvalidOperationException($"{path} was answered {(int)response.StatusCode}: {answer}");
    }
}
