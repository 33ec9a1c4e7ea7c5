using System.Net;
using System.Security.Cryptography;
using System.Text;
using FlashCall.Gateway.Applications;
using FlashCall.Hosting;
using FlashCall.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace FlashCall.Gateway.Tests.Applications;

/// <summary>How gateways come to know the applications, and what the database gives away of them.</summary>
public sealed class ApplicationUpdatesTests
{
    private static readonly Uri Nowhere = new("http://127.0.0.1:1");

    /// <summary>A change is to be seen within a second; the rest is for a machine that does something else as well.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task What_one_replica_is_told_the_others_know_within_a_second()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var one = await RunningGateway.StartAsync(upstream.Address);
        await using var two = await RunningGateway.StartAsync(upstream.Address);
        var (admin, id) = (new Admin(one), Admin.NewId());

        var key = (await admin.AddAsync(id)).GetProperty("key");
        await BecomesAsync(two, key.GetProperty("apiKey").GetString()!, HttpStatusCode.OK);

        await admin.PutAsync($"/v1/applications/{id}", new { name = "It", scopes = (string[])["operations"] });
        await BecomesAsync(two, key.GetProperty("apiKey").GetString()!, HttpStatusCode.Forbidden);

        await admin.DeleteAsync($"/v1/applications/{id}/keys/{key.GetProperty("id")}");
        await BecomesAsync(two, key.GetProperty("apiKey").GetString()!, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_key_that_has_expired_lets_nobody_in()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(upstream.Address);
        var (admin, id) = (new Admin(gateway), Admin.NewId());
        await admin.AddAsync(id);
        var expiresAt = DateTimeOffset.UtcNow + TimeSpan.FromSeconds(2);
        var key = await Admin.ReadAsync(await admin.PostAsync($"/v1/applications/{id}/keys", new { expiresAt }), HttpStatusCode.Created);
        var apiKey = key.GetProperty("apiKey").GetString()!;

        Assert.Equal(HttpStatusCode.OK, await CallAsync(gateway, apiKey));
        await BecomesAsync(gateway, apiKey, HttpStatusCode.Unauthorized);

        Assert.True(DateTimeOffset.UtcNow >= expiresAt);
        var shown = await Admin.ReadAsync(await admin.GetAsync($"/v1/applications/{id}/keys"));
        Assert.False(shown.GetProperty("items")[1].GetProperty("active").GetBoolean());
    }

