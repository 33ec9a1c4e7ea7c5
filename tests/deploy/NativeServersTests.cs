using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using FlashCall.Testing;
using Npgsql;
using RabbitMQ.Client;
using Xunit;

namespace FlashCall.Deploy.Tests;

/// <summary><c>deploy/local/servers</c> for real: each test has a folder and servers of its own.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class NativeServersTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string[] Databases = ["postgres", "other"];
    private readonly string _data = Path.Combine(Directory.CreateTempSubdirectory("flashcall-servers-").FullName, "data");

    private string Archive => Path.Combine(Path.GetDirectoryName(_data)!, "archive");

    public NativeServersTests()
    {
        Assert.SkipUnless(Directory.Exists("/usr/lib/postgresql") && File.Exists("/usr/lib/rabbitmq/bin/rabbitmq-server"),
            "PostgreSQL and RabbitMQ are not installed here: deploy/local/servers install");
        File.SetUnixFileMode(Path.GetDirectoryName(_data)!, (UnixFileMode)0b111_101_101);
    }

    public async ValueTask DisposeAsync()
    {
        await Script.RunAsync("stop", "--remove", "--data", _data);
        Directory.Delete(Path.GetDirectoryName(_data)!, recursive: true);
    }

    [Fact]
    public async Task Keep_data_and_addresses_whatever_ended_them_and_go_back_to_a_moment()
    {
        var first = await StartAsync();
        await ExecuteAsync(first, "create table kept (n int)");
        await CheckBrokerAsync(first);
        Assert.Equal(0, (await Script.RunAsync("status", "--data", _data)).ExitCode);

        // Running, they are found and nothing is started.
        Assert.Equal(first, await StartAsync());

        Kill(ProcessIdIn("rabbitmq.pid"));
        Kill(ProcessIdIn("postgres/postmaster.pid"));
        Assert.Equal(1, (await Script.RunAsync("status", "--data", _data)).ExitCode);
        Assert.Equal(first, await StartAsync());
        await ExecuteAsync(first, "insert into kept values (1)");
        await CheckBrokerAsync(first);

        // A backup, and back to a moment after it: all databases at once, at the same addresses.
        await ExecuteAsync(first, "create database other");
        await ExecuteAsync(first, "create table kept (n int)", "other");
        var backup = await Script.RunProcessAsync("env", $"FLASHCALL_POSTGRES={first.Postgres}", Backup("take"), "--to", Archive, "--keep", "1");
        Assert.True(backup.ExitCode == 0, backup.Error);
        foreach (var database in Databases)
            await ExecuteAsync(first, "insert into kept values (2)", database);
        var moment = await ExecuteAsync(first, "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
        foreach (var database in Databases)
            await ExecuteAsync(first, "insert into kept values (3)", database);
        Assert.Equal(0, (await Script.RunAsync("stop", "--data", _data)).ExitCode);
        Assert.Equal(1, (await Script.RunAsync("status", "--data", _data)).ExitCode);

        await AssertRefusedAsync("move the folder aside", moment);
        Directory.Move(Path.Combine(_data, "postgres"), Path.Combine(_data, "before"));
        await AssertRefusedAsync("a time with its zone", "2026-11-23T14:05:00");
        await AssertRefusedAsync("the first was at", "2001-01-01T00:00:00Z");
        var restored = await RestoreAsync(moment);
        Assert.True(restored.ExitCode == 0, restored.Error);
        Assert.Equal(first, await StartAsync());
        Assert.Equal("1,2", await ExecuteAsync(first, "select string_agg(n::text, ',' order by n) from kept"));
        Assert.Equal("2", await ExecuteAsync(first, "select string_agg(n::text, ',' order by n) from kept", "other"));
        await ExecuteAsync(first, "insert into kept values (4)");
    }

    [Fact]
    public async Task Replace_folders_that_were_left_half_made()
    {
        Directory.CreateDirectory(Path.Combine(_data, "postgres", "base"));
        Directory.CreateDirectory(Path.Combine(_data, "rabbitmq", "mnesia"));

        var start = await Script.RunAsync("start", "--throw-away", "--data", _data);

        Assert.Equal(0, start.ExitCode);
        Assert.Contains("no whole database folder", start.Error, StringComparison.Ordinal);
        Assert.Contains("left half made", start.Error, StringComparison.Ordinal);
        var servers = Servers.Parse(start.Output);
        await ExecuteAsync(servers, "select 1");
        await CheckBrokerAsync(servers);
    }

    [Fact]
    public async Task Let_nobody_else_in_and_nobody_else_read_the_password()
    {
        var servers = await StartAsync();

        var wrong = new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = "postgres", Password = "wrong", Pooling = false };
        await using var connection = new NpgsqlConnection(wrong.ConnectionString);
        Assert.Equal("28P01", (await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync())).SqlState);
        var guest = new UriBuilder(servers.RabbitMq) { UserName = "guest", Password = "guest" };
        await Assert.ThrowsAsync<RabbitMQ.Client.Exceptions.BrokerUnreachableException>(() => new ConnectionFactory { Uri = guest.Uri }.CreateConnectionAsync());

        var password = new Uri(servers.RabbitMq).UserInfo.Split(':')[1];
        var listing = await Script.RunProcessAsync("grep", "-rlI", "--exclude-dir=base", password, _data);
        var files = listing.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(Path.Combine(_data, "env"), files);
        Assert.All(files, file => Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(file) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)));
    }

    [Fact]
    public async Task End_with_the_process_that_wanted_them_however_it_ended()
    {
        using var owner = Process.Start(new ProcessStartInfo("sleep", ["600"]) { UseShellExecute = false })!;
        var start = await Script.RunAsync("start", "--throw-away", "--data", _data, "--until", owner.Id.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(0, start.ExitCode);

        owner.Kill();
        await owner.WaitForExitAsync();

        await Eventually.TrueAsync(() => !Directory.Exists(_data), "the data folder is gone", Patience);
        await Eventually.TrueAsync(async () => !await AcceptsAsync(Servers.Parse(start.Output)), "the servers are gone", Patience);
    }

    private async Task<Servers> StartAsync()
    {
        var start = await Script.RunAsync("start", "--data", _data, "--archive", Archive);
        Assert.True(start.ExitCode == 0, start.Error);
        return Servers.Parse(start.Output);
    }

    private int ProcessIdIn(string file) => int.Parse(File.ReadLines(Path.Combine(_data, file)).First(), CultureInfo.InvariantCulture);

    private static void Kill(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
    }

    private static async Task<bool> AcceptsAsync(Servers servers)
    {
        using var client = new System.Net.Sockets.TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", new Uri(servers.RabbitMq).Port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private static string Backup(string script) => Path.Combine(Script.Repository, "deploy/backup", script);

    private Task<Script> RestoreAsync(string moment) => Script.RunProcessAsync(
        Backup("restore"), "--from", Archive, "--data", Path.Combine(_data, "postgres"), "--time", moment,
        "--wal", Path.Combine(_data, Directory.Exists(Path.Combine(_data, "before")) ? "before/pg_wal" : "postgres/pg_wal"));

    private async Task AssertRefusedAsync(string why, string moment)
    {
        var refused = await RestoreAsync(moment);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains(why, refused.Error, StringComparison.Ordinal);
    }

    private static async Task<string> ExecuteAsync(Servers servers, string sql, string database = "postgres")
    {
        await using var data = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = database, Pooling = false });
        await using var command = data.CreateCommand(sql);
        return await command.ExecuteScalarAsync() as string ?? "";
    }

    private static async Task CheckBrokerAsync(Servers servers)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(servers.RabbitMq) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueueDeclareAsync("a-quorum-queue", durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "quorum" });
    }

    private sealed partial record Servers(string Postgres, string RabbitMq)
    {
        public static Servers Parse(string output) => new(
            Settings().Match(output) is { Success: true } match ? match.Groups["postgres"].Value : throw new FormatException("No settings printed."),
            Settings().Match(output).Groups["rabbitmq"].Value);

        [GeneratedRegex("^export FLASHCALL_POSTGRES='(?<postgres>[^']*)'\nexport FLASHCALL_RABBITMQ='(?<rabbitmq>[^']*)'\n$", RegexOptions.ExplicitCapture, 1000)]
        private static partial Regex Settings();
    }
}
