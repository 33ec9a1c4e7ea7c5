using System.Collections.Concurrent;
using System.Net;
using System.Text;
using FlashCall.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>The conventions of the bus on a real broker; each test has a queue of its own.</summary>
public sealed class BusTests(ServersFixture servers) : IAsyncLifetime
{
    private static readonly Dictionary<string, object?> Quorum = new(StringComparer.Ordinal) { ["x-queue-type"] = "quorum" };

    private readonly string _queue = $"hosting-{Guid.NewGuid().ToString("N")[..8]}";
    private readonly List<RunningApp> _running = [];
    private readonly HandledLog _log = new();
    private IConnection? _connection;

    private string FullName => servers.BusPrefix + _queue;

    public async ValueTask InitializeAsync() =>
        _connection = await new ConnectionFactory { Uri = new Uri(servers.RabbitMq) }.CreateConnectionAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _running)
            await app.DisposeAsync();
        await using var channel = await _connection!.CreateChannelAsync();
        foreach (var name in (string[])[FullName, FullName + "_error", FullName + "_skipped", FullName + "-nobody"])
        {
            await channel.QueueDeleteAsync(name);
            await channel.ExchangeDeleteAsync(name);
        }
        await _connection!.DisposeAsync();
    }

    [Fact]
    public async Task A_service_s_queue_is_a_quorum_queue()
    {
        await StartAsync(bus => bus.Consume<Step, StepConsumer>(step => step.Session));
        // Declaring a queue again with another type is an error that names the difference; with the same type it is none.
        await using (var channel = await _connection!.CreateChannelAsync())
        {
            var exception = await Assert.ThrowsAsync<OperationInterruptedException>(
                () => channel.QueueDeclareAsync(FullName, durable: true, exclusive: false, autoDelete: false,
                new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "classic" }));
            Assert.Contains("x-queue-type", exception.Message, StringComparison.Ordinal);
        }
        await using (var channel = await _connection.CreateChannelAsync())
            await channel.QueueDeclareAsync(FullName, durable: true, exclusive: false, autoDelete: false, Quorum);
    }

    [Fact]
    public async Task Sending_to_a_queue_that_does_not_exist_fails()
    {
        var app = await StartAsync(bus => bus.Consume<Step, StepConsumer>(step => step.Session));
        var messenger = app.App.Services.GetRequiredService<Messenger>();
        await Assert.ThrowsAsync<MessageReturnedException>(
            () => messenger.SendAsync(_queue + "-nobody", new Step(Guid.NewGuid(), 1), Guid.NewGuid(), default));
        await messenger.SendAsync(_queue, new Step(Guid.NewGuid(), 1), Guid.NewGuid(), default);
    }

    [Fact]
    public async Task A_fact_that_nobody_listens_to_may_be_published()
    {
        var app = await StartAsync(bus => bus.Consume<Step, StepConsumer>(step => step.Session));
        await app.App.Services.GetRequiredService<Messenger>().PublishAsync(new Step(Guid.NewGuid(), 1), Guid.NewGuid(), default);
    }

    [Fact]
    public async Task Messages_of_a_session_are_handled_one_at_a_time_and_sessions_beside_each_other()
    {
        var app = await StartAsync(
            bus => bus.Consume<Step, StepConsumer>(step => step.Session).Consume<Turn, TurnConsumer>(turn => turn.Session));
        var sessions = Enumerable.Range(0, 8).Select(_ => Guid.CreateVersion7()).ToArray();
        for (var number = 1; number <= 10; number++)
        {
            foreach (var session in sessions)
                await SendAsync(app, number % 2 == 0 ? new Step(session, number) : new Turn(session, number));
        }
        await _log.WaitForAsync(sessions.Length * 10);
        Assert.Equal(1, _log.MostAtOnceInASession);
        Assert.True(_log.MostAtOnce > 1, "Sessions wait for each other.");
        Assert.All(sessions, session => Assert.Equal(Enumerable.Range(1, 10), _log.Of(session).Select(handled => handled.Number).Order()));
    }

    [Fact]
    public async Task A_consumer_of_two_kinds_of_message_takes_each_message_once()
    {
        var app = await StartAsync(
            bus => bus.Consume<Step, BothConsumer>(step => step.Session).Consume<Turn, BothConsumer>(turn => turn.Session));
        var session = Guid.CreateVersion7();
        for (var number = 1; number <= 5; number++)
        {
            await SendAsync(app, new Step(session, number));
            await SendAsync(app, new Turn(session, number));
        }
        await _log.WaitForAsync(10);
        await SendAsync(app, new Step(session, 99));
        await _log.WaitForAsync(handled => handled.Number == 99);
        // Handled twice, the first ones would be there more often long before the last.
        Assert.Equal([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 99], _log.Of(session).Select(handled => handled.Number).Order());
    }

    [Fact]
    public async Task A_message_carries_its_own_id_to_one_of_the_replicas()
    {
        var one = await StartAsync(bus => bus.Consume<Step, StepConsumer>(step => step.Session));
        await StartAsync(bus => bus.Consume<Step, StepConsumer>(step => step.Session));
        var ids = Enumerable.Range(0, 50).Select(_ => Guid.CreateVersion7()).ToArray();
        foreach (var id in ids)
            await SendAsync(one, new Step(id, 1), id);
        await _log.WaitForAsync(ids.Length);
        Assert.Equal(ids.Order(), _log.All.Select(handled => handled.MessageId).Order());
    }

    [Fact]
    public async Task What_fails_for_a_while_is_tried_again()
    {
        var app = await StartAsync(bus => bus.Consume<Step, StepConsumer>(step => step.Session));
        var session = Guid.CreateVersion7();
        _log.Fail = attempt => attempt <= 3 ? new InvalidOperationException("not yet") : null;
        await SendAsync(app, new Step(session, 1));
        await _log.WaitForAsync(1);
        Assert.Equal(4, _log.Attempts);
    }

    [Fact]
    public async Task What_can_never_succeed_goes_to_the_error_queue_at_once_with_its_cause()
    {
        var app = await StartAsync(bus => bus.Consume<Step, StepConsumer>(step => step.Session));
        await WatchErrorsAsync();
        _log.Fail = _ => new FormatException("This makes no sense.");
        var session = Guid.CreateVersion7();
        await SendAsync(app, new Step(session, 7));
        var (body, headers) = await TakeErrorAsync();
        Assert.Contains(session.ToString(), body, StringComparison.Ordinal);
        Assert.Equal("This makes no sense.", headers["MT-Fault-Message"]);
        Assert.Equal(1, _log.Attempts);
    }

    [Theory]
    [InlineData("""{ "session": "01990000-0000-7000-8000-000000000001", "number": 1 }""")]
    [InlineData("""{ "session": "01990000-0000-7000-8000-000000000001", "number": 1, "text": null }""")]
    [InlineData("""{ "session": "01990000-0000-7000-8000-000000000001", "number": "x", "text": "" }""")]
    public async Task A_message_with_a_part_missing_or_of_another_kind_is_not_handled(string message)
    {
        await StartAsync(bus => bus.Consume<Note, NoteConsumer>(note => note.Session));
        await WatchErrorsAsync();
        await using var channel = await _connection!.CreateChannelAsync();
        var envelope = $$"""
            {
                "messageId": "{{Guid.NewGuid()}}",
                "messageType": ["urn:message:FlashCall.Hosting.Tests:BusTests+Note"],
                "message": {{message}}
            }
            """;
        await channel.BasicPublishAsync(FullName, routingKey: "", mandatory: true,
            new BasicProperties { ContentType = "application/vnd.masstransit+json", Persistent = true }, Encoding.UTF8.GetBytes(envelope));
        var (body, _) = await TakeErrorAsync();
        Assert.Contains("01990000-0000-7000-8000-000000000001", body, StringComparison.Ordinal);
        Assert.Empty(_log.All);
    }

    [Fact]
    public async Task What_is_published_reaches_every_replica_that_listens_here()
    {
        var one = await StartAsync(bus => bus.ConsumeHere<Step, StepConsumer>(_queue + "-one", published: true));
        await StartAsync(bus => bus.ConsumeHere<Step, StepConsumer>(_queue + "-two", published: true));
        await one.App.Services.GetRequiredService<Messenger>().PublishAsync(new Step(Guid.CreateVersion7(), 1), Guid.NewGuid(), default);
        await _log.WaitForAsync(2);
    }

    [Fact]
    public async Task Without_a_broker_the_service_runs_but_is_not_ready()
    {
        var builder = PlatformHost.CreateBuilder(
            ["--RabbitMq=amqp://u:p@127.0.0.1:1/", "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None"], "test");
        builder.AddBus(_queue, bus => bus.Consume<Step, StepConsumer>(step => step.Session));
        builder.Services.AddSingleton(_log);
        await using var running = await RunningApp.StartAsync(builder.Build().UsePlatformDefaults());
        Assert.Equal(HttpStatusCode.OK, (await running.Client.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await running.Client.GetAsync("/health/ready")).StatusCode);
    }

    private async Task<RunningApp> StartAsync(Action<BusConfiguration> configure)
    {
        var builder = PlatformHost.CreateBuilder([.. servers.Arguments, "--Logging:LogLevel:Default=None"], "test");
        builder.Services.AddSingleton(_log);
        builder.AddBus(_queue, configure);
        var running = await RunningApp.StartAsync(builder.Build().UsePlatformDefaults());
        _running.Add(running);
        await running.App.Services.GetRequiredService<IBusControl>().WaitForHealthStatus(BusHealthStatus.Healthy, TimeSpan.FromSeconds(30));
        return running;
    }

    private Task SendAsync(RunningApp app, object message, Guid? id = null) =>
        app.App.Services.GetRequiredService<Messenger>().SendAsync(_queue, message, id ?? Guid.NewGuid(), default);

    /// <summary>Makes the error queue, which the service would make with its first error, so that it can be watched from the start. Had the
    /// service's another type than the queue itself, its declaration would fail and nothing arrive.</summary>
    private async Task WatchErrorsAsync()
    {
        await using var channel = await _connection!.CreateChannelAsync();
        await channel.QueueDeclareAsync(FullName + "_error", durable: true, exclusive: false, autoDelete: false, Quorum);
    }

    private async Task<(string Body, Dictionary<string, string> Headers)> TakeErrorAsync()
    {
        await using var channel = await _connection!.CreateChannelAsync();
        var message = await Eventually.ValueAsync(
            () => channel.BasicGetAsync(FullName + "_error", autoAck: true), "a message in the error queue", TimeSpan.FromSeconds(30));
        var headers = message.BasicProperties.Headers!.ToDictionary(
            header => header.Key, header => header.Value is byte[] text ? Encoding.UTF8.GetString(text) : $"{header.Value}", StringComparer.Ordinal);
        return (Encoding.UTF8.GetString(message.Body.Span), headers);
    }

    public sealed record Step(Guid Session, int Number);

    public sealed record Turn(Guid Session, int Number);

    public sealed record Note
    {
        public required Guid Session { get; init; }

        public required int Number { get; init; }

        public required string Text { get; init; }
    }

    public sealed record Handled(Guid Session, int Number, Guid MessageId);

    /// <summary>What the consumers did.</summary>
    public sealed class HandledLog
    {
        private readonly ConcurrentQueue<Handled> _handled = new();
        private readonly ConcurrentDictionary<Guid, int> _running = new();
        private int _attempts;
        private int _mostAtOnce;
        private int _mostInASession;
        private int _now;

        public Func<int, Exception?> Fail { get; set; } = _ => null;

        public int Attempts => _attempts;

        public int MostAtOnce => _mostAtOnce;

        public int MostAtOnceInASession => _mostInASession;

        public IReadOnlyCollection<Handled> All => _handled;

        public IEnumerable<Handled> Of(Guid session) => _handled.Where(handled => handled.Session == session);

        /// <summary>Counts a message that is about to be handled by other means than <see cref="HandleAsync"/>.</summary>
        public void Attempted() => Interlocked.Increment(ref _attempts);

        public async Task HandleAsync(Handled handled)
        {
            if (Fail(Interlocked.Increment(ref _attempts)) is { } exception)
                throw exception;
            Raise(ref _mostInASession, _running.AddOrUpdate(handled.Session, 1, (_, running) => running + 1));
            Raise(ref _mostAtOnce, Interlocked.Increment(ref _now));
            // Long enough for another message to come in between, if one may.
            await Task.Delay(5);
            Interlocked.Decrement(ref _now);
            _running.AddOrUpdate(handled.Session, 0, (_, running) => running - 1);
            _handled.Enqueue(handled);
        }

        public Task WaitForAsync(int count) => WaitForAsync(() => _handled.Count >= count);

        public Task WaitForAsync(Func<Handled, bool> condition) => WaitForAsync(() => _handled.Any(condition));

        private static Task WaitForAsync(Func<bool> condition) =>
            Eventually.TrueAsync(condition, "the messages are handled", TimeSpan.FromSeconds(60));

        private static void Raise(ref int highest, int value)
        {
            int seen;
            while (value > (seen = highest) && Interlocked.CompareExchange(ref highest, value, seen) != seen)
            {
            }
        }
    }

    public sealed class StepConsumer(HandledLog log) : IConsumer<Step>
    {
        public Task Consume(ConsumeContext<Step> context) =>
            log.HandleAsync(new(context.Message.Session, context.Message.Number, context.MessageId!.Value));
    }

    public sealed class TurnConsumer(HandledLog log) : IConsumer<Turn>
    {
        public Task Consume(ConsumeContext<Turn> context) =>
            log.HandleAsync(new(context.Message.Session, context.Message.Number, context.MessageId!.Value));
    }

    public sealed class BothConsumer(HandledLog log) : IConsumer<Step>, IConsumer<Turn>
    {
        public Task Consume(ConsumeContext<Step> context) =>
            log.HandleAsync(new(context.Message.Session, context.Message.Number, context.MessageId!.Value));

        public Task Consume(ConsumeContext<Turn> context) =>
            log.HandleAsync(new(context.Message.Session, context.Message.Number, context.MessageId!.Value));
    }

    public sealed class NoteConsumer(HandledLog log) : IConsumer<Note>
    {
        public Task Consume(ConsumeContext<Note> context) =>
            log.HandleAsync(new(context.Message.Session, context.Message.Number, context.MessageId!.Value));
    }
}
