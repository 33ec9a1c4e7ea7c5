using System.Net;
using FlashCall.Testing;
using Npgsql;
using Xunit;

namespace FlashCall.Hosting.Tests;

public sealed class DatabaseTests(ServersFixture servers)
{
    /// <summary>A prefix of its own for each test, below the assembly's, so that the database is fresh.</summary>
    private readonly string _prefix = $"{servers.DatabasePrefix}{Guid.NewGuid().ToString("N")[..6]}_";

    [Fact]
    public async Task Replicas_that_prepare_at_once_create_one_database_and_run_each_script_once()
    {
        var codes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(PrepareAsync)));
        Assert.All(codes, code => Assert.Equal(0, code));
        Assert.Equal(2L, await QueryAsync("select count(*) from notes"));
        Assert.Equal(0, await PrepareAsync());
        Assert.Equal(3L, await QueryAsync("select count(*) from schemaversions"));
        Assert.Equal(1L, await QueryAsync("select count(*) from pg_class where relname = 'notes_newest'"));
    }

    [Fact]
    public async Task A_script_that_fails_leaves_nothing_behind_and_fails_the_preparation()
    {
        await using (var server = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = "postgres", Pooling = false }))
        await using (var create = server.CreateCommand($"create database \"{_prefix}notes\""))
            await create.ExecuteNonQueryAsync();
        await QueryAsync("create table notes (id int, other text not null)");
        Assert.Equal(1, await PrepareAsync());
        Assert.Equal(0L, await QueryAsync("select count(*) from notes"));
        // The reason gone, the next start does it.
        await QueryAsync("drop table notes");
        Assert.Equal(0, await PrepareAsync());
        Assert.Equal(2L, await QueryAsync("select count(*) from notes"));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_fails_the_preparation() =>
        Assert.Equal(1, await PlatformHost.RunAsync(
            [PlatformHost.PrepareArgument, "--Postgres=Host=127.0.0.1;Port=1;Username=u;Password=secret;Timeout=2"], Build));

    [Fact]
    public async Task A_service_is_ready_when_its_database_answers()
    {
        string[] down = ["--Postgres=Host=127.0.0.1;Port=1;Username=u;Timeout=2", "--urls=http://127.0.0.1:0",
            "--Logging:LogLevel:Default=None"];
        await using (var running = await RunningApp.StartAsync(Build(down)))
        {
            Assert.Equal(HttpStatusCode.OK, (await running.Client.GetAsync("/health/live")).StatusCode);
            var ready = await running.Client.GetAsync("/health/ready");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Contains("FLASHCALL_POSTGRES", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        await PrepareAsync();
        await using (var running = await RunningApp.StartAsync(Build([.. servers.Arguments, $"--DatabasePrefix={_prefix}"])))
            Assert.Equal(HttpStatusCode.OK, (await running.Client.GetAsync("/health/ready")).StatusCode);
    }

    [Fact]
    public async Task A_service_is_not_ready_before_its_schema_is_and_stays_ready_under_a_later_one()
    {
        await PrepareAsync();
        await QueryAsync("delete from schemaversions where scriptname like '%0002%'");
        await using var running = await RunningApp.StartAsync(Build([.. servers.Arguments, $"--DatabasePrefix={_prefix}"]));
        var behind = await running.Client.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, behind.StatusCode);
        Assert.Contains("0002-more-notes.sql has not run yet", await behind.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        await QueryAsync("delete from notes where id = 2");
        Assert.Equal(0, await PrepareAsync());
        await QueryAsync("insert into schemaversions (scriptname, applied) values ('0003-of-a-later-release.sql', now())");
        Assert.Equal(HttpStatusCode.OK, (await running.Client.GetAsync("/health/ready")).StatusCode);
    }

    private static Microsoft.AspNetCore.Builder.WebApplication Build(string[] args)
    {
        var builder = PlatformHost.CreateBuilder(args, "test");
        builder.AddDatabase("notes", typeof(DatabaseTests).Assembly);
        return builder.Build().UsePlatformDefaults();
    }

    private Task<int> PrepareAsync() =>
        PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. servers.Arguments, $"--DatabasePrefix={_prefix}"], Build);

    private async Task<object?> QueryAsync(string sql)
    {
        await using var data = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = _prefix + "notes", Pooling = false });
        await using var command = data.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
