using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlashCall.Api.Tests.Description;
using FlashCall.Dialer;
using FlashCall.Fraud;
using FlashCall.Gateway;
using FlashCall.Handset;
using FlashCall.Hosting;
using FlashCall.NumberPool;
using FlashCall.Testing;
using FlashCall.Verification;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace FlashCall.Api.Tests;

/// <summary>The gateway and all services behind it, in this process, on real servers, with the handset as carrier and phone.</summary>
public sealed class WholePlatform : IAsyncLifetime
{
    private const string AdminKey = "fck_admin-23456789abcdefghijklmnopqrstuvwxyzABCD";

    /// <summary>What would deny the sessions of a test that starts many for few phones.</summary>
    private static readonly IEnumerable<string> ShadowRules = ((string[])
        [
            "address_velocity", "application_velocity", "conversion", "device_numbers", "device_velocity", "live_session", "number_block",
            "network_velocity", "number_sequence", "number_velocity", "prefix_velocity", "refused_clients", "wrong_reports",
        ]).Select((rule, i) => $"--Fraud:ShadowRules:{i}={rule}");

    private readonly ServersFixture _servers = new();
    private readonly List<WebApplication> _services = [];
    private WebApplication? _gateway;
    private WebApplication? _handset;
    private Task? _othersSession;
    private string _otherKey = "", _operatorKey = "";

    /// <summary>The key of the application that verifies numbers.</summary>
    public string Key { get; private set; } = "";

    internal WebApplication Gateway => _gateway!;

    internal IReadOnlyList<WebApplication> Services => _services;

    /// <summary>Where the gateway listens.</summary>
    internal Uri Address => new(Gateway.Urls.First());

    public async ValueTask InitializeAsync()
    {
        await _servers.InitializeAsync();
        using var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var sip = FreeSipPort();
        _handset = HandsetService.Build(
            ["--urls=http://127.0.0.1:0", $"--Handset:SipListen=127.0.0.1:{sip}", "--Logging:LogLevel:Default=None"]);
        await _handset.StartAsync();
        string[] common =
        [
            .. _servers.Arguments,
            "--Logging:Console:LogLevel:Default=None",
            $"--Identity:PublicKey={identity.ExportSubjectPublicKeyInfoPem()}",
            $"--ClientTokens:Key={NewSecret()}",
        ];
        var verification = await StartAsync(
            "Verification", VerificationService.Build, [.. common, $"--Verification:SecretsKey={NewSecret()}"]);
        var pool = await StartAsync("NumberPool", NumberPoolService.Build,
            [
                .. common, "--NumberPool:Ranges:0:Pattern=+44207946xxxx", "--NumberPool:Ranges:0:Trunk=demo",
                // Hostile requests are many, and all from one client.
                "--NumberPool:Limits:Client:Burst=100000", "--NumberPool:Limits:Callee:Burst=100000",
            ]);
        var fraud = await StartAsync("Fraud", FraudService.Build, [.. common, "--Fraud:AllowedDestinations:0=SE", .. ShadowRules]);
        var dialer = await StartAsync("Dialer", DialerService.Build,
            [
                .. common, "--Dialer:SipListen=127.0.0.1:0", $"--Dialer:SecretsKey={NewSecret()}",
                "--Trunks:0:Name=demo", $"--Trunks:0:Addresses:0=localhost:{sip}",
            ]);
        string[] gateway =
        [
            .. common, .. verification, .. pool, .. fraud, .. dialer,
            $"--Identity:SigningKey={identity.ExportPkcs8PrivateKeyPem()}",
            $"--Gateway:SecretsKey={NewSecret()}",
            $"--Gateway:AdminKeyHash={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(AdminKey)))}",
        ];
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. gateway], GatewayService.Build));
        _gateway = GatewayService.Build(gateway);
        await _gateway.StartAsync();
        await ReadyAsync(_gateway);
        Key = await AddApplicationAsync("api", "verifications:write", "verifications:read");
        _otherKey = await AddApplicationAsync("other", "verifications:write", "verifications:read");
        _operatorKey = await AddApplicationAsync("operator", "operations", "subjects:erase");
    }

    /// <summary>The phones behind the carrier.</summary>
    internal HttpClient Phones() => new() { BaseAddress = new Uri(_handset!.Urls.First()) };

    /// <summary>A client with a key, or of nobody.</summary>
    public HttpClient Client(string? key)
    {
        // Each request on a connection of its own: a refused one may end it, which the next one would be the first to see.
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.Zero })
        {
            BaseAddress = Address,
        };
        if (key is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>A client of the application that verifies numbers.</summary>
    public HttpClient AppClient() => Client(Key);

    /// <summary>A client that may do what an operation does.</summary>
    internal HttpClient ClientFor(Operation operation) => Client(
        operation.Security.SelectMany(security => security.Scopes).FirstOrDefault() switch
        {
            null => null,
            "admin" => AdminKey,
            "operations" or "subjects:erase" => _operatorKey,
            _ => Key,
        });

    /// <summary>A session of the other application, which nobody else may see.</summary>
    internal Task MakeOthersSessionAsync(string to, string reference, string note) =>
        _othersSession ??= MakeSessionAsync(to, reference, note);

    private async Task MakeSessionAsync(string to, string reference, string note)
    {
        using var client = Client(_otherKey);
        using var response = await client.PostAsJsonAsync(
            "/v1/verifications", new { to, purpose = "login", reference, metadata = new Dictionary<string, string> { ["note"] = note } });
        Assert.Equal(201, (int)response.StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in (WebApplication?[])[_gateway, .. _services, _handset])
        {
            if (app is null)
                continue;
            await app.StopAsync();
            await app.DisposeAsync();
        }
        await _servers.DisposeAsync();
    }

    /// <summary>Starts a service.</summary>
    /// <returns>The gateway's setting that says where it is.</returns>
    private async Task<string[]> StartAsync(string name, Func<string[], WebApplication> build, string[] arguments)
    {
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. arguments], build));
        var app = build(arguments);
        _services.Add(app);
        await app.StartAsync();
        await ReadyAsync(app);
        return [$"--Gateway:{name}:0={app.Urls.First()}"];
    }

    private static async Task ReadyAsync(WebApplication app)
    {
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        await Eventually.TrueAsync(
            async () => (await client.GetAsync("/health/ready")).IsSuccessStatusCode, () => "a ready service", TimeSpan.FromSeconds(60));
    }

    private async Task<string> AddApplicationAsync(string id, params string[] scopes)
    {
        using var admin = Client(AdminKey);
        using var response = await admin.PostAsJsonAsync("/v1/applications", new
        {
            id,
            name = $"The {id}",
            scopes,
            rateLimits = new { requests = new { permits = 100_000, per = "00:00:01" } },
        });
        Assert.Equal(201, (int)response.StatusCode);
        var application = await response.Content.ReadFromJsonAsync<JsonElement>();
        return application.GetProperty("key").GetProperty("apiKey").GetString()!;
    }

    /// <summary>Nobody listens on it; the handset does as soon as it has started.</summary>
    private static int FreeSipPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static string NewSecret() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
}
