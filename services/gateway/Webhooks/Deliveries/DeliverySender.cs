using System.Collections.Concurrent;
using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Gateway.Webhooks.Deliveries;

/// <summary>
/// Sends what is due, from whichever replica: takes it under a lease, so that one that dies leaves nothing behind for long, and so many at
/// once in all and to one receiver, so that a slow one holds up nobody else.
/// </summary>
internal sealed partial class DeliverySender(
    DeliveryStore deliveries, DeliveryAttempts attempts, DeliveryMetrics metrics, WebhookSettings settings, OutageLog outages,
    TimeProvider time, ILogger<DeliverySender> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, int> _inFlight = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _wake = new(0, 1);
    private int _inFlightInAll;
    private volatile bool _moreMayWait;

    /// <summary>Has what was just added sent at once, and not when it is looked for next.</summary>
    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var counting = CountAsync(stoppingToken);
        var running = new ConcurrentDictionary<Task, byte>();
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                foreach (var delivery in await TakeAsync(stoppingToken))
                {
                    var sending = SendAsync(delivery);
                    running.TryAdd(sending, 0);
                    _ = sending.ContinueWith(done => running.TryRemove(done, out _), TaskScheduler.Default);
                }
                await WaitAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is under way ends below, within the time of an attempt.
        }
        await Task.WhenAll([counting, .. running.Keys]);
    }

    private async Task<IReadOnlyList<LeasedDelivery>> TakeAsync(CancellationToken stoppingToken)
    {
        var free = settings.InFlight - Volatile.Read(ref _inFlightInAll);
        _moreMayWait = true;
        if (free <= 0)
            return [];
        var room = settings.InFlightPerReceiver;
        var busy = _inFlight.ToDictionary(receiver => receiver.Key, receiver => room - receiver.Value, StringComparer.Ordinal);
        try
        {
            var taken = await deliveries.TakeAsync(free, room, busy, stoppingToken);
            foreach (var delivery in taken)
            {
                Interlocked.Increment(ref _inFlightInAll);
                _inFlight.AddOrUpdate(delivery.To.Name, 1, (_, count) => count + 1);
            }
            // Only where something was left behind for want of room is it worth a look when there is some.
            _moreMayWait = taken.Count == free || _inFlight.Any(receiver => receiver.Value >= room);
            return taken;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException && !stoppingToken.IsCancellationRequested)
        {
            if (!outages.Waits(exception, "Webhooks"))
                LogNotTaken(exception);
            return [];
        }
    }

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var look = Task.Delay(LookEvery, time, either.Token);
        await Task.WhenAny(look, _wake.WaitAsync(either.Token));
        await either.CancelAsync();
        stoppingToken.ThrowIfCancellationRequested();
    }

    private async Task SendAsync(LeasedDelivery delivery)
    {
        // From here on without the loop: its token would cut off what a receiver is just answering.
        await Task.Yield();
        try
        {
            await attempts.MakeAsync(delivery, CancellationToken.None);
        }
        // The lease ends, and any replica makes the attempt again; the loop must go on for the others.
        catch (Exception exception)
        {
            if (!outages.Waits(exception, "Webhooks"))
                LogNotFinished(exception, delivery.Id);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlightInAll);
            if (_inFlight.AddOrUpdate(delivery.To.Name, 0, (_, count) => count - 1) == 0)
                _inFlight.TryRemove(new KeyValuePair<string, int>(delivery.To.Name, 0));
            if (_moreMayWait)
                Wake();
        }
    }

    private async Task CountAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(CountEvery, time);
        try
        {
            do
            {
                try
                {
                    var (count, oldest) = await deliveries.BacklogAsync(stoppingToken);
                    metrics.Take(count, oldest);
                }
                catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
                {
                    if (!outages.Waits(exception, "Webhooks"))
                        LogNotCounted(exception);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Nothing to count for any more.
        }
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot look for webhooks to send; trying again in a second")]
    private partial void LogNotTaken(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What came of delivery {Delivery} could not be written down; it is sent again")]
    private partial void LogNotFinished(Exception exception, Guid delivery);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot count the webhooks that wait")]
    private partial void LogNotCounted(Exception exception);
}
