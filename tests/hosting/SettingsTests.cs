using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>The environment belongs to the whole process, so these run beside nothing else.</summary>
[CollectionDefinition(nameof(SettingsTests), DisableParallelization = true)]
[Collection(nameof(SettingsTests))]
public sealed class SettingsTests : IDisposable
{
    private static readonly string[] Touched = ["FLASHCALL_SETTINGS", "FLASHCALL_TEST__VALUE", "FLASHCALL_POSTGRES", "FLASHCALL_RABBITMQ"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flashcall-settings-");

    private readonly Dictionary<string, string?> _before =
        Touched.ToDictionary(name => name, Environment.GetEnvironmentVariable, StringComparer.Ordinal);

    public SettingsTests()
    {
        foreach (var name in Touched)
            Environment.SetEnvironmentVariable(name, null);
    }

    public void Dispose()
    {
        foreach (var (name, value) in _before)
            Environment.SetEnvironmentVariable(name, value);
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Later_sources_win()
    {
        var file = Write("settings.json", """{ "Test": { "Value": "file", "InFile": "file" } }""");
        Environment.SetEnvironmentVariable("FLASHCALL_SETTINGS", file);
        Assert.Equal("file", Read()["Test:Value"]);
        Environment.SetEnvironmentVariable("FLASHCALL_TEST__VALUE", "environment");
        Assert.Equal("environment", Read()["Test:Value"]);
        Write("secrets/Test__Value", "secret");
        Assert.Equal("secret", Read($"--Secrets={_folder.FullName}/secrets")["Test:Value"]);
        var all = Read($"--Secrets={_folder.FullName}/secrets", "--Test:Value=argument");
        Assert.Equal(("argument", "file"), (all["Test:Value"], all["Test:InFile"]));
    }

    [Fact]
    public void A_settings_file_that_does_not_exist_is_named()
    {
        Environment.SetEnvironmentVariable("FLASHCALL_SETTINGS", "/nowhere/settings.json");
        var exception = Assert.Throws<SettingsException>(() => Read());
        Assert.Equal("FLASHCALL_SETTINGS", exception.Setting);
        Assert.Contains("/nowhere/settings.json", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secrets_folder_that_does_not_exist_is_named()
    {
        var exception = Assert.Throws<SettingsException>(() => Read("--Secrets=/nowhere/secrets"));
        Assert.Equal("FLASHCALL_SECRETS", exception.Setting);
    }

    [Fact]
    public async Task A_settings_file_that_is_no_json_ends_the_service_with_a_line()
    {
        Environment.SetEnvironmentVariable("FLASHCALL_SETTINGS", Write("settings.json", "{ \"Test\": "));
        Assert.Equal(1, await RunAsync());
        Assert.Contains("which is not JSON", Assert.Throws<SettingsException>(() => Read()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "is missing")]
    [InlineData("", "is missing")]
    [InlineData("localhost", "amqp://")]
    [InlineData("localhost:5672", "amqp://")]
    [InlineData("http://localhost:15672/", "amqp://")]
    public async Task Without_a_broker_s_address_the_service_does_not_start(string? address, string said)
    {
        string[] arguments = address is null ? [] : [$"--RabbitMq={address}"];
        var exception = Assert.Throws<SettingsException>(() => PlatformHost.CreateBuilder(arguments, "test").AddBus("test", _ => { }));
        Assert.Equal("FLASHCALL_RABBITMQ", exception.Setting);
        Assert.Contains(said, exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await RunAsync(arguments, builder => builder.AddBus("test", _ => { })));
    }

    [Theory]
    [InlineData(null, "is missing")]
    [InlineData("postgres://flashcall:secret@127.0.0.1/flashcall", "is not a connection string")]
    [InlineData("Host=127.0.0.1;Port=many;Password=secret", "is not a connection string")]
    [InlineData("Host=127.0.0.1;Passwort=secret", "is not a connection string")]
    public void Without_a_database_server_the_service_does_not_start(string? server, string said)
    {
        string[] arguments = server is null ? [] : [$"--Postgres={server}"];
        var exception = Assert.Throws<SettingsException>(() => PlatformHost.CreateBuilder(arguments, "test").AddDatabase("test"));
        Assert.Equal("FLASHCALL_POSTGRES", exception.Setting);
        Assert.Contains(said, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_has_a_database_of_its_own_and_few_connections()
    {
        var connection = new NpgsqlConnectionStringBuilder(Database.ConnectionString(Read("--Postgres=Host=db;Username=u"), "fraud"));
        Assert.Equal(("flashcall_fraud", "flashcall-fraud", 20), (connection.Database, connection.ApplicationName, connection.MaxPoolSize));
        Assert.Equal(30, new NpgsqlConnectionStringBuilder(
            Database.ConnectionString(Read("--Postgres=Host=db;MaxPoolSize=30"), "fraud")).MaxPoolSize);
        Assert.Equal(50, new NpgsqlConnectionStringBuilder(
            Database.ConnectionString(Read("--Postgres=Host=db;Maximum Pool Size=50"), "fraud")).MaxPoolSize);
        Assert.Equal("x_fraud", new NpgsqlConnectionStringBuilder(
            Database.ConnectionString(Read("--Postgres=Host=db", "--DatabasePrefix=x_"), "fraud")).Database);
    }

    [Theory]
    [InlineData("24:00:00", 24 * 60 * 60)]
    [InlineData("1.00:00:00", 24 * 60 * 60)]
    [InlineData("7.12:30:15", ((7 * 24) + 12) * 60 * 60 + 30 * 60 + 15)]
    [InlineData("00:10:00", 600)]
    [InlineData("00:10", 600)]
    [InlineData("0:00:01.5", 1.5)]
    [InlineData("100:00:00", 100 * 60 * 60)]
    public void A_duration_is_what_its_writer_meant(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("-00:10:00")]
    [InlineData("00:60:00")]
    [InlineData("00:00:60")]
    [InlineData("1.24:00:00")]
    [InlineData("00:10:00 ")]
    [InlineData("00:10:00\n")]
    [InlineData("1:2:3:4")]
    [InlineData("9999999:00:00")]
    public void What_is_no_duration_is_none(string? text)
    {
        Assert.False(Duration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.Zero, duration);
    }

    [Theory]
    [InlineData("24:00:00", "1.00:00:00")]
    [InlineData("00:00:00.02", "00:00:00.02")]
    [InlineData("00:00:10", "00:00:10")]
    [InlineData("3650.00:00:00", "3650.00:00:00")]
    public void A_duration_is_written_as_it_is_read(string text, string written)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(written, Duration.Write(duration));
        Assert.True(Duration.TryParse(written, out var again));
        Assert.Equal(duration, again);
    }

    private static ConfigurationManager Read(params string[] arguments) => PlatformHost.CreateBuilder(arguments, "test").Configuration;

    private static Task<int> RunAsync(string[]? arguments = null, Action<WebApplicationBuilder>? add = null) =>
        PlatformHost.RunAsync([PlatformHost.PrepareArgument, .. arguments ?? []], args =>
        {
            var builder = PlatformHost.CreateBuilder(args, "test");
            add?.Invoke(builder);
            return builder.Build();
        });

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
