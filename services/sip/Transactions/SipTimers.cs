namespace FlashCall.Sip;

/// <summary>Runs a callback once at a time. Made once and started as often as needed.</summary>
/// <param name="callback">Runs on a thread of the pool. May run once more when the timer is stopped or started in that very moment.</param>
public sealed class SipTimer(Action callback)
{
    internal const int NotQueued = -1;

    internal Action Callback { get; } = callback;

    internal long Due { get; set; }

    internal int Position { get; set; } = NotQueued;

    /// <summary>Counts starts and stops, so that a run that was already due can be told to be out of date.</summary>
    internal int Generation { get; set; }
}

/// <summary>
/// All timers of a stack: one binary heap behind one timer of the <see cref="TimeProvider"/>. Starting and stopping costs the logarithm
/// of the timers running, and a stopped timer leaves nothing behind.
/// </summary>
public sealed class SipTimers : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Action<Exception> _onFault;
    private readonly ITimer _clock;
    private readonly Lock _lock = new();
    private SipTimer[] _heap = new SipTimer[256];
    private int _count;
    private long _armedFor = long.MaxValue;
    private bool _disposed;

    internal SipTimers(TimeProvider time, Action<Exception> onFault)
    {
        _time = time;
        _onFault = onFault;
        _clock = time.CreateTimer(static timers => ((SipTimers)timers!).RunDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many timers run.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    /// <summary>Starts a timer, or starts it anew if it runs. Does nothing once the stack has ended.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="dueIn">When to run it, from now; zero is as soon as possible, on another thread.</param>
    public void Start(SipTimer timer, TimeSpan dueIn)
    {
        ArgumentNullException.ThrowIfNull(timer);
        ArgumentOutOfRangeException.ThrowIfLessThan(dueIn, TimeSpan.Zero);
        lock (_lock)
        {
            if (_disposed)
                return;
            Remove(timer);
            timer.Generation++;
            timer.Due = _time.GetTimestamp() + (long)(dueIn.TotalSeconds * _time.TimestampFrequency);
            Insert(timer);
            Arm();
        }
    }

    /// <summary>Stops a timer; nothing happens if it does not run.</summary>
    public void Stop(SipTimer timer)
    {
        ArgumentNullException.ThrowIfNull(timer);
        // The clock stays as it is armed: waking once for nothing is cheaper than arming it at each stop.
        lock (_lock)
        {
            Remove(timer);
            timer.Generation++;
        }
    }

    /// <summary>Stops all timers.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _heap.AsSpan(0, _count).Clear();
            _count = 0;
        }
        _clock.Dispose();
    }

    private void RunDue()
    {
        var due = new List<(SipTimer Timer, int Generation)>();
        lock (_lock)
        {
            _armedFor = long.MaxValue;
            var now = _time.GetTimestamp();
            while (_count > 0 && _heap[0].Due <= now)
            {
                due.Add((_heap[0], _heap[0].Generation));
                Remove(_heap[0]);
            }
            Arm();
        }
        foreach (var (timer, generation) in due)
        {
            lock (_lock)
            {
                // One before it in the list may have stopped it, or started it anew.
                if (timer.Generation != generation || _disposed)
                    continue;
            }
            try
            {
                timer.Callback();
            }
            // One failed callback must not keep the other timers from running.
            catch (Exception exception)
            {
                _onFault(exception);
            }
        }
    }

    private void Arm()
    {
        if (_disposed || _count == 0 || _heap[0].Due >= _armedFor)
            return;
        _armedFor = _heap[0].Due;
        var wait = _time.GetElapsedTime(_time.GetTimestamp(), _armedFor).TotalMilliseconds;
        // Upward to whole milliseconds, which is what timers count in: waking early would only mean waking twice. And never at once: a
        // clock may run its callback in this very call, where the caller still holds its locks.
        _clock.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(wait))), Timeout.InfiniteTimeSpan);
    }

    private void Insert(SipTimer timer)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, _count * 2);
        Place(timer, _count++);
        RiseFrom(timer.Position);
    }

    private void Remove(SipTimer timer)
    {
        var position = timer.Position;
        // The second part: a timer that ran in another stack, or before this one ended.
        if (position < 0 || position >= _count || !ReferenceEquals(_heap[position], timer))
            return;
        timer.Position = SipTimer.NotQueued;
        var last = _heap[--_count];
        _heap[_count] = null!;
        if (position == _count)
            return;
        Place(last, position);
        RiseFrom(position);
        SinkFrom(last.Position);
    }

    private void RiseFrom(int position)
    {
        var timer = _heap[position];
        while (position > 0)
        {
            var parent = (position - 1) / 2;
            if (_heap[parent].Due <= timer.Due)
                break;
            Place(_heap[parent], position);
            position = parent;
        }
        Place(timer, position);
    }

    private void SinkFrom(int position)
    {
        var timer = _heap[position];
        while (true)
        {
            var child = 2 * position + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && _heap[child + 1].Due < _heap[child].Due)
                child++;
            if (_heap[child].Due >= timer.Due)
                break;
            Place(_heap[child], position);
            position = child;
        }
        Place(timer, position);
    }

    private void Place(SipTimer timer, int position)
    {
        _heap[position] = timer;
        timer.Position = position;
    }
}
