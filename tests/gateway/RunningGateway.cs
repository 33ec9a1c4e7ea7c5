using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace FlashCall.Gateway.Tests;

/// <summary>The gateway on a free port, with four applications: one may do everything with verifications, one may only
/// read, one may only write, one operates the platform. The key of the settings may change them.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    public const string Key = "fck_all-0123456789abcdefghijklmnopqrstuvwxyzABC";
    public const string SecondKey = "fck_all-second-456789abcdefghijklmnopqrstuvwxyz";
    public const string ReadKey = "fck_read-123456789abcdefghijklmnopqrstuvwxyzABCD";
    public const string OperatorKey = "fck_operate-456789abcdefghijklmnopqrstuvwxyzABCD";
    public const string AdminKey = "fck_admin-23456789abcdefghijklmnopqrstuvwxyzABCD";
    public const string WriteKey = "fck_write-23456789abcdefghijklmnopqrstuvwxyzABCD";

    /// <summary>What client tokens are signed with.</summary>
    public static readonly string ClientTokensKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private static readonly (string Private, string Public) Identity = NewIdentity();
    private readonly WebApplication _app;
    private readonly ConcurrentBag<HttpClient> _clients = [];

    private RunningGateway(WebApplication app)
    {
        _app = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public static string PublicKey => Identity.Public;

    public HttpClient Client { get; }

    public Uri Address => Client.BaseAddress!;

    public IServiceProvider Services => _app.Services;

    /// <summary>Stops it as SIGTERM does when its grace is over, and returns when it has.</summary>
    public Task StopAsync() => _app.StopAsync();

    /// <summary>A client token, as the verification service makes them.</summary>
    public static string ClientToken(string application, Guid session, TimeSpan? lifetime = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ClientTokens:Key", ClientTokensKey)]).Build();
        return ClientTokens.Read(configuration, new SettingsMistakes())!
            .Write(new ClientToken(session, application, DateTimeOffset.UtcNow + (lifetime ?? TimeSpan.FromMinutes(5))));
    }

    public static Task<RunningGateway> StartAsync(params Uri[] replicas) => StartAsync(replicas, []);

    public static async Task<RunningGateway> StartAsync(Uri[] replicas, string[] settings) =>
        await StartAsync(await GatewayDatabase.SharedAsync(), replicas, settings);

    /// <summary>One on a database of the test's own.</summary>
    public static async Task<RunningGateway> StartAsync(GatewayDatabase database, Uri[] replicas, params string[] settings)
    {
        var app = GatewayService.Build([.. Settings(replicas), .. database.Arguments, .. settings]);
        await app.StartAsync();
        return new RunningGateway(app);
    }

    /// <summary>Settings that are right, the database aside.</summary>
    public static string[] Settings(params Uri[] replicas) =>
    [
        "--urls=http://127.0.0.1:0",
        "--Logging:Console:LogLevel:Default=None",
        $"--Identity:SigningKey={Identity.Private}",
        $"--ClientTokens:Key={ClientTokensKey}",
        .. replicas.Select((replica, i) => $"--Gateway:Verification:{i}={replica}"),
        .. replicas.Select((replica, i) => $"--Gateway:Dialer:{i}={replica}"),
        .. replicas.Select((replica, i) => $"--Gateway:NumberPool:{i}={replica}"),
        .. replicas.Select((replica, i) => $"--Gateway:Fraud:{i}={replica}"),
        $"--Gateway:SecretsKey={Convert.ToBase64String(GatewayDatabase.SecretsKey)}",
        $"--Gateway:AdminKeyHash={Hash(AdminKey)}",
    ];

    public static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Sends a request with a key, or with none.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? key = Key, HttpContent? content = null) =>
        Client.SendAsync(Request(method, path, key, content));

    /// <summary>A client with an address of its own, of those that loop back: 127.0.0.0/8.</summary>
    public HttpClient ClientFrom(string address)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (connection, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
                await socket.ConnectAsync(connection.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        {
            BaseAddress = Address,
        };
        _clients.Add(client);
        return client;
    }

    public static HttpRequestMessage Request(HttpMethod method, string path, string? key = Key, HttpContent? content = null) => new(method, path)
    {
        Content = content,
        Headers = { Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key) },
    };

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        foreach (var client in _clients)
            client.Dispose();
        await _app.DisposeAsync();
    }

    private static (string Private, string Public) NewIdentity()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (key.ExportPkcs8PrivateKeyPem(), key.ExportSubjectPublicKeyInfoPem());
    }
}

/// <summary>An error as the client sees it.</summary>
internal sealed record Problem(HttpStatusCode Status, string Code, string Detail, string TraceId)
{
    /// <summary>Reads the problem document, and checks what holds for every error.</summary>
    public static async Task<Problem> OfAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.False(response.Headers.Contains("Server"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);
        var document = JsonSerializer.Deserialize<JsonElement>(text);
        Assert.Equal((int)response.StatusCode, document.GetProperty("status").GetInt32());
        return new Problem(
            response.StatusCode,
            document.GetProperty("code").GetString()!,
            document.GetProperty("detail").GetString()!,
            document.GetProperty("traceId").GetString()!);
    }
}
