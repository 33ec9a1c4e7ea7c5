using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;
using FlashCall.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests.Trunks;

public sealed class TrunkDirectoryTests(ServersFixture servers) : IAsyncLifetime
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(SealedBox.KeySize);
    private readonly FakeTimeProvider _time = new();
    private DialerDatabase? _database;

    private TrunkStore Store => StoreWith(Key);

    public async ValueTask InitializeAsync() => _database = await DialerDatabase.CreateAsync(servers);

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Fact]
    public async Task While_the_database_is_away_the_last_view_stays_and_then_the_newest_comes()
    {
        using var directory = Directory(Store);
        await PutAsync("carrier", """{ "addresses": ["one"] }""");
        await directory.StartAsync(CancellationToken.None);
        await ExecuteAsync("alter table trunks rename to trunks_away");

        await directory.RefreshAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(5));
        await directory.RefreshAsync(CancellationToken.None);
        Assert.Equal(["one"], directory.Current.Trunks["carrier"].Addresses);

        await ExecuteAsync("alter table trunks_away rename to trunks");
        await PutAsync("carrier", """{ "addresses": ["two"] }""");
        await directory.RefreshAsync(CancellationToken.None);
        Assert.Equal(["two"], directory.Current.Trunks["carrier"].Addresses);
        await directory.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_start_without_the_database_is_made_up_for()
    {
        await ExecuteAsync("alter table trunks rename to trunks_away");
        using var directory = Directory(Store, Documents.Read("""{ "addresses": ["one"] }"""));
        await directory.StartAsync(CancellationToken.None);
        var waiting = directory.CurrentAsync(CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.Equal("Unhealthy", (await directory.CheckHealthAsync(null!)).Status.ToString());

        await ExecuteAsync("alter table trunks_away rename to trunks");
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return waiting.IsCompleted;
        }, "the trunks are read");

        Assert.Equal(["one"], (await waiting).Trunks["carrier"].Addresses);
        Assert.Equal("Healthy", (await directory.CheckHealthAsync(null!)).Status.ToString());
        await directory.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Followers_get_each_view_in_order_and_the_newest_at_once()
    {
        using var directory = Directory(Store);
        var early = new List<long>();
        var late = new List<long>();
        directory.Follow(view => early.Add(view.Version));
        await PutAsync("carrier", """{ "addresses": ["one"] }""");
        await directory.RefreshAsync(CancellationToken.None);
        await directory.RefreshAsync(CancellationToken.None);
        directory.Follow(view => late.Add(view.Version));
        await PutAsync("carrier", """{ "addresses": ["two"] }""");
        await directory.RefreshAsync(CancellationToken.None);

        Assert.Equal([1, 2], early);
        Assert.Equal([1, 2], late);
    }

    [Fact]
    public async Task What_cannot_be_decrypted_or_understood_is_left_out_and_the_others_go_on()
    {
        await PutAsync("plain", """{ "addresses": ["h"] }""");
        await PutAsync("secret", """{ "addresses": ["h"], "credentials": { "username": "u", "password": "p" } }""");
        await PutAsync("later", """{ "addresses": ["h"] }""");
        await PutAsync("much-later", """{ "addresses": ["h"] }""");
        await ExecuteAsync("""update trunks set document = '{ "addresses": ["h"], "transport": "quic" }' where name = 'later'""");
        await ExecuteAsync("""update trunks set document = '{ "addresses": { "first": "h" } }' where name = 'much-later'""");

        using var right = Directory(Store);
        using var without = Directory(StoreWith(null));
        using var other = Directory(StoreWith(RandomNumberGenerator.GetBytes(SealedBox.KeySize)));
        foreach (var directory in (TrunkDirectory[])[right, without, other])
            await directory.RefreshAsync(CancellationToken.None);

        Assert.Equal(["plain", "secret"], right.Current.Trunks.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["plain"], without.Current.Trunks.Keys);
        Assert.Equal(["plain"], other.Current.Trunks.Keys);
    }

    [Fact]
    public async Task A_dialer_without_the_key_says_so_and_takes_no_secrets()
    {
        await using var platform = await TestPlatform.StartAsync(servers);
        await using var dialer = await DialerReplica.StartAsync(platform, new Dictionary<string, string> { ["plain"] = "127.0.0.1:5080" });
        using var client = Operator.Client(dialer.Http);

        using var refused = await client.PutAsJsonAsync(
            "/v1/trunks/secret", new { addresses = (string[])["h"], credentials = new { username = "u", password = "p" } });
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("secrets_key_missing", problem.GetProperty("code").GetString());
        var error = problem.GetProperty("errors").GetProperty("credentials.password")[0].GetString();
        Assert.Contains("FLASHCALL_DIALER__SECRETSKEY", error, StringComparison.Ordinal);

        // Another replica had the key when this one was put.
        await using (var data = platform.OpenDatabase())
        {
            await PutAsync(
                new TrunkStore(data, new SecretBox(Key)), "secret",
                """{ "addresses": ["h"], "credentials": { "username": "u", "password": "p" } }""");
        }
        var shown = await client.GetFromJsonAsync<JsonElement>("/v1/trunks/secret");
        Assert.Contains("FLASHCALL_DIALER__SECRETSKEY", shown.GetProperty("problem").GetString(), StringComparison.Ordinal);
        using var kept = await client.PutAsJsonAsync(
            "/v1/trunks/secret", new { addresses = (string[])["h"], credentials = new { username = "u" } });
        Assert.Equal(HttpStatusCode.Conflict, kept.StatusCode);
        using var without = await client.PutAsJsonAsync("/v1/trunks/secret", new { addresses = (string[])["h"] });
        Assert.Equal(HttpStatusCode.OK, without.StatusCode);
    }

    [Fact]
    public async Task A_call_goes_over_a_trunk_that_was_put_a_moment_ago()
    {
        await using var peer = new SipPeer();
        await using var platform = await TestPlatform.StartAsync(servers);
        await using var dialer = await DialerReplica.StartAsync(platform, new Dictionary<string, string>());
        using var client = Operator.Client(dialer.Http);
        (await client.PutAsJsonAsync("/v1/trunks/new", new { addresses = (string[])[peer.Address] })).Dispose();

        var call = Commands.Place("new");
        await platform.SendAsync(call);

        Assert.Equal(CallDisposition.Rang, (await platform.EndOfAsync(call)).Disposition);
        Assert.Single(peer.Invites);
    }

    private TrunkStore StoreWith(byte[]? key) => new(_database!.Data, new SecretBox(key));

    private TrunkDirectory Directory(TrunkStore store, params TrunkDocument[] settings) => new(
        store,
        new SettingsTrunks(new DialerSettings { Trunks = settings }, store, NullLogger<SettingsTrunks>.Instance),
        _time,
        NullLogger<TrunkDirectory>.Instance);

    private Task PutAsync(string name, string json) => PutAsync(Store, name, json);

    private static Task PutAsync(TrunkStore store, string name, string json) =>
        store.ChangeAsync(name, "operator", _ => new TrunkStep.Put(Documents.Read(json, name)), CancellationToken.None);

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _database!.Data.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
