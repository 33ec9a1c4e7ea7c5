using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using FlashCall.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RabbitMQ.Client;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>What a service tells of its queue, and of the messages that it could not handle.</summary>
public sealed class QueueWatchTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly string _queue = $"letters-{Guid.NewGuid().ToString("N")[..8]}";
    private IConnection? _connection;
    private IChannel? _channel;

    private string FullName => servers.BusPrefix + _queue;

    public async ValueTask InitializeAsync()
    {
        _connection = await new ConnectionFactory { Uri = new Uri(servers.RabbitMq) }.CreateConnectionAsync();
        // Confirmed: what is published is in its queue.
        _channel = await _connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in (string[])[FullName, FullName + "_error"])
        {
            await _channel!.QueueDeleteAsync(name);
            await _channel!.ExchangeDeleteAsync(name);
        }
        await _connection!.DisposeAsync();
    }

    [Fact]
    public async Task A_service_says_how_many_there_are_and_stays_ready()
    {
        var clock = new FakeTimeProvider();
        var builder = PlatformHost.CreateBuilder([.. servers.Arguments, "--Logging:LogLevel:Default=None"], "test");
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton(new BusTests.HandledLog());
        builder.AddBus(_queue, bus => bus.Consume<BusTests.Step, BusTests.StepConsumer>(step => step.Session));
        await using var running = await RunningApp.StartAsync(builder.Build().UsePlatformDefaults());
        await Eventually.TrueAsync(async () => await HealthAsync(running) is { Status: "healthy", Description: null }, "it is ready");
        Assert.Equal(0, await ReadAsync($"{_queue}_skipped"));

        await _channel!.QueueDeclareAsync(FullName + "_error", durable: true, exclusive: false, autoDelete: false);
        for (var i = 0; i < 3; i++)
            await _channel.BasicPublishAsync("", FullName + "_error", "{}"u8.ToArray());

        await Eventually.TrueAsync(
            async () =>
            {
                clock.Advance(TimeSpan.FromMinutes(1));
                return await HealthAsync(running) == ("healthy", $"3 in {_queue}_error. See 'flashcall dead-letters list'.");
            }, "the service tells");
        Assert.Equal(3, await ReadAsync($"{_queue}_error"));
    }

    [Fact]
    public async Task A_service_says_what_waits_for_it_and_who_takes_it()
    {
        // Nobody takes what is sent here: the queue of another service.
        await _channel!.QueueDeclareAsync(FullName, durable: true, exclusive: false, autoDelete: false);
        for (var i = 0; i < 2; i++)
            await _channel.BasicPublishAsync("", FullName, "{}"u8.ToArray());
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var watch = new QueueWatch(
            new Uri(servers.RabbitMq), new BusNames(servers.BusPrefix), _queue, services.GetRequiredService<IMeterFactory>(), TimeProvider.System);

        await watch.StartAsync(CancellationToken.None);

        Assert.Equal(2, await ReadAsync(_queue, "flashcall.queue.messages"));
        Assert.Equal(0, await ReadAsync(_queue, "flashcall.queue.consumers"));
        await watch.StopAsync(CancellationToken.None);
    }

    private static async Task<(string? Status, string? Description)> HealthAsync(RunningApp running)
    {
        using var response = await running.Client.GetAsync("/health/ready");
        var check = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["checks"]!["dead_letters"]!;
        return ((string?)check["status"], (string?)check["description"]);
    }

    /// <summary>What the metric says of a queue, once it says something.</summary>
    private static async Task<long> ReadAsync(string queue, string figure = "flashcall.dead_letters")
    {
        var measured = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == figure)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            foreach (var (name, value) in tags)
            {
                if (name == "queue" && value is string measuredQueue)
                    measured[measuredQueue] = count;
            }
        });
        listener.Start();
        await Eventually.TrueAsync(
            () =>
            {
                listener.RecordObservableInstruments();
                return measured.ContainsKey(queue);
            }, "the metric is there");
        return measured[queue];
    }
}
