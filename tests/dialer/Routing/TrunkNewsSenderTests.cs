using System.Collections.Concurrent;
using System.Security.Cryptography;
using FlashCall.Contracts;
using FlashCall.Dialer.Routing;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Dialer.Tests.Trunks;
using FlashCall.Dialer.Trunks;
using FlashCall.Hosting;
using FlashCall.Testing;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RabbitMQ.Client;
using Xunit;

namespace FlashCall.Dialer.Tests.Routing;

/// <summary>What the number pool is told of the trunks, and when, over the real broker and a clock that the test moves.</summary>
public sealed class TrunkNewsSenderTests(ServersFixture servers) : IAsyncLifetime
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly ConcurrentQueue<TrunkNews> _news = new();
    private readonly string _prefix = $"{servers.BusPrefix}{Guid.NewGuid().ToString("N")[..6]}-";
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(SealedBox.KeySize);
    private DialerDatabase? _database;
    private WebApplication? _bus;
    private LimitedReplica? _replica;
    private TrunkDirectory? _directory;
    private TrunkConditions? _conditions;
    private TrunkNewsSender? _sender;

    private TrunkStore Store => new(_database!.Data, new SecretBox(_key));

    private string Queue => _prefix + Queues.NumberPool;

    public async ValueTask InitializeAsync()
    {
        _database = await DialerDatabase.CreateAsync(servers);
        var builder = PlatformHost.CreateBuilder([.. servers.Arguments, $"--BusPrefix={_prefix}"], "dialer");
        builder.AddBus(queue: null, _ => { });
        builder.Services.AddOptions<MassTransitHostOptions>().Configure(host => host.WaitUntilStarted = true);
        _bus = builder.Build();
        await _bus.StartAsync();
        _replica = new LimitedReplica(_database.Data);
        _conditions = new TrunkConditions(_replica.Metrics, _time, NullLogger<TrunkConditions>.Instance);
        _directory = new TrunkDirectory(
            Store, new SettingsTrunks(new DialerSettings(), Store, NullLogger<SettingsTrunks>.Instance), _time, NullLogger<TrunkDirectory>.Instance);
        _sender = new TrunkNewsSender(
            _directory, _conditions, _bus.Services.GetRequiredService<Messenger>(), _time, NullLogger<TrunkNewsSender>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        if (_sender is not null)
            await _sender.StopAsync(CancellationToken.None);
        _sender?.Dispose();
        _directory?.Dispose();
        if (_replica is not null)
            await _replica.DisposeAsync();
        if (_bus is not null)
            await _bus.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
        await using var connection = await new ConnectionFactory { Uri = new Uri(servers.RabbitMq) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueueDeleteAsync(Queue);
        await channel.ExchangeDeleteAsync(Queue);
    }

    [Fact]
    public async Task Each_change_is_told_whole_and_in_order()
    {
        await ListenAsync();
        await PutAsync("b", """{ "addresses": ["one"], "destinations": [{ "prefix": "+4670" }, { "prefix": "+44" }] }""");
        await PutAsync("a", """{ "addresses": ["two"] }""");
        await StartAsync();
        await UntilAsync("a up everywhere, b up +44 +4670");

        foreach (var _ in Enumerable.Range(0, 3))
            _conditions!.Report("b", new TrunkOutcome.Failed(), _time.GetUtcNow());
        await UntilAsync("a up everywhere, b down +44 +4670");
        // Its time out is over: the call that finds out needs a number.
        await UntilAsync("a up everywhere, b up +44 +4670");

        await PutAsync("b", """{ "addresses": ["one"], "destinations": [{ "prefix": "+44" }] }""");
        await UntilAsync("a up everywhere, b up +44");
        await Store.ChangeAsync("a", "test", _ => new TrunkStep.SetState(TrunkState.Draining), CancellationToken.None);
        await RefreshAsync();
        await UntilAsync("a down everywhere, b up +44");

        Assert.Single(_news.Select(news => news.Replica).Distinct());
        Assert.Equal(_news.Select(news => news.At).Order(), _news.Select(news => news.At));
    }

    [Fact]
    public async Task Without_a_change_it_is_told_again_after_thirty_seconds_and_not_before()
    {
        await ListenAsync();
        await PutAsync("a", """{ "addresses": ["one"] }""");
        await StartAsync();
        await UntilAsync("a up everywhere");

        foreach (var told in new[] { 1, 2 })
        {
            var last = Assert.Single(_news.Skip(told - 1)).At;
            // The clock stands still from here on: however late the sender looks, it has to tell now.
            while (_time.GetUtcNow() < last + TrunkNewsSender.TellEvery + Look)
                _time.Advance(Look);
            await Eventually.TrueAsync(() => _news.Count > told, "the next news");
        }

        var times = _news.Select(news => news.At).ToList();
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.Second - pair.First >= TrunkNewsSender.TellEvery));
    }

    [Fact]
    public async Task What_could_not_be_sent_is_told_as_it_is_by_then()
    {
        await PutAsync("a", """{ "addresses": ["one"] }""");
        await StartAsync();
        // The pool has never run: there is no queue, and the broker gives every message back.
        for (var looks = 0; looks < 20; looks++)
            _time.Advance(Look);
        await PutAsync("b", """{ "addresses": ["two"] }""");
        Assert.Empty(_news);

        await ListenAsync();
        await UntilAsync("a up everywhere, b up everywhere");
    }

    [Fact]
    public async Task Before_the_trunks_are_known_and_after_the_stop_nothing_is_told()
    {
        await ListenAsync();
        await PutAsync("a", """{ "addresses": ["one"] }""");
        await _sender!.StartAsync(CancellationToken.None);
        for (var looks = 0; looks < 500; looks++)
            _time.Advance(Look);
        await RefreshAsync();
        await UntilAsync("a up everywhere");
        Assert.All(_news, news => Assert.Single(news.Trunks));

        await _sender.StopAsync(CancellationToken.None);
        var told = _news.Count;
        await Store.ChangeAsync("a", "test", _ => new TrunkStep.SetState(TrunkState.Draining), CancellationToken.None);
        await RefreshAsync();
        for (var looks = 0; looks < 500; looks++)
            _time.Advance(Look);
        Assert.True(_sender.ExecuteTask!.IsCompleted, "Nobody is left to tell anything.");
        Assert.Equal(told, _news.Count);
    }

    [Theory]
    [InlineData(Admission.All, Reachability.Up, true)]
    [InlineData(Admission.All, Reachability.Unknown, true)]
    [InlineData(Admission.All, Reachability.Down, true)]
    [InlineData(Admission.One, Reachability.Up, true)]
    [InlineData(Admission.One, Reachability.Unknown, true)]
    [InlineData(Admission.One, Reachability.Down, false)]
    [InlineData(Admission.None, Reachability.Up, false)]
    [InlineData(Admission.None, Reachability.Down, false)]
    internal void A_trunk_is_usable_when_its_breaker_lets_calls_through(Admission admission, Reachability reachability, bool usable)
    {
        var seen = TrunkNewsSender.Look([Routing.Trunks.Named("a")], _ => new Dialer.Routing.TrunkCondition(admission, reachability));

        Assert.Equal(usable, Assert.Single(seen).Usable);
    }

    private async Task StartAsync()
    {
        await RefreshAsync();
        await _sender!.StartAsync(CancellationToken.None);
    }

    private Task RefreshAsync() => _directory!.RefreshAsync(CancellationToken.None);

    private async Task PutAsync(string name, string document)
    {
        await Store.ChangeAsync(name, "test", _ => new TrunkStep.Put(Documents.Read(document, name)), CancellationToken.None);
        if (_directory!.Current.Version > 0)
            await RefreshAsync();
    }

    /// <summary>The number pool's side.</summary>
    private async Task ListenAsync()
    {
        var handle = _bus!.Services.GetRequiredService<IBusControl>().ConnectReceiveEndpoint(Queue, endpoint =>
        {
            endpoint.ConfigureConsumeTopology = false;
            ((IRabbitMqReceiveEndpointConfigurator)endpoint).SetQuorumQueue();
            endpoint.ConcurrentMessageLimit = 1;
            endpoint.Handler<TrunkNews>(context =>
            {
                _news.Enqueue(context.Message);
                return Task.CompletedTask;
            });
        });
        await handle.Ready;
    }

    private Task UntilAsync(string expected) =>
        Eventually.TrueAsync(() => Advanced(_news.LastOrDefault() is { } last && Text(last) == expected), $"the pool is told: {expected}");

    private bool Advanced(bool found)
    {
        if (!found)
            _time.Advance(Look);
        return found;
    }

    private static string Text(TrunkNews news) => string.Join(", ", news.Trunks.Select(trunk =>
        $"{trunk.Name} {(trunk.Usable ? "up" : "down")} {(trunk.Destinations.Count == 0 ? "everywhere" : string.Join(' ', trunk.Destinations))}"));
}