    [Fact]
    public async Task A_copy_of_the_database_gives_no_key_and_no_secret_away()
    {
        await using var database = await GatewayDatabase.CreateAsync();
        await using var gateway = await RunningGateway.StartAsync(database, [Nowhere]);
        var added = await new Admin(gateway).AddAsync("shop");
        var (apiKey, secret) = (added.GetProperty("key").GetProperty("apiKey").GetString()!,
            added.GetProperty("key").GetProperty("signingSecret").GetBytesFromBase64());

        var copy = await CopyAsync(database.Data);

        Assert.Contains("shop", copy, StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(apiKey))), copy, StringComparison.Ordinal);
        Assert.DoesNotContain(apiKey, copy, StringComparison.Ordinal);
        Assert.DoesNotContain(apiKey["fck_".Length..], copy, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(apiKey)), copy, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexStringLower(secret), copy, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(secret), copy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_is_opened_for_its_own_key_alone()
    {
        await using var database = await GatewayDatabase.CreateAsync();
        await database.ExecuteAsync(
            """
            update application_keys set signing_secret = (select signing_secret from application_keys where application_id = 'reader')
            where application_id = 'writer'
            """);

        Assert.NotNull((await database.Store.ReadAsync("reader", CancellationToken.None))!.Keys[0].SigningSecret);
        Assert.Null((await database.Store.ReadAsync("writer", CancellationToken.None))!.Keys[0].SigningSecret);
    }

    [Fact]
    public async Task Under_another_key_signing_secrets_are_missing_and_said_to_be_and_API_keys_go_on()
    {
        await using var database = await GatewayDatabase.CreateAsync();
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        var other = RandomNumberGenerator.GetBytes(SealedBox.KeySize);
        var log = new ErrorLog();
        using var updates = new ApplicationUpdates(database.StoreWith(other), Settings(), TimeProvider.System, log);
        var directory = new ApplicationDirectory();
        updates.Follow(directory.Take);

        await updates.RefreshAsync(CancellationToken.None);
        await database.AddAsync("another", ["fck_another-789abcdefghijklmnopqrstuvwxyz0123456"], ["operations"]);
        await updates.RefreshAsync(CancellationToken.None);

        var found = directory.FindApiKey(RunningGateway.ReadKey);
        Assert.Equal("reader", found?.Application.Id);
        Assert.Null(directory.Current.FindKey(found!.Value.Key.Id)!.Value.Key.SigningSecret);
        // Once a key, not with every change.
        Assert.Equal(5 + 1, log.Errors.Count(line => line.Contains("FLASHCALL_GATEWAY__SECRETSKEY", StringComparison.Ordinal)));
        Assert.Single(
            log.Errors, line => line.Contains($"key {found.Value.Key.Id} of the application reader", StringComparison.Ordinal));

        await using var gateway = await RunningGateway.StartAsync(
            database, [upstream.Address], $"--Gateway:SecretsKey={Convert.ToBase64String(other)}");
        Assert.Equal(HttpStatusCode.OK, await CallAsync(gateway, RunningGateway.ReadKey));
        var keys = await Admin.ReadAsync(await new Admin(gateway).GetAsync("/v1/applications/reader/keys"));
        Assert.Contains("another key", keys.GetProperty("items")[0].GetProperty("problem").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_later_release_wrote_is_refused_and_the_others_go_on()
    {
        await using var database = await GatewayDatabase.CreateAsync();
        await database.ExecuteAsync("""update applications set document = document || '{"minimumAuthorization":"certified"}' where id = 'reader'""");
        await database.ExecuteAsync("""update applications set document = document || '{"scopes":{"all":true}}' where id = 'operator'""");
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await using var gateway = await RunningGateway.StartAsync(database, [upstream.Address]);

        Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync(gateway, RunningGateway.ReadKey));
        Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync(gateway, RunningGateway.OperatorKey));
        Assert.Equal(HttpStatusCode.OK, await CallAsync(gateway, RunningGateway.Key));
        var admin = new Admin(gateway);
        var shown = await Admin.ReadAsync(await admin.GetAsync("/v1/applications/operator"));
        Assert.Contains("does not understand", shown.GetProperty("problem").GetString(), StringComparison.Ordinal);
        await admin.PutAsync("/v1/applications/operator", new { name = "Operator", scopes = (string[])["verifications:read"] });
        Assert.Equal(HttpStatusCode.OK, await CallAsync(gateway, RunningGateway.OperatorKey));
    }

    [Fact]
    public async Task A_gateway_without_its_database_is_up_and_not_ready_and_later_goes_on_with_what_it_knows()
    {
        await using var database = await GatewayDatabase.CreateAsync();
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        await database.ExecuteAsync("alter table application_changes rename to application_changes_away");
        await using var gateway = await RunningGateway.StartAsync(database, [upstream.Address]);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, "/health/live"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(gateway, "/health/ready"));
        using (var response = await gateway.SendAsync(HttpMethod.Get, "/v1/verifications/1"))
        {
            // Not 401: a client would throw its good key away.
            Assert.Equal("unavailable", (await Problem.OfAsync(response)).Code);
            Assert.NotNull(response.Headers.RetryAfter);
        }

        await database.ExecuteAsync("alter table application_changes_away rename to application_changes");
        await BecomesAsync(gateway, RunningGateway.Key, HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, "/health/ready"));

        await database.ExecuteAsync("alter table application_changes rename to application_changes_away");
        Assert.Equal(HttpStatusCode.OK, await CallAsync(gateway, RunningGateway.Key));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, "/health/ready"));
    }

    [Fact]
    public async Task A_gateway_whose_database_server_does_not_answer_is_degraded_and_not_taken_out()
    {
        await using var upstream = await Upstream.StartAsync(RunningGateway.PublicKey);
        using var down = new RefusingAddress();
        await using var gateway = await RunningGateway.StartAsync(
            [upstream.Address], [$"--Postgres=Host=127.0.0.1;Port={down.Address.Port};Username=nobody"]);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(gateway, "/health/ready"));
        using var health = await gateway.SendAsync(HttpMethod.Get, "/health/ready", key: null);
        var checks = await Admin.ReadAsync(health, HttpStatusCode.ServiceUnavailable);
        Assert.Equal(
            ("degraded", "unhealthy"),
            (checks.GetProperty("checks").GetProperty("postgres").GetProperty("status").GetString(),
                checks.GetProperty("checks").GetProperty("applications").GetProperty("status").GetString()));
    }

    [Fact]
    public async Task Gateways_know_how_many_they_are()
    {
        await using var database = await GatewayDatabase.CreateAsync();
        var time = new FakeTimeProvider();
        LiveReplicas Replica(string name) => new(database.Data, new ServiceIdentity("gateway", name), time, NullLogger<LiveReplicas>.Instance);
        using var one = Replica("one");
        using var two = Replica("two");

        Assert.Equal(1, one.Count);
        await one.BeatAsync(CancellationToken.None);
        await two.BeatAsync(CancellationToken.None);
        await one.BeatAsync(CancellationToken.None);
        Assert.Equal((2, 2), (one.Count, two.Count));

        // The database away, the last count stays.
        await database.ExecuteAsync("alter table gateway_replicas rename to gateway_replicas_away");
        await one.BeatAsync(CancellationToken.None);
        Assert.Equal(2, one.Count);
        await database.ExecuteAsync("alter table gateway_replicas_away rename to gateway_replicas");

        // One that dies counts for ten seconds, one that ends not at all.
        await database.ExecuteAsync("update gateway_replicas set alive_until = now() - interval '1 second' where instance = 'two'");
        await one.BeatAsync(CancellationToken.None);
        Assert.Equal(1, one.Count);
        await two.BeatAsync(CancellationToken.None);
        await two.StopAsync(CancellationToken.None);
        await one.BeatAsync(CancellationToken.None);
        Assert.Equal(1, one.Count);
    }

    private static GatewaySettings Settings() => GatewaySettings.Read(
        new ConfigurationBuilder().AddCommandLine(RunningGateway.Settings(Nowhere)).Build());

    /// <summary>All rows of all tables, as text; bytes in hexadecimal.</summary>
    private static async Task<string> CopyAsync(NpgsqlDataSource data)
    {
        var tables = new List<string>();
        await using (var list = data.CreateCommand("select quote_ident(table_name) from information_schema.tables where table_schema = 'public'"))
        await using (var reader = await list.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                tables.Add(reader.GetString(0));
        }
        var copy = new StringBuilder();
        foreach (var table in tables)
        {
            await using var connection = await data.OpenConnectionAsync();
            using var export = await connection.BeginTextExportAsync($"copy {table} to stdout");
            copy.Append(await export.ReadToEndAsync());
        }
        return copy.ToString();
    }

    private static Task BecomesAsync(RunningGateway gateway, string apiKey, HttpStatusCode status) => Eventually.TrueAsync(
        async () => await CallAsync(gateway, apiKey) == status, $"the key is answered {(int)status}", Soon);

    private static async Task<HttpStatusCode> CallAsync(RunningGateway gateway, string apiKey) =>
        await StatusAsync(gateway, "/v1/verifications/1", apiKey);

    private static async Task<HttpStatusCode> StatusAsync(RunningGateway gateway, string path, string? apiKey = null)
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, path, apiKey);
        return response.StatusCode;
    }

    /// <summary>Keeps the errors that are logged.</summary>
    private sealed class ErrorLog : ILogger<ApplicationUpdates>
    {
        public List<string> Errors { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Error)
                Errors.Add(formatter(state, exception));
        }
    }
}
