using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlashCall.EndToEnd.Tests.Tracing;
using FlashCall.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.EndToEnd.Tests.Running;

/// <summary>
/// The whole platform as its users run it: every service a process of its own, verification and dialer in two replicas, on real servers, with
/// the handset as carrier and phone and an OTLP receiver in Jaeger's place.
/// </summary>
public sealed partial class Platform : IAsyncLifetime
{
    /// <summary>The collection of the tests that share this platform: some kill its services.</summary>
    public const string OneAtATime = "platform";

    /// <summary>The purpose whose sessions live for half a minute only, for tests that wait for the end.</summary>
    public const string BriefPurpose = "lead_validation";

    private readonly ServersFixture _servers = new();
    /// <summary>What an application may do that verifies numbers.</summary>
    internal static readonly string[] ClientScopes = ["verifications:write", "verifications:read"];

    private static int _number;
    private readonly string _folder = Directory.CreateTempSubdirectory("flashcall-e2e-").FullName;
    private readonly List<Program> _programs = [];

    /// <summary>The key that administers the applications.</summary>
    internal string AdminKey { get; } = "fck_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    /// <summary>The demo application's key.</summary>
    internal ApplicationKey Demo { get; private set; } = null!;

    /// <summary>The demo application's API key.</summary>
    internal string Key => Demo.ApiKey;

    /// <summary>The API key of the application that operates the platform.</summary>
    internal string OperatorKey { get; private set; } = null!;

    /// <summary>The database of the sessions' events, for who analyses them.</summary>
    internal string VerificationDatabase => Database("verification");

    /// <summary>A service's database, to look where no API shows.</summary>
    /// <param name="name">Its name after the prefix.</param>
    internal string Database(string name) =>
        new NpgsqlConnectionStringBuilder(_servers.Postgres) { Database = _servers.DatabasePrefix + name, Pooling = false }.ConnectionString;

