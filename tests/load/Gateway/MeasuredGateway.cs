using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlashCall.Gateway;
using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Load.Gateway;

/// <summary>The gateway before the service, on a database of its own with one application.</summary>
internal sealed class MeasuredGateway : IAsyncDisposable
{
    private readonly NpgsqlDataSource _server;
    private readonly string _database;
    private Part? _part;

    private MeasuredGateway(NpgsqlDataSource server, string database) => (_server, _database) = (server, database);

    public Part Part => _part ?? throw new InvalidOperationException("The gateway was not started.");

    /// <summary>The application's API key.</summary>
    public string Key { get; private set; } = "";

    /// <summary>Starts it.</summary>
    /// <returns>Null where the database could not be prepared; standard error says why.</returns>
    public static async Task<MeasuredGateway?> StartAsync(Uri service, ECDsa identity)
    {
        var prefix = $"load{Guid.NewGuid().ToString("N")[..6]}_";
        var adminKey = "fck_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        string[] settings =
        [
            $"--DatabasePrefix={prefix}", $"--BusPrefix={prefix}", "--Logging:LogLevel:Default=Warning",
            $"--Identity:SigningKey={identity.ExportPkcs8PrivateKeyPem()}",
            $"--Gateway:SecretsKey={NewKey()}", $"--ClientTokens:Key={NewKey()}",
            $"--Gateway:AdminKeyHash={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(adminKey)))}",
            $"--Gateway:Verification:0={service}", $"--Gateway:Dialer:0={service}", $"--Gateway:NumberPool:0={service}",
            $"--Gateway:Fraud:0={service}",
        ];
        if (await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. settings], GatewayService.Build) != 0)
            return null;
        var server = new NpgsqlConnectionStringBuilder(Environment.GetEnvironmentVariable("FLASHCALL_POSTGRES")) { Database = "postgres" };
        var gateway = new MeasuredGateway(NpgsqlDataSource.Create(server), prefix + "gateway");
        try
        {
            gateway._part = await Part.StartAsync("gateway", settings);
            gateway.Key = await AddApplicationAsync(gateway.Part.Address, adminKey);
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>How many transactions the gateway's database has had; a statement on its own is one.</summary>
    public async Task<long> TransactionsAsync()
    {
        await using var count = _server.CreateCommand("select xact_commit + xact_rollback from pg_stat_database where datname = $1");
        count.Parameters.Add(new() { Value = _database });
        return (long)(await count.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_part is not null)
            await _part.DisposeAsync();
        await using (var drop = _server.CreateCommand($"drop database if exists \"{_database}\" with (force)"))
            await drop.ExecuteNonQueryAsync();
        await _server.DisposeAsync();
    }

    private static async Task<string> AddApplicationAsync(Uri gateway, string adminKey)
    {
        using var admin = new HttpClient { BaseAddress = gateway };
        admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", adminKey);
        var limit = new { permits = 1_000_000, per = "00:00:01" };
        // A few tries: the key of the settings is known once the applications were read.
        for (var left = 50; ; left--)
        {
            using var response = await admin.PostAsJsonAsync("/v1/applications", new
            {
                id = "load",
                name = "Load",
                scopes = new[] { "verifications:write", "verifications:read" },
                rateLimits = new { requests = limit, clientToken = limit },
            });
            var text = await response.Content.ReadAsStringAsync();
            if (response.IsSuccessStatusCode)
                return JsonDocument.Parse(text).RootElement.GetProperty("key").GetProperty("apiKey").GetString()!;
            if (left == 0 || response.StatusCode != System.Net.HttpStatusCode.ServiceUnavailable)
                throw new InvalidOperationException($"The gateway did not take the application: {(int)response.StatusCode} {text}");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
}
