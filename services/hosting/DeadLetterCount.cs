using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace FlashCall.Hosting;

/// <summary>
/// How many messages the service could not handle: those in its <c>_error</c> and <c>_skipped</c> queues, looked up once a minute, as
/// the metric <c>flashcall.dead_letters</c> and in the words of <c>/health/ready</c>. They do not make the service unready: it handles the rest.
/// </summary>
internal sealed class DeadLetterCount : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ConnectionFactory _factory;
    private readonly BusNames _names;
    private readonly string[] _queues;
    private readonly TimeProvider _time;
    private IReadOnlyList<(string Queue, long Count)> _counts = [];

    /// <param name="broker">The broker's address.</param>
    /// <param name="names">The names on it.</param>
    /// <param name="queue">The service's queue.</param>
    /// <param name="meters">Where the metric is shown.</param>
    /// <param name="time">The clock.</param>
    public DeadLetterCount(Uri broker, BusNames names, string queue, IMeterFactory meters, TimeProvider time)
    {
        _factory = new ConnectionFactory
        {
            Uri = broker,
            AutomaticRecoveryEnabled = false,
            ClientProvidedName = $"{names.Of(queue)} dead letters",
        };
        _names = names;
        _queues = [$"{queue}_error", $"{queue}_skipped"];
        _time = time;
        meters.Create("FlashCall").CreateObservableGauge(
            "flashcall.dead_letters",
            () => _counts.Select(known => new Measurement<long>(known.Count, new KeyValuePair<string, object?>("queue", known.Queue))),
            "{message}", "Messages that the service could not handle: see 'flashcall dead-letters'.");
    }

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var some = _counts.Where(known => known.Count > 0).Select(known => $"{known.Count} in {known.Queue}").ToArray();
        return Task.FromResult(HealthCheckResult.Healthy(
            some.Length == 0 ? null : $"{string.Join(", ", some)}. See 'flashcall dead-letters list'."));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        do
        {
            try
            {
                _counts = await CountAsync(stoppingToken);
            }
            // That the broker is away is said by the bus itself. A number that may be old is worse than none.
            catch (Exception exception) when (exception is RabbitMQClientException or IOException or TimeoutException)
            {
                _counts = [];
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<IReadOnlyList<(string Queue, long Count)>> CountAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _factory.CreateConnectionAsync(cancellationToken);
        var counts = new List<(string, long)>(_queues.Length);
        foreach (var queue in _queues)
        {
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            try
            {
                counts.Add((queue, (await channel.QueueDeclarePassiveAsync(_names.Of(queue), cancellationToken)).MessageCount));
            }
            // Made with the first message in it.
            catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == Constants.NotFound)
            {
                counts.Add((queue, 0));
            }
        }
        return counts;
    }
}
