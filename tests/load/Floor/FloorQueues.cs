using System.Buffers.Binary;
using System.Collections.Concurrent;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace FlashCall.Load.Floor;

/// <summary>Messages through quorum queues as the services have them: persistent, confirmed by the broker, taken in a window,
/// acknowledged.</summary>
internal sealed class FloorQueues : IAsyncDisposable
{
    /// <summary>As long as a message of the platform with its envelope is, bytes.</summary>
    private const int Length = 1_200;

    // One for each service.
    private const int Queues = 5;
    private const ushort Prefetch = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<long, TaskCompletionSource> _onTheirWay = new();
    private readonly string[] _names = [.. Enumerable.Range(0, Queues).Select(i => $"load{Guid.NewGuid().ToString("N")[..6]}_floor{i}")];
    private readonly IConnection _connection;
    private readonly IChannel _sender;
    private readonly IChannel _taker;
    private long _next;

    private FloorQueues(IConnection connection, IChannel sender, IChannel taker) =>
        (_connection, _sender, _taker) = (connection, sender, taker);

    /// <summary>Declares the queues and takes what arrives in them.</summary>
    public static async Task<FloorQueues> CreateAsync(Uri rabbitMq)
    {
        var connection = await new ConnectionFactory { Uri = rabbitMq }.CreateConnectionAsync();
        var sender = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        var taker = await connection.CreateChannelAsync();
        await taker.BasicQosAsync(0, Prefetch, global: false);
        var queues = new FloorQueues(connection, sender, taker);
        foreach (var name in queues._names)
        {
            await taker.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false,
                new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "quorum" });
            var consumer = new AsyncEventingBasicConsumer(taker);
            consumer.ReceivedAsync += queues.TakeAsync;
            await taker.BasicConsumeAsync(name, autoAck: false, consumer);
        }
        return queues;
    }

    /// <summary>Sends one and returns when the broker has confirmed it and it was taken.</summary>
    public async Task PassAsync(CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _next);
        var body = new byte[Length];
        BinaryPrimitives.WriteInt64LittleEndian(body, number);
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _onTheirWay[number] = taken;
        await _sender.BasicPublishAsync(
            "", _names[number % Queues], mandatory: true, new BasicProperties { Persistent = true }, body, cancellationToken);
        await taken.Task.WaitAsync(Patience, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _names)
            await _taker.QueueDeleteAsync(name);
        await _sender.DisposeAsync();
        await _taker.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task TakeAsync(object sender, BasicDeliverEventArgs delivery)
    {
        var number = BinaryPrimitives.ReadInt64LittleEndian(delivery.Body.Span);
        await _taker.BasicAckAsync(delivery.DeliveryTag, multiple: false);
        if (_onTheirWay.TryRemove(number, out var taken))
            taken.TrySetResult();
    }
}
