using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace FlashCall.Hosting;

/// <summary>
/// Looks every 15 s at the service's queue and at those of the messages that it could not handle, <c>_error</c> and <c>_skipped</c>, for
/// the metrics <c>flashcall.queue.messages</c>, <c>flashcall.queue.consumers</c> and <c>flashcall.dead_letters</c>, which are the same from
/// each replica, and for the words of <c>/health/ready</c>. Dead letters do not make the service unready: it handles the rest.
/// </summary>
internal sealed class QueueWatch : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>How long the end may wait for the broker to take leave.</summary>
    private static readonly TimeSpan LongestClose = TimeSpan.FromSeconds(2);

    private readonly ConnectionFactory _factory;
    private readonly BusNames _names;
    private readonly string _queue;
    private readonly string[] _deadLetters;
    private readonly TimeProvider _time;
    private IConnection? _connection;
    private volatile Look? _look;

    /// <param name="broker">The broker's address.</param>
    /// <param name="names">The names on it.</param>
    /// <param name="queue">The service's queue.</param>
    /// <param name="meters">Where the metrics are shown.</param>
    /// <param name="time">The clock.</param>
    public QueueWatch(Uri broker, BusNames names, string queue, IMeterFactory meters, TimeProvider time)
    {
        _factory = new ConnectionFactory
        {
            Uri = broker,
            AutomaticRecoveryEnabled = false,
            ClientProvidedName = $"{names.Of(queue)} figures",
        };
        _names = names;
        _queue = queue;
        _deadLetters = [$"{queue}_error", $"{queue}_skipped"];
        _time = time;
        var meter = meters.Create("FlashCall");
        meter.CreateObservableGauge("flashcall.queue.messages", () => Of(look => look.Messages), "{message}",
            "Messages in the service's queue that no replica has taken yet.");
        meter.CreateObservableGauge("flashcall.queue.consumers", () => Of(look => look.Consumers), "{consumer}",
            "Replicas that take messages from the service's queue.");
        meter.CreateObservableGauge(
            "flashcall.dead_letters",
            () => (_look?.DeadLetters ?? []).Select(known => new Measurement<long>(known.Count, Queue(known.Queue))),
            "{message}", "Messages that the service could not handle: see 'flashcall dead-letters'.");
    }

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var some = (_look?.DeadLetters ?? []).Where(known => known.Count > 0).Select(known => $"{known.Count} in {known.Queue}").ToArray();
        return Task.FromResult(HealthCheckResult.Healthy(
            some.Length == 0 ? null : $"{string.Join(", ", some)}. See 'flashcall dead-letters list'."));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            do
            {
                try
                {
                    // Not given up half-way: an exchange that is cancelled leaves a connection that may never close. Each has its own limit.
                    _look = await LookAsync();
                }
                // That the broker is away is said by the bus itself. A number that may be old is worse than none.
                catch (Exception exception) when (exception is RabbitMQClientException or IOException or TimeoutException)
                {
                    _look = null;
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        finally
        {
            if (_connection is not null)
                await _connection.AbortAsync(Constants.ReplySuccess, "the service stops", LongestClose);
        }
    }

    private async Task<Look> LookAsync()
    {
        if (_connection is not { IsOpen: true })
        {
            if (_connection is not null)
                await _connection.DisposeAsync();
            _connection = null;
            _connection = await _factory.CreateConnectionAsync(CancellationToken.None);
        }
        var own = await CountAsync(_connection, _queue);
        var letters = new List<(string, long)>(_deadLetters.Length);
        foreach (var queue in _deadLetters)
            letters.Add((queue, (await CountAsync(_connection, queue))?.MessageCount ?? 0));
        return new Look(own?.MessageCount, own?.ConsumerCount, letters);
    }

    /// <returns>Null where there is no such queue: it is made by its first consumer, or with the first message in it.</returns>
    private async Task<QueueDeclareOk?> CountAsync(IConnection connection, string queue)
    {
        // The broker closes a channel on which something missing was asked for.
        await using var channel = await connection.CreateChannelAsync(cancellationToken: CancellationToken.None);
        try
        {
            return await channel.QueueDeclarePassiveAsync(_names.Of(queue), CancellationToken.None);
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return null;
        }
    }

    private IEnumerable<Measurement<long>> Of(Func<Look, long?> figure) =>
        _look is { } look && figure(look) is { } value ? [new(value, Queue(_queue))] : [];

    private static KeyValuePair<string, object?> Queue(string name) => new("queue", name);

    private sealed record Look(long? Messages, long? Consumers, IReadOnlyList<(string Queue, long Count)> DeadLetters);
}
