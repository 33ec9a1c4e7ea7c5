using System.Security.Cryptography;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;
using FlashCall.Testing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FlashCall.Dialer.Tests.Trunks;

/// <summary>What a start makes of the trunks of the settings, with those that are in the database.</summary>
public sealed class SettingsTrunksTests(ServersFixture servers) : IAsyncLifetime
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(SealedBox.KeySize);
    private readonly Lines _log = new();
    private DialerDatabase? _database;

    private TrunkStore Store => new(_database!.Data, new SecretBox(Key));

    public async ValueTask InitializeAsync() => _database = await DialerDatabase.CreateAsync(servers);

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_new_trunk_is_added_once()
    {
        var document = Documents.Read(Documents.Whole);
        await StartAsync(document);
        var first = await TrunkAsync();
        Assert.Equal((TrunkState.Active, TrunkOrigin.Settings, null), (first.State, first.Origin, first.ChangedBy));
        Assert.True(TrunkStore.AreSame(document, first.Document));

        await StartAsync(document);
        Assert.Equal(first.Version, (await TrunkAsync()).Version);
    }

    [Fact]
    public async Task What_the_settings_wrote_they_may_change_and_its_state_stays()
    {
        await StartAsync(Documents.Read("""{ "addresses": ["one"] }"""));
        var first = await TrunkAsync();
        await Store.ChangeAsync("carrier", "operator", _ => new TrunkStep.SetState(TrunkState.Draining), CancellationToken.None);

        await StartAsync(Documents.Read("""{ "addresses": ["two"] }"""));

        var second = await TrunkAsync();
        Assert.True(second.Version > first.Version);
        Assert.Equal(["two"], second.Document.Addresses);
        Assert.Equal((TrunkState.Draining, TrunkOrigin.Settings), (second.State, second.Origin));
    }

    [Fact]
    public async Task A_secret_that_changed_is_a_change()
    {
        const string Trunk = """{ "addresses": ["h"], "credentials": { "username": "u", "password": "PASSWORD" } }""";
        await StartAsync(Documents.Read(Trunk));
        var first = await TrunkAsync();
        await StartAsync(Documents.Read(Trunk));
        Assert.Equal(first.Version, (await TrunkAsync()).Version);

        await StartAsync(Documents.Read(Trunk.Replace("PASSWORD", "another", StringComparison.Ordinal)));

        Assert.Equal("another", (await TrunkAsync()).ToTrunk()?.Credentials?.Password);
    }

    [Fact]
    public async Task What_the_api_changed_stays_as_the_api_left_it()
    {
        await StartAsync(Documents.Read("""{ "addresses": ["one"] }"""));
        var changed = Documents.Read("""{ "addresses": ["two"] }""");
        await Store.ChangeAsync("carrier", "operator", _ => new TrunkStep.Put(changed), CancellationToken.None);

        await StartAsync(Documents.Read("""{ "addresses": ["three"] }"""));

        var trunk = await TrunkAsync();
        Assert.Equal(["two"], trunk.Document.Addresses);
        Assert.Equal((TrunkOrigin.Api, "operator"), (trunk.Origin, trunk.ChangedBy));
        Assert.Single(_log.Said, line => line.Contains("Trunk carrier stays as operator put it", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_api_removed_does_not_come_back()
    {
        var document = Documents.Read("""{ "addresses": ["one"], "credentials": { "username": "u", "password": "p" } }""");
        await StartAsync(document);
        await Store.ChangeAsync("carrier", "operator", _ => new TrunkStep.Remove(), CancellationToken.None);

        await StartAsync(document);

        var trunk = await TrunkAsync();
        Assert.True(trunk.IsRemoved);
        Assert.Equal((null, TrunkSecrets.None), (trunk.Document.Addresses, trunk.Secrets));
        Assert.Single(_log.Said, line => line.Contains("Trunk carrier stays removed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_trunk_that_left_the_settings_stays_and_is_told_of()
    {
        await StartAsync(Documents.Read("""{ "addresses": ["one"] }"""));
        await StartAsync();
        Assert.Equal(TrunkState.Active, (await TrunkAsync()).State);
        Assert.Single(
            _log.Said, line => line.Contains("Trunk carrier came from the settings, which do not have it", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Replicas_that_start_at_once_write_each_trunk_once()
    {
        var documents = Enumerable.Range(0, 5).Select(number => Documents.Read(Documents.Whole, $"carrier-{number}")).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => StartAsync(documents)));
        Assert.Equal(5, (await Store.ReadAllAsync(CancellationToken.None)).Count);
        Assert.Equal(5, await Store.NewestVersionAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Secrets_are_encrypted_in_the_database()
    {
        var (certificate, key) = Documents.NewCertificate();
        await StartAsync(Documents.Read("""{ "addresses": ["h"], "transport": "tls" }""") with
        {
            Credentials = new TrunkDocument.CredentialsDocument { Username = "user", Password = new SecretText("hush-hush") },
            Tls = new TrunkDocument.TlsDocument { ClientCertificate = certificate, ClientKey = new SecretText(key) },
        });

        var trunk = (await TrunkAsync()).ToTrunk();
        Assert.Equal(("hush-hush", key), (trunk?.Credentials?.Password, trunk?.Tls?.ClientKey));
        await using var command = _database!.Data.CreateCommand("select trunks::text || encode(secrets, 'escape') from trunks");
        var row = (string)(await command.ExecuteScalarAsync())!;
        Assert.Contains("user", row, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", row, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", row, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", string.Join('\n', _log.Said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Versions_only_rise_however_many_change_at_once()
    {
        var seen = new List<long>();
        var names = Enumerable.Range(0, 20).Select(number => $"carrier-{number}").ToArray();
        var changes = Task.WhenAll(names.Select(name => Store.ChangeAsync(
            name, "operator", _ => new TrunkStep.Put(Documents.Read("""{ "addresses": ["h"] }""", name)), CancellationToken.None)));
        // Whoever sees a version sees all changes before it.
        do
        {
            var trunks = await Store.ReadAllAsync(CancellationToken.None);
            var newest = trunks.Select(trunk => trunk.Version).DefaultIfEmpty().Max();
            Assert.Equal(newest, trunks.Count);
            seen.Add(newest);
        }
        while (!changes.IsCompleted);
        await changes;
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(20, await Store.NewestVersionAsync(CancellationToken.None));
    }

    private Task StartAsync(params TrunkDocument[] documents) =>
        new SettingsTrunks(new DialerSettings { Trunks = documents }, Store, _log).ApplyAsync(CancellationToken.None);

    private async Task<StoredTrunk> TrunkAsync() => (await Store.ReadAsync("carrier", CancellationToken.None))!;

    /// <summary>What the log says.</summary>
    private sealed class Lines : ILogger<SettingsTrunks>
    {
        private readonly List<string> _said = [];

        public IReadOnlyList<string> Said
        {
            get
            {
                lock (_said)
                    return [.. _said];
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_said)
                _said.Add(formatter(state, exception));
        }
    }
}
