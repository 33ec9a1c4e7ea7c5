using System.Globalization;
using System.Text.Json.Nodes;
using FlashCall.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>What a client is told while the database cannot do its part, from a service on a real one.</summary>
public sealed class OutageTests(ServersFixture servers)
{
    private readonly string _prefix = $"{servers.DatabasePrefix}{Guid.NewGuid().ToString("N")[..6]}_";

    [Theory]
    [InlineData("53100")] // disk_full
    [InlineData("53200")] // out_of_memory
    [InlineData("53300")] // too_many_connections
    [InlineData("53400")] // configuration_limit_exceeded
    [InlineData("57P01")] // admin_shutdown
    [InlineData("57P02")] // crash_shutdown
    [InlineData("57P03")] // cannot_connect_now
    [InlineData("58030")] // io_error
    [InlineData("08006")] // connection_failure
    [InlineData("25006")] // read_only_sql_transaction
    public async Task What_passes_by_itself_is_unavailable_and_nothing_is_half_done(string state)
    {
        await using var running = await StartAsync();
        using var response = await running.Client.PostAsync($"/fail/{state}", content: null);
        await AssertUnavailableAsync(response);
        Assert.Equal("2", await running.Client.GetStringAsync("/notes"));
        Assert.Contains("degraded", await running.Client.GetStringAsync("/health/ready"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("42601")] // syntax_error
    [InlineData("23505")] // unique_violation
    public async Task What_is_wrong_with_a_statement_is_an_error_of_ours(string state)
    {
        await using var running = await StartAsync();
        using var response = await running.Client.PostAsync($"/fail/{state}", content: null);
        Assert.Equal(500, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_pool_without_a_free_connection_is_unavailable_until_one_is_free()
    {
        await using var running = await StartAsync("Maximum Pool Size=1;Timeout=1");
        var data = (NpgsqlDataSource)running.App.Services.GetService(typeof(NpgsqlDataSource))!;
        await using (await data.OpenConnectionAsync())
        {
            using var response = await running.Client.PostAsync("/notes", content: null);
            var problem = await AssertUnavailableAsync(response);
            // No connection, nothing done: no doubt about it.
            Assert.DoesNotContain("may have been", (string?)problem["detail"], StringComparison.Ordinal);
        }
        Assert.Equal("2", await running.Client.GetStringAsync("/notes"));
    }

    [Fact]
    public async Task A_server_without_a_free_connection_is_unavailable_until_it_has_one()
    {
        var role = $"{_prefix}crowded";
        await using (var running = await StartAsync())
        {
            await ExecuteAsync($"create role \"{role}\" login password 'crowded' connection limit 0");
            await ExecuteAsync($"grant select on notes to \"{role}\"", _prefix + "notes");
        }
        try
        {
            await using var running = await StartAsync($"Username={role};Password=crowded");
            using (var response = await running.Client.GetAsync("/notes"))
                await AssertUnavailableAsync(response);
            Assert.Contains("too_many_connections", await ReadyAsync(running), StringComparison.Ordinal);
            await ExecuteAsync($"alter role \"{role}\" connection limit 5");
            Assert.Equal("2", await running.Client.GetStringAsync("/notes"));
        }
        finally
        {
            await ExecuteAsync($"drop owned by \"{role}\"", _prefix + "notes");
            await ExecuteAsync($"drop role \"{role}\"");
        }
    }

    [Fact]
    public async Task A_database_that_is_not_there_yet_is_unavailable_until_it_is_prepared()
    {
        await using var running = await RunningApp.StartAsync(Build(Arguments()));
        using (var response = await running.Client.GetAsync("/notes"))
            await AssertUnavailableAsync(response);
        Assert.Contains("prepare", await ReadyAsync(running), StringComparison.Ordinal);
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. Arguments()], Build));
        Assert.Equal("2", await running.Client.GetStringAsync("/notes"));
    }

    [Fact]
    public async Task A_server_that_is_away_is_unavailable()
    {
        await using var running = await RunningApp.StartAsync(Build([.. Arguments(), "--Postgres=Host=127.0.0.1;Port=1;Username=u;Timeout=2"]));
        using var response = await running.Client.GetAsync("/notes");
        await AssertUnavailableAsync(response);
    }

    [Theory]
    [InlineData("key-1", "Idempotency-Key")]
    [InlineData(null, "Look up")]
    public async Task A_connection_that_breaks_leaves_in_doubt_what_was_done_and_says_what_to_do(string? key, string said)
    {
        await using var running = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/cut");
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var response = await running.Client.SendAsync(request);
        var problem = await AssertUnavailableAsync(response);
        Assert.Contains("may have been carried out", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Contains(said, (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_has_left_meanwhile_is_no_error_more()
    {
        using var errors = new ErrorLog();
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var leaving = new CancellationTokenSource();
        var builder = PlatformHost.CreateBuilder(["--urls=http://127.0.0.1:0"], "test");
        builder.Logging.ClearProviders().AddProvider(errors);
        var app = builder.Build().UsePlatformDefaults();
        app.MapGet("/left", async (HttpContext context) =>
        {
            context.Response.OnCompleted(() =>
            {
                over.SetResult();
                return Task.CompletedTask;
            });
            var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var _ = context.RequestAborted.Register(left.SetResult);
            await leaving.CancelAsync();
            await left.Task;
            throw new NpgsqlException("reset", new IOException());
        });
        await using var running = await RunningApp.StartAsync(app);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.Client.GetAsync("/left", leaving.Token));
        await over.Task.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.StartsWith("Requests are answered 503", Assert.Single(errors.Entries).Message, StringComparison.Ordinal);
    }

    private static async Task<JsonNode> AssertUnavailableAsync(HttpResponseMessage response)
    {
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal((503, "unavailable"), ((int)response.StatusCode, (string?)problem["code"]));
        Assert.InRange(response.Headers.RetryAfter?.Delta?.TotalSeconds ?? 0, 1, 10);
        return problem;
    }

    private static async Task<string> ReadyAsync(RunningApp running)
    {
        using var response = await running.Client.GetAsync("/health/ready");
        Assert.Equal(503, (int)response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private async Task<RunningApp> StartAsync(string more = "")
    {
        Assert.Equal(0, await PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. Arguments()], Build));
        return await RunningApp.StartAsync(Build(Arguments(more)));
    }

    private string[] Arguments(string more = "") =>
        [.. servers.Arguments, $"--Postgres={servers.Postgres};{more}", $"--DatabasePrefix={_prefix}", "--Logging:LogLevel:Default=None"];

    private static WebApplication Build(string[] args)
    {
        var builder = PlatformHost.CreateBuilder(args, "test");
        builder.AddDatabase("notes", typeof(DatabaseTests).Assembly);
        var app = builder.Build().UsePlatformDefaults();
        app.MapGet("/notes", async (NpgsqlDataSource data) =>
        {
            await using var count = data.CreateCommand("select count(*) from notes");
            return Convert.ToString(await count.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
        });
        app.MapPost("/notes", (NpgsqlDataSource data) => WriteAsync(data, then: "select 1"));
        app.MapPost("/fail/{state}", (NpgsqlDataSource data, string state) =>
            WriteAsync(data, then: $"do $$ begin raise exception sqlstate '{state}'; end $$"));
        app.MapPost("/cut", (NpgsqlDataSource data) => WriteAsync(data, then: "select pg_terminate_backend(pg_backend_pid())"));
        return app;
    }

    private static async Task WriteAsync(NpgsqlDataSource data, string then)
    {
        await using var connection = await data.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var write = new NpgsqlCommand("insert into notes select max(id) + 1 from notes", connection, transaction))
            await write.ExecuteNonQueryAsync();
        await using (var next = new NpgsqlCommand(then, connection, transaction))
            await next.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    private async Task ExecuteAsync(string sql, string database = "postgres")
    {
        await using var data = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = database, Pooling = false });
        await using var command = data.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
