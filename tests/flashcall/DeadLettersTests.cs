using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;
using Xunit;

namespace FlashCall.Cli.Tests;

/// <summary>Looking after dead letters, on a real broker; each test has queues of its own.</summary>
public sealed class DeadLettersTests(ServersFixture servers) : IAsyncLifetime
{
    private const string Callee = "+46701740605";
    private const string CallerId = "+442079460123";

    private readonly string _prefix = $"{servers.BusPrefix}{Guid.NewGuid().ToString("N")[..6]}-";
    private readonly Guid _session = Guid.CreateVersion7();
    private IConnection? _connection;
    private IChannel? _channel;

    public async ValueTask InitializeAsync()
    {
        _connection = await new ConnectionFactory { Uri = new Uri(servers.RabbitMq) }.CreateConnectionAsync();
        _channel = await _connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        foreach (var queue in (string[])["fraud", "fraud_error", "dialer_error", "dialer_skipped"])
            await DeclareAsync(queue);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var queue in (string[])["fraud", "fraud_error", "dialer_error", "dialer_skipped"])
            await _channel!.QueueDeleteAsync(_prefix + queue);
        await _connection!.DisposeAsync();
    }

    [Fact]
    public async Task Says_which_message_failed_when_and_why_and_leaves_it_there()
    {
        var id = await FailAsync("fraud", "AssessRisk", _session);
        for (var i = 0; i < 2; i++)
        {
            await HoldsAsync("fraud_error", 1);
            var cli = await RunAsync("list");
            Assert.Equal((0, ""), (cli.ExitCode, cli.Error));
            var row = Assert.Single(cli.Output.Split('\n'), line => line.Contains("fraud_error", StringComparison.Ordinal));
            Assert.All(
                [$"{id}", "AssessRisk", $"{_session}", "2026-11-23 17:05Z", "No route to +467017•••••."],
                part => Assert.Contains(part, row, StringComparison.Ordinal));
            Assert.Equal("1 dead letters.", cli.LastLine);
        }
    }

    [Fact]
    public async Task Finds_those_that_were_asked_for()
    {
        var mine = await FailAsync("fraud", "AssessRisk", _session);
        var called = await FailAsync("dialer", "PlaceFlashCall", _session);
        var other = await FailAsync("fraud", "AssessRisk", Guid.CreateVersion7());

        Assert.Equal([called, mine, other], await IdsAsync());
        Assert.Equal([mine, other], await IdsAsync("--queue", "fraud"));
        Assert.Equal([called], await IdsAsync("--type", "placeflashcall"));
        Assert.Equal([called, mine], await IdsAsync("--session", $"{_session}"));
        Assert.Equal([other], await IdsAsync("--id", $"{other}"));
        Assert.Empty(await IdsAsync("--queue", "gateway"));

        async Task<Guid[]> IdsAsync(params string[] filter)
        {
            await HoldsAsync("fraud_error", 2);
            await HoldsAsync("dialer_error", 1);
            var cli = await RunAsync(["list", "--json", .. filter]);
            var document = JsonNode.Parse(cli.Output)!;
            var ids = document["deadLetters"]!.AsArray().Select(letter => (Guid)letter!["messageId"]!).ToArray();
            Assert.Equal(ids.Length, (int)document["count"]!);
            return [.. ids.OrderBy(id => id == mine ? 1 : id == other ? 2 : 0)];
        }
    }

    [Fact]
    public async Task Shows_one_as_it_was_sent_without_numbers()
    {
        var id = await FailAsync("fraud", "AssessRisk", _session);
        await FailAsync("fraud", "AssessRisk", _session);
        var cli = await RunAsync("show", $"{id}", "--json");
        var letter = Assert.Single(JsonNode.Parse(cli.Output)!["deadLetters"]!.AsArray())!;
        Assert.Equal("at FlashCall.Fraud.Somewhere", (string?)letter["stackTrace"]);
        Assert.Equal("+467017•••••", (string?)letter["message"]!["callee"]);
        Assert.Equal("+4420794•••••", (string?)letter["message"]!["callerId"]);

        await HoldsAsync("fraud_error", 2);
        var text = await RunAsync("show", $"{id}");
        Assert.Contains("System.InvalidOperationException", text.Output, StringComparison.Ordinal);
        foreach (var number in (string[])[Callee, CallerId])
            Assert.All([cli, text], shown => Assert.DoesNotContain(number, shown.Output, StringComparison.Ordinal));

        var nobody = await RunAsync("show", $"{Guid.NewGuid()}");
        Assert.Equal(2, nobody.ExitCode);
        Assert.StartsWith("flashcall: No dead letter has the id", nobody.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replays_what_was_asked_for_as_it_was_sent()
    {
        var mine = await FailAsync("fraud", "AssessRisk", _session);
        await FailAsync("fraud", "AssessRisk", Guid.CreateVersion7());

        var cli = await RunAsync("replay", "--session", $"{_session}");
        Assert.Equal((0, "1 messages replayed."), (cli.ExitCode, cli.LastLine));

        var back = (await _channel!.BasicGetAsync(_prefix + "fraud", autoAck: true))!;
        Assert.Equal(Envelope(mine, "AssessRisk", _session), Encoding.UTF8.GetString(back.Body.Span));
        Assert.Equal("application/vnd.masstransit+json", back.BasicProperties.ContentType);
        Assert.Contains("MT-Activity-Id", back.BasicProperties.Headers!.Keys);
        Assert.DoesNotContain(
            back.BasicProperties.Headers!.Keys,
            name => name == "MT-Reason" || name.StartsWith("MT-Fault", StringComparison.Ordinal));
        Assert.True(back.BasicProperties.Persistent);
        await HoldsAsync("fraud_error", 1);
        await HoldsAsync("fraud", 0);
    }

    [Fact]
    public async Task Keeps_what_cannot_be_replayed()
    {
        await FailAsync("dialer", "HangUp", _session);
        var cli = await RunAsync("replay", "--all");
        Assert.Equal(2, cli.ExitCode);
        Assert.Contains($"The queue {_prefix}dialer does not exist", cli.Error, StringComparison.Ordinal);
        await HoldsAsync("dialer_error", 1);
    }

    [Theory]
    [InlineData("replay")]
    [InlineData("drop", "--yes")]
    [InlineData("replay", "--all", "--queue", "fraud")]
    public async Task Touches_none_unless_it_is_said_which(params string[] command)
    {
        await FailAsync("fraud", "AssessRisk", _session);
        var cli = await RunAsync(command);
        Assert.Equal(2, cli.ExitCode);
        Assert.Contains("Say which: --queue, --type, --session or --id, or --all", cli.Error, StringComparison.Ordinal);
        await HoldsAsync("fraud_error", 1);
    }

    [Fact]
    public async Task Drops_after_a_question()
    {
        await FailAsync("fraud", "AssessRisk", _session);
        var no = await RunAsync(["drop", "--all"], "no\n");
        Assert.Equal(1, no.ExitCode);
        Assert.Contains("Drop 1 messages for good?", no.Error, StringComparison.Ordinal);
        await HoldsAsync("fraud_error", 1);
        Assert.Equal(2, (await RunAsync(["drop", "--all"], "")).ExitCode);
        await HoldsAsync("fraud_error", 1);

        var yes = await RunAsync(["drop", "--all"], "yes\n");
        Assert.Equal((0, "1 messages dropped."), (yes.ExitCode, yes.LastLine));
        await HoldsAsync("fraud_error", 0);
    }

    [Fact]
    public async Task Takes_what_is_no_message_of_ours_too()
    {
        await PublishAsync("dialer_skipped", "not JSON", new BasicProperties { MessageId = "x" });
        await HoldsAsync("dialer_skipped", 1);
        var list = await RunAsync("list");
        Assert.Contains("No consumer of the service takes such a message.", list.Output, StringComparison.Ordinal);
        await HoldsAsync("dialer_skipped", 1);
        var drop = await RunAsync("drop", "--queue", "dialer", "--yes", "--json");
        Assert.Equal(1, (int)JsonNode.Parse(drop.Output)!["dropped"]!);
        await HoldsAsync("dialer_skipped", 0);
    }

    [Fact]
    public async Task Looking_often_does_not_use_a_message_up()
    {
        await _channel!.QueueDeleteAsync(_prefix + "fraud_error");
        await DeclareAsync("fraud_error", deliveryLimit: 20);
        var id = await FailAsync("fraud", "AssessRisk", _session);
        for (var i = 0; i < 25; i++)
        {
            await HoldsAsync("fraud_error", 1);
            Assert.Contains($"{id}", (await RunAsync("list")).Output, StringComparison.Ordinal);
        }
        await HoldsAsync("fraud_error", 1);
    }

    [Fact]
    public async Task What_a_service_could_not_handle_is_handled_after_a_replay()
    {
        var known = new KnownSessions();
        await _channel!.QueueDeleteAsync(_prefix + "fraud");
        await _channel!.QueueDeleteAsync(_prefix + "fraud_error");
        var builder = PlatformHost.CreateBuilder(
            [.. servers.Arguments, $"--BusPrefix={_prefix}", "--Logging:LogLevel:Default=None"], "fraud");
        builder.Services.AddSingleton(known);
        builder.AddBus(Queues.Fraud, bus => bus.Consume<ReleaseCallerId, Consumer>(release => release.VerificationId));
        await using var app = builder.Build();
        await app.StartAsync();
        await app.Services.GetRequiredService<IBusControl>().WaitForHealthStatus(BusHealthStatus.Healthy, TimeSpan.FromSeconds(30));
        var release = new ReleaseCallerId
        {
            VerificationId = _session,
            AttemptId = Guid.CreateVersion7(),
            LeaseId = Guid.CreateVersion7(),
            Outcome = LeaseOutcome.Unknown,
        };
        var id = Guid.CreateVersion7();
        await app.Services.GetRequiredService<Messenger>().SendAsync(Queues.Fraud, release, id, CancellationToken.None);

        JsonNode? letter = null;
        await Eventually.TrueAsync(async () =>
        {
            var list = JsonNode.Parse((await RunAsync("list", "--json")).Output)!["deadLetters"]!.AsArray();
            return (letter = list.Count > 0 ? list[0] : null) is not null;
        }, "a dead letter");
        Assert.Equal(
            ("fraud_error", $"{id}", "ReleaseCallerId", $"{_session}", "System.FormatException", "Nobody knows the session."),
            (Text("queue"), Text("messageId"), Text("type"), Text("session"), Text("exception"), Text("reason")));
        Assert.True(DateTimeOffset.TryParse(Text("failedAt"), CultureInfo.InvariantCulture, out _));

        known.Sessions.Add(_session);
        await HoldsAsync("fraud_error", 1);
        Assert.Equal(0, (await RunAsync("replay", "--session", $"{_session}")).ExitCode);
        await Eventually.TrueAsync(() => known.Handled == id, "the message is handled");
        await HoldsAsync("fraud_error", 0);
        await app.StopAsync();
        await _channel!.ExchangeDeleteAsync(_prefix + "fraud");
        await _channel!.ExchangeDeleteAsync(_prefix + "fraud_error");

        string? Text(string name) => (string?)letter![name];
    }

    [Fact]
    public async Task Says_what_to_do_without_a_broker()
    {
        var none = await Cli.RunAsync(["dead-letters", "list"]);
        Assert.Equal(2, none.ExitCode);
        Assert.Equal("flashcall: No broker. Give its address by the variable FLASHCALL_RABBITMQ or by --rabbitmq-file.\n", none.Error);
        var away = await Cli.RunAsync(
            ["dead-letters", "list"],
            environment: new Dictionary<string, string> { ["FLASHCALL_RABBITMQ"] = "amqp://u:secret@127.0.0.1:1/" });
        Assert.Equal(2, away.ExitCode);
        Assert.StartsWith("flashcall: RabbitMQ does not answer at 127.0.0.1:1.", away.Error, StringComparison.Ordinal);
        var stranger = new UriBuilder(servers.RabbitMq) { Password = "secret" };
        var denied = await Cli.RunAsync(
            ["dead-letters", "list"], environment: new Dictionary<string, string> { ["FLASHCALL_RABBITMQ"] = $"{stranger}" });
        Assert.Contains("does not take the user and password", denied.Error, StringComparison.Ordinal);
        Assert.All([away, denied], cli => Assert.DoesNotContain("secret", cli.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Looks_into_the_queues_of_all_services() =>
        Assert.Equal(
            typeof(Queues).GetFields().Select(field => (string)field.GetRawConstantValue()!).Order(StringComparer.Ordinal),
            (await RunAsync("list", "--help")).Output.Split('\n').Single(line => line.Contains("--queue", StringComparison.Ordinal))
                .Split("only: ")[1].TrimEnd('.', '\r').Split(", ").Select(name => name.Trim()).Order(StringComparer.Ordinal));

    private static string Envelope(Guid id, string type, Guid session) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["messageId"] = id,
        ["messageType"] = new[] { $"urn:message:FlashCall.Contracts:{type}" },
        ["message"] = new { verificationId = session, callee = Callee, callerId = CallerId, attempts = new[] { 1, 2 } },
        ["sentTime"] = "2026-11-23T17:04:00Z",
    });

    private async Task<Guid> FailAsync(string queue, string type, Guid session)
    {
        var id = Guid.CreateVersion7();
        await PublishAsync(queue + "_error", Envelope(id, type, session), new BasicProperties
        {
            ContentType = "application/vnd.masstransit+json",
            Headers = new Dictionary<string, object?>
            {
                ["MT-Activity-Id"] = "00-1-2-01",
                ["MT-Reason"] = "fault",
                ["MT-Fault-ExceptionType"] = "System.InvalidOperationException",
                ["MT-Fault-Message"] = $"No route to {Callee}.",
                ["MT-Fault-Timestamp"] = "2026-11-23T17:05:00.123Z",
                ["MT-Fault-StackTrace"] = "at FlashCall.Fraud.Somewhere",
            },
        });
        await Eventually.TrueAsync(
            async () => await _channel!.MessageCountAsync(_prefix + queue + "_error") > 0, "the broker counts the message");
        return id;
    }

    private async Task PublishAsync(string queue, string body, BasicProperties properties) =>
        await _channel!.BasicPublishAsync("", _prefix + queue, mandatory: true, properties, Encoding.UTF8.GetBytes(body));

    private async Task DeclareAsync(string queue, int? deliveryLimit = null)
    {
        var arguments = new Dictionary<string, object?> { ["x-queue-type"] = "quorum" };
        if (deliveryLimit is { } limit)
            arguments["x-delivery-limit"] = limit;
        await _channel!.QueueDeclareAsync(_prefix + queue, durable: true, exclusive: false, autoDelete: false, arguments);
    }

    /// <summary>Waits until as many are to be had: what a run gave back is there again a moment after its end.</summary>
    private Task HoldsAsync(string queue, uint count) => Eventually.TrueAsync(
        async () => await _channel!.MessageCountAsync(_prefix + queue) == count, $"{count} messages in {queue}");

    private Task<Cli> RunAsync(params string[] command) => RunAsync(command, typed: "");

    public sealed class KnownSessions
    {
        public HashSet<Guid> Sessions { get; } = [];

        public Guid? Handled { get; set; }
    }

    /// <summary>Takes only what it knows, as a service before and after its repair.</summary>
    public sealed class Consumer(KnownSessions known) : IConsumer<ReleaseCallerId>
    {
        public Task Consume(ConsumeContext<ReleaseCallerId> context)
        {
            if (!known.Sessions.Contains(context.Message.VerificationId))
                throw new FormatException("Nobody knows the session.");
            known.Handled = context.MessageId;
            return Task.CompletedTask;
        }
    }

    private Task<Cli> RunAsync(string[] command, string typed) => Cli.RunAsync(
        ["dead-letters", .. command], typed, new Dictionary<string, string>
        {
            ["FLASHCALL_RABBITMQ"] = servers.RabbitMq,
            ["FLASHCALL_BUSPREFIX"] = _prefix,
        });
}
