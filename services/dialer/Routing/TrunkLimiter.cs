using FlashCall.Dialer.Trunks;

namespace FlashCall.Dialer.Routing;

/// <summary>The room of one trunk as this replica sees it: keeps a <see cref="SlotQueue{TCall}"/> going, with the database behind
/// it.</summary>
internal sealed partial class TrunkLimiter(
    string trunk, LimitStore store, TimeProvider time, ILogger<TrunkLimits> logger, CancellationToken stopping)
{
    private readonly long _beginning = time.GetTimestamp();
    private readonly Lock _gate = new();
    private readonly SlotQueue<Waiter> _queue = new();
    private readonly CallMeter _meter = new();
    private TrunkLimit _limit = TrunkLimit.None;
    private Trunk? _limited;
    private Action<bool>? _return;
    private Task _pump = Task.CompletedTask;
    private bool _pumping;
    private TaskCompletionSource? _news;

    /// <summary>What this replica has of the trunk.</summary>
    public (int InUse, int Waiting, double CallsPerSecond) Use
    {
        get
        {
            lock (_gate)
                return (_queue.InUse, _queue.Count, _meter.PerSecond(Now));
        }
    }

    /// <summary>Ends with the last claim; to be asked once <c>stopping</c> is cancelled.</summary>
    public Task Stopped
    {
        get
        {
            lock (_gate)
                return _pump;
        }
    }

    private TimeSpan Now => time.GetElapsedTime(_beginning);

    /// <inheritdoc cref="TrunkLimits.TakeAsync"/>
    public ValueTask<TrunkSlot?> TakeAsync(Trunk asKnown, TimeSpan wait, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Waiter waiter;
        SlotQueue<Waiter>.Place place;
        lock (_gate)
        {
            // The same trunk, call after call, until it is changed.
            if (!ReferenceEquals(_limited, asKnown))
                (_limited, _limit) = (asKnown, TrunkLimit.Of(asKnown));
            if (!_limit.IsLimited && _queue.Count == 0)
            {
                _queue.TakeUnlimited();
                return new ValueTask<TrunkSlot?>(Slot(asKnown));
            }
            waiter = new Waiter(asKnown);
            place = _queue.Join(waiter, Now + wait);
            Wake();
        }
        return cancellationToken.CanBeCanceled
            ? AwaitAsync(waiter, place, cancellationToken)
            : new ValueTask<TrunkSlot?>(waiter.Task);
    }

    private async ValueTask<TrunkSlot?> AwaitAsync(
        Waiter waiter, SlotQueue<Waiter>.Place place, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.Register(() =>
        {
            lock (_gate)
            {
                _queue.Leave(place);
                waiter.TrySetCanceled(cancellationToken);
            }
        });
        return await waiter.Task;
    }

    private TrunkSlot Slot(Trunk asKnown)
    {
        _meter.Count(Now);
        return new TrunkSlot(asKnown, _return ??= Return);
    }

    private void Return(bool placed)
    {
        lock (_gate)
        {
            _queue.Return(_limit, Now, placed);
            Wake();
        }
    }

    /// <summary>Has the queue looked at. To be called with <see cref="_gate"/> held.</summary>
    private void Wake()
    {
        _news?.TrySetResult();
        if (_pumping || _queue.IsIdle)
            return;
        _pumping = true;
        // One claim is for many calls: it belongs to the trace of none.
        using (ExecutionContext.SuppressFlow())
            _pump = Task.Run(PumpAsync, CancellationToken.None);
    }

    private async Task PumpAsync()
    {
        while (true)
        {
            QueueStep step;
            TrunkLimit limit;
            Task news;
            lock (_gate)
            {
                limit = _limit;
                if (!limit.IsLimited)
                    Admit(_queue.GrantAll());
                foreach (var waiter in _queue.Expire(Now))
                    waiter.TrySetResult(null);
                step = _queue.Next(limit, Now);
                if (step is QueueStep.Idle || stopping.IsCancellationRequested)
                {
                    _pumping = false;
                    foreach (var waiter in stopping.IsCancellationRequested ? _queue.Clear() : [])
                        waiter.TrySetCanceled(stopping);
                    return;
                }
                _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                news = _news.Task;
            }
            if (step is QueueStep.Ask ask)
                await AskAsync(ask.Claim, limit);
            else if (step is QueueStep.Wait wait)
                await UntilAsync(wait.Until, news);
        }
    }

    private async Task AskAsync(Claim claim, TrunkLimit limit)
    {
        try
        {
            var answer = await store.ClaimAsync(trunk, limit, claim, stopping);
            lock (_gate)
                Admit(_queue.Answer(answer, limit, Now));
        }
        // Whatever it was, it is the waiting calls' own: each throws it.
        catch (Exception exception)
        {
            IReadOnlyList<Waiter> failed;
            lock (_gate)
                failed = _queue.Fail(Now);
            foreach (var waiter in failed)
                waiter.TrySetException(exception);
            if (failed.Count == 0 && !stopping.IsCancellationRequested)
                LogNotWritten(exception, trunk);
        }
    }

    private async Task UntilAsync(TimeSpan until, Task news)
    {
        // Upward to whole milliseconds, in which timers count, so that what was waited for is there.
        var wait = TimeSpan.FromMilliseconds(Math.Ceiling((until - Now).TotalMilliseconds));
        if (wait > TimeSpan.Zero)
            await news.WaitAsync(wait, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Admit(IReadOnlyList<Waiter> waiters)
    {
        foreach (var waiter in waiters)
            waiter.TrySetResult(Slot(waiter.Trunk));
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Cannot tell the other replicas how many channels of trunk {Trunk} are in use here; trying again in a second. Until "
            + "then they may count calls that are over")]
    private partial void LogNotWritten(Exception exception, string trunk);

    /// <summary>A call that waits for room.</summary>
    private sealed class Waiter(Trunk trunk) : TaskCompletionSource<TrunkSlot?>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Trunk Trunk { get; } = trunk;
    }
}
