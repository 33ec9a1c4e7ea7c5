using System.Collections.Concurrent;
using FlashCall.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>What becomes of messages while a server is away, on real servers behind a cable that can be pulled.</summary>
public sealed class BusWithoutServersTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly string _queue = $"outage-{Guid.NewGuid().ToString("N")[..8]}";
    private readonly List<RunningApp> _running = [];
    private readonly BusTests.HandledLog _log = new();
    private Cable? _toBroker;
    private Cable? _toDatabase;
    private IConnection? _connection;

    private string FullName => servers.BusPrefix + _queue;

    public async ValueTask InitializeAsync()
    {
        var broker = new Uri(servers.RabbitMq);
        _toBroker = new Cable(broker.Host, broker.Port);
        var database = new NpgsqlConnectionStringBuilder(servers.Postgres);
        _toDatabase = new Cable(database.Host!, database.Port);
        _connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _running)
            await app.DisposeAsync();
        await DeleteQueuesAsync();
        await _connection!.DisposeAsync();
        await _toBroker!.DisposeAsync();
        await _toDatabase!.DisposeAsync();
    }

    [Fact]
    public async Task While_the_database_is_away_a_message_waits_for_as_long_as_that_takes()
    {
        var clock = new FakeTimeProvider();
        var app = await StartAsync(bus => bus.Consume<BusTests.Step, StoringConsumer>(step => step.Session), clock);
        _toDatabase!.Pull();
        var session = Guid.CreateVersion7();
        await SendAsync(app, new BusTests.Step(session, 1));
        // Many more times than a message that fails by itself is tried.
        await Eventually.TrueAsync(() => PassAsync(clock, () => _log.Attempts > 2 * Redelivery.MostRetries), "it is tried on and on",
            TimeSpan.FromSeconds(60));
        Assert.Empty(_log.All);
        Assert.False(await ExistsAsync(FullName + "_error"));

        _toDatabase.PlugIn();
        await Eventually.TrueAsync(() => PassAsync(clock, () => _log.All.Count > 0), "it is handled", TimeSpan.FromSeconds(60));
        Assert.Equal([1], _log.Of(session).Select(handled => handled.Number));
        Assert.False(await ExistsAsync(FullName + "_error"));
    }

    [Fact]
    public async Task What_stays_wrong_goes_to_the_error_queue_after_its_retries()
    {
        var clock = new FakeTimeProvider();
        var app = await StartAsync(bus => bus.Consume<BusTests.Step, BusTests.StepConsumer>(step => step.Session), clock);
        // The outage in between costs it none of its own chances.
        _log.Fail = attempt => attempt is > 3 and <= 30 ? new TimeoutException() : new InvalidOperationException("a bug");
        await SendAsync(app, new BusTests.Step(Guid.CreateVersion7(), 1));
        await Eventually.TrueAsync(
            async () =>
            {
                clock.Advance(TimeSpan.FromSeconds(10));
                return await ExistsAsync(FullName + "_error");
            }, "a message in the error queue", TimeSpan.FromSeconds(60));
        Assert.Equal(27 + 1 + Redelivery.MostRetries, _log.Attempts);
    }

    [Fact]
    public async Task A_service_that_stops_gives_back_what_waits()
    {
        _log.Fail = _ => new TimeoutException();
        var first = await StartAsync(bus => bus.Consume<BusTests.Step, BusTests.StepConsumer>(step => step.Session));
        var sessions = Enumerable.Range(0, 100).Select(_ => Guid.CreateVersion7()).ToArray();
        foreach (var session in sessions)
            await SendAsync(first, new BusTests.Step(session, 1));
        await Eventually.TrueAsync(() => _log.Attempts > 200, "they are tried");
        await first.DisposeAsync();
        _running.Clear();

        _log.Fail = _ => null;
        await StartAsync(bus => bus.Consume<BusTests.Step, BusTests.StepConsumer>(step => step.Session));
        await _log.WaitForAsync(sessions.Length);
        Assert.Equal(sessions.Order(), _log.All.Select(handled => handled.Session).Order());
        Assert.False(await ExistsAsync(FullName + "_error"));
        Assert.False(await ExistsAsync(FullName + "_skipped"));
    }

    [Fact]
    public async Task A_broker_that_comes_back_empty_gets_its_queues_again()
    {
        var app = await StartAsync(
            bus => bus.ConsumePublished<BusTests.Step, BusTests.StepConsumer>(step => step.Session)
                .Consume<BusTests.Turn, BusTests.TurnConsumer>(turn => turn.Session));
        var before = Guid.CreateVersion7();
        await PublishAsync(app, new BusTests.Step(before, 1));
        await _log.WaitForAsync(handled => handled.Session == before);

        _toBroker!.Pull();
        await DeleteQueuesAsync();
        _toBroker.PlugIn();
        await Eventually.TrueAsync(() => ExistsAsync(FullName), "the queue is there again", TimeSpan.FromSeconds(60));

        var after = Guid.CreateVersion7();
        await Eventually.TrueAsync(() => TrySendAsync(app, new BusTests.Turn(after, 2)), "commands arrive", TimeSpan.FromSeconds(60));
        await PublishAsync(app, new BusTests.Step(after, 3));
        await _log.WaitForAsync(handled => handled is { Number: 3 } && handled.Session == after);
        await _log.WaitForAsync(handled => handled is { Number: 2 } && handled.Session == after);
    }

    [Fact]
    public async Task A_broker_that_is_away_is_tried_for_at_short_intervals_however_often_it_was_away_before()
    {
        using var pauses = new PauseLog();
        var app = await StartAsync(bus => bus.Consume<BusTests.Step, BusTests.StepConsumer>(step => step.Session), logs: pauses);
        for (var outage = 1; outage <= 2; outage++)
        {
            var before = pauses.All.Count;
            _toBroker!.Pull();
            await Eventually.TrueAsync(() => pauses.All.Count >= before + 3, "it tries again and again", TimeSpan.FromSeconds(60));
            _toBroker.PlugIn();
            var session = Guid.CreateVersion7();
            await Eventually.TrueAsync(
                () => TrySendAsync(app, new BusTests.Step(session, outage)), "commands arrive", TimeSpan.FromSeconds(60));
            await _log.WaitForAsync(handled => handled.Session == session);
        }
        Assert.All(pauses.All, pause => Assert.InRange(pause, TimeSpan.Zero, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task An_answer_that_could_not_be_sent_brings_its_command_back()
    {
        var isFirst = true;
        _log.Fail = _ =>
        {
            if (isFirst)
            {
                isFirst = false;
                _toBroker!.Pull();
            }
            return null;
        };
        var app = await StartAsync(
            bus => bus.Consume<BusTests.Step, AnsweringConsumer>(step => step.Session)
                .Consume<BusTests.Turn, BusTests.TurnConsumer>(turn => turn.Session));
        var session = Guid.CreateVersion7();
        await SendAsync(app, new BusTests.Step(session, 1));
        await Eventually.TrueAsync(() => !isFirst, "the command arrives");
        _toBroker!.PlugIn();
        await _log.WaitForAsync(handled => handled is { Number: 2 } && handled.Session == session);
        Assert.False(await ExistsAsync(FullName + "_error"));
    }

    private static Task<bool> PassAsync(FakeTimeProvider clock, Func<bool> condition)
    {
        clock.Advance(TimeSpan.FromSeconds(10));
        return Task.FromResult(condition());
    }

    private async Task<RunningApp> StartAsync(Action<BusConfiguration> configure, TimeProvider? clock = null, ILoggerProvider? logs = null)
    {
        var broker = new UriBuilder(servers.RabbitMq) { Host = "127.0.0.1", Port = _toBroker!.Port };
        var builder = PlatformHost.CreateBuilder(
            [.. servers.Arguments, $"--RabbitMq={broker}", "--Logging:LogLevel:Default=Information"], "test");
        builder.Logging.ClearProviders();
        if (logs is not null)
            builder.Logging.AddProvider(logs);
        var database = new NpgsqlConnectionStringBuilder(servers.Postgres)
        {
            Host = "127.0.0.1",
            Port = _toDatabase!.Port,
            Database = "postgres",
        };
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(database));
        builder.Services.AddSingleton(_log);
        builder.Services.AddSingleton(new AnswersTo(_queue));
        if (clock is not null)
            builder.Services.AddSingleton<TimeProvider>(clock);
        builder.AddBus(_queue, configure);
        var running = await RunningApp.StartAsync(builder.Build().UsePlatformDefaults());
        _running.Add(running);
        await running.App.Services.GetRequiredService<IBusControl>().WaitForHealthStatus(BusHealthStatus.Healthy, TimeSpan.FromSeconds(30));
        return running;
    }

    private Task SendAsync(RunningApp app, object message) =>
        app.App.Services.GetRequiredService<Messenger>().SendAsync(_queue, message, Guid.NewGuid(), default);

    private static Task PublishAsync(RunningApp app, object message) =>
        app.App.Services.GetRequiredService<Messenger>().PublishAsync(message, Guid.NewGuid(), default);

    /// <returns>Whether it arrived: while the bus finds its way back it may not.</returns>
    private async Task<bool> TrySendAsync(RunningApp app, object message)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await app.App.Services.GetRequiredService<Messenger>().SendAsync(_queue, message, Guid.NewGuid(), patience.Token);
            return true;
        }
        catch (Exception exception) when (new BusOutage([]).Is(exception))
        {
            return false;
        }
    }

    private async Task<bool> ExistsAsync(string queue)
    {
        await using var channel = await _connection!.CreateChannelAsync();
        try
        {
            await channel.QueueDeclarePassiveAsync(queue);
            return true;
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == 404)
        {
            return false;
        }
    }

    private async Task DeleteQueuesAsync()
    {
        await using var channel = await _connection!.CreateChannelAsync();
        foreach (var name in (string[])[FullName, FullName + "_error", FullName + "_skipped"])
        {
            await channel.QueueDeleteAsync(name);
            await channel.ExchangeDeleteAsync(name);
        }
    }

    /// <summary>The pauses between tries for a connection, which the library logs and tells nobody else.</summary>
    private sealed class PauseLog : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<TimeSpan> _pauses = new();

        public IReadOnlyCollection<TimeSpan> All => _pauses;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            foreach (var (name, value) in state as IEnumerable<KeyValuePair<string, object?>> ?? [])
            {
                if (name == "Delay" && value is TimeSpan pause)
                    _pauses.Enqueue(pause);
            }
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Handles a message by means of the database.</summary>
    public sealed class StoringConsumer(NpgsqlDataSource data, BusTests.HandledLog log) : IConsumer<BusTests.Step>
    {
        public async Task Consume(ConsumeContext<BusTests.Step> context)
        {
            log.Attempted();
            await using var command = data.CreateCommand("select 1");
            await command.ExecuteScalarAsync(context.CancellationToken);
            await log.HandleAsync(new(context.Message.Session, context.Message.Number, context.MessageId!.Value));
        }
    }

    public sealed record AnswersTo(string Name);

    /// <summary>Answers each command, as the services do.</summary>
    public sealed class AnsweringConsumer(Messenger messenger, AnswersTo queue, BusTests.HandledLog log) : IConsumer<BusTests.Step>
    {
        public async Task Consume(ConsumeContext<BusTests.Step> context)
        {
            await log.HandleAsync(new(context.Message.Session, context.Message.Number, context.MessageId!.Value));
            var answer = new BusTests.Turn(context.Message.Session, 2);
            await messenger.SendAsync(queue.Name, answer, Guid.NewGuid(), context.CancellationToken);
        }
    }
}