    internal OtlpReceiver Traces { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await _servers.InitializeAsync();
        Traces = await OtlpReceiver.StartAsync();
        var sip = Program.FreePort(SocketType.Dgram);

        Add(Program.Handset([$"--Handset:SipListen=127.0.0.1:{sip}"], _folder));
        Add(Service("fraud", "FlashCall.Fraud"));
        Add(Service("number-pool", "FlashCall.NumberPool"));
        foreach (var replica in (string[])["1", "2"])
        {
            Add(Service("dialer", "FlashCall.Dialer", replica, $"--Dialer:SipListen=127.0.0.1:{Program.FreePort(SocketType.Dgram)}", "--Dialer:AliveFor=00:00:02"));
            Add(Service("verification", "FlashCall.Verification", replica));
        }
        Add(Service("gateway", "FlashCall.Gateway", "",
            $"--Gateway:Verification:0={Of("verification-1").Address}", $"--Gateway:Verification:1={Of("verification-2").Address}",
            $"--Gateway:Dialer:0={Of("dialer-1").Address}", $"--Gateway:Dialer:1={Of("dialer-2").Address}",
            $"--Gateway:NumberPool:0={Of("number-pool").Address}", $"--Gateway:Fraud:0={Of("fraud").Address}"));

        await File.WriteAllTextAsync(Path.Combine(_folder, "settings.json"), $$"""
            {
              "Gateway": {
                "AdminKeyHash": "{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(AdminKey)))}}",
                "SecretsKey": "{{NewSecretsKey()}}"
              },
              "ClientTokens": { "Key": "{{NewSecretsKey()}}" },
              "Webhooks": { "AllowHttp": true, "AllowedNetworks": ["127.0.0.0/8"] },
              "Dialer": { "SecretsKey": "{{NewSecretsKey()}}" },
              "Trunks": [{ "Name": "demo", "Addresses": ["127.0.0.1:{{sip}}"] }],
              "NumberPool": { "Limits": { "Callee": { "Burst": 20, "PerHour": 120 } }, "Ranges": [{ "Pattern": "+44207946xxxx", "Trunk": "demo" }] },
              "Fraud": { "AllowedDestinations": ["SE", "GB"], "AddressVelocity": [], "ShadowRules":
                ["application_velocity", "conversion", "device_numbers", "live_session", "number_block", "number_sequence", "prefix_velocity"] },
              "Verification": { "SecretsKey": "{{NewSecretsKey()}}", "Policies": { "LeadValidation": { "Lifetime": "00:00:30" } } }
            }
            """);
        using (var identity = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "secrets")).FullName, "Identity__PublicKey"), identity.ExportSubjectPublicKeyInfoPem());
            await File.WriteAllTextAsync(Path.Combine(_folder, "secrets", "Identity__SigningKey"), identity.ExportPkcs8PrivateKeyPem());
        }
        await Task.WhenAll(((string[])["fraud", "number-pool", "dialer-1", "verification-1", "gateway"]).Select(name => Of(name).PrepareAsync()));
        foreach (var program in _programs)
            program.Start();
        await Task.WhenAll(_programs.Select(program => program.ReadyAsync()));
        // Tests look at their sessions a hundred times a second.
        Demo = await AddApplicationAsync(new
        {
            id = "demo",
            name = "Demo",
            scopes = ClientScopes,
            rateLimits = new { requests = new { permits = 100_000, per = "00:01:00" } },
        });
        OperatorKey = (await AddApplicationAsync(new { id = "operator", name = "Operator", scopes = (string[])["operations", "subjects:erase"] })).ApiKey;
        await WarmUpAsync();
    }

    /// <summary>Verifies until it succeeds: the first request of a cold process on a busy machine may be too late for its next step.</summary>
    private async Task WarmUpAsync()
    {
        var first = await AddApplicationAsync(new { id = "first", name = "First", scopes = ClientScopes });
        using var client = new ClientApp(Http(first.ApiKey));
        await Eventually.TrueAsync(
            async () =>
            {
                using var phone = NextPhone();
                var id = (await client.StartAsync(phone)).GetProperty("id").GetGuid();
                var session = await client.UntilAsync(id, TimeSpan.FromSeconds(60), "ringing", "awaiting_report", "denied", "failed", "error");
                if (session.GetProperty("status").GetString() is not ("ringing" or "awaiting_report"))
                    return false;
                await client.ReportAsync(id, await phone.RingingAsync());
                await client.UntilAsync(id, TimeSpan.FromSeconds(60), "verified");
                return true;
            },
            () => "a first session is verified", TimeSpan.FromSeconds(90));
    }

    /// <summary>Adds an application over the API, and waits until the gateway lets it in.</summary>
    internal async Task<ApplicationKey> AddApplicationAsync(object document)
    {
        using var admin = Http(AdminKey);
        using var made = await admin.PostAsJsonAsync("/v1/applications", document);
        var answer = await made.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(made.StatusCode == HttpStatusCode.Created, $"The application was not made: {answer}");
        var key = answer.GetProperty("key");
        var application = new ApplicationKey(
            key.GetProperty("id").GetGuid(), key.GetProperty("apiKey").GetString()!, key.GetProperty("signingSecret").GetBytesFromBase64());
        using var own = Http(application.ApiKey);
        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await own.GetAsync("/v1/applications");
                var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
                return problem.GetProperty("code").GetString() is "forbidden" or "stronger_authorization_needed";
            },
            () => "the gateway knows the application's key", TimeSpan.FromSeconds(10));
        return application;
    }

    /// <summary>A program by its name: <c>gateway</c>, <c>verification-1</c>.</summary>
    internal Program Of(string name) => _programs.Single(program => program.Name == name);

    /// <summary>The services, without the handset.</summary>
    internal IEnumerable<Program> Services => _programs.Where(program => program.Name != "handset");

    /// <summary>A client app of the demo application.</summary>
    internal ClientApp Client() => new(Http(Key));

    /// <summary>Speaks to the gateway.</summary>
    /// <param name="bearer">With this API key or client token; null without any.</param>
    internal HttpClient Http(string? bearer) => new()
    {
        BaseAddress = Of("gateway").Address,
        DefaultRequestHeaders = { Authorization = bearer is null ? null : new AuthenticationHeaderValue("Bearer", bearer) },
    };

    /// <summary>A phone that nobody else in this run uses.</summary>
    internal Phone NextPhone() => new(new HttpClient { BaseAddress = Of("handset").Address }, $"+4672{2_000_000 + Interlocked.Increment(ref _number)}");

    /// <summary>Fails if any service has logged one of this run's phones or caller IDs, whole or by its local part.</summary>
    internal void AssertNoNumberInLogs()
    {
        foreach (var program in Services)
        {
            var log = program.Log;
            Assert.NotEmpty(log);
            AssertNoNumberIn(log, $"The log of {program.Name}");
        }
    }

    /// <summary>Fails if a text has one of this run's phones or caller IDs, whole or by its local part.</summary>
    internal static void AssertNoNumberIn(string text, string what) =>
        Assert.False(Numbers().IsMatch(text), $"{what} holds a number: {Numbers().Match(text).Value}");

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs)
            await program.DisposeAsync();
        await Traces.DisposeAsync();
        await _servers.DisposeAsync();
        // All that the services wrote in the whole run.
        AssertNoNumberInLogs();
        Directory.Delete(_folder, recursive: true);
    }

    private static string NewSecretsKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private void Add(Program program) => _programs.Add(program);

    private Program Service(string folder, string assembly, string replica = "", params string[] arguments) => Program.Service(
        folder, assembly, replica.Length == 0 ? folder : $"{folder}-{replica}",
        arguments,
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["FLASHCALL_POSTGRES"] = _servers.Postgres,
            ["FLASHCALL_RABBITMQ"] = _servers.RabbitMq,
            ["FLASHCALL_DATABASEPREFIX"] = _servers.DatabasePrefix,
            ["FLASHCALL_BUSPREFIX"] = _servers.BusPrefix,
            ["FLASHCALL_SETTINGS"] = Path.Combine(_folder, "settings.json"),
            ["FLASHCALL_SECRETS"] = Path.Combine(_folder, "secrets"),
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Traces.Endpoint.AbsoluteUri,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            // Half of the traces, and of the others those that have a reason, which a busy machine's slowness is not.
            ["FLASHCALL_TRACING__RATIO"] = "0.5",
            ["FLASHCALL_TRACING__SLOW"] = "00:05:00",
        },
        _folder);

    /// <summary>A key of an application.</summary>
    /// <param name="Id">Names it in signed requests.</param>
    /// <param name="ApiKey">What it sends as its bearer.</param>
    /// <param name="SigningSecret">What it signs requests with.</param>
    internal sealed record ApplicationKey(Guid Id, string ApiKey, byte[] SigningSecret);

    [GeneratedRegex(@"4672\s?2\d{6}|4670174\s?06\d{2}|4915112345678|44207946\d{4}")]
    private static partial Regex Numbers();
}
