namespace FlashCall.Sip;

/// <summary>
/// All timers of a stack: one timing wheel behind one timer, a thread of its own on the system's clock. Starting and stopping costs the
/// same however many run, a stopped timer leaves nothing behind, and the thread wakes only when there is something to do. A timer never
/// runs early, and at most <see cref="Tick"/> late if the machine keeps up.
/// </summary>
public sealed class SipTimers : IDisposable
{
    /// <summary>What times are rounded up to: 5 ms, a hundredth of T1, so that many timers share one waking.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);

    private readonly TimeProvider _time;
    private readonly Action<Exception> _onFault;
    private readonly Action<Action> _around;
    private readonly Action _runDue;
    private readonly ITimer _clock;
    private readonly Lock _lock = new();
    private readonly SipTimerWheel _wheel = new();
    private readonly long _beginning;
    private readonly long _ticksPerSecond;
    private readonly long _stampsPerTick;
    private long _armedFor = long.MaxValue;
    private bool _disposed;

    /// <param name="time">The clock.</param>
    /// <param name="onFault">Told of callbacks that throw.</param>
    /// <param name="around">Is given each turn of callbacks to run; null runs them as they are.</param>
    internal SipTimers(TimeProvider time, Action<Exception> onFault, Action<Action>? around = null)
    {
        _time = time;
        _onFault = onFault;
        _around = around ?? (static work => work());
        _runDue = RunDue;
        _beginning = time.GetTimestamp();
        _ticksPerSecond = TimeSpan.TicksPerSecond / Tick.Ticks;
        _stampsPerTick = time.TimestampFrequency / _ticksPerSecond;
        _clock = ReferenceEquals(time, TimeProvider.System)
            ? new SipTimerThread(RunTogether)
            : time.CreateTimer(static timers => ((SipTimers)timers!).RunTogether(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many timers run.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _wheel.Count;
        }
    }

    /// <summary>Starts a timer, or starts it anew if it runs. Does nothing once the stack has ended.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="dueIn">When to run it, from now; zero is as soon as possible, on another thread.</param>
    public void Start(SipTimed timer, TimeSpan dueIn)
    {
        ArgumentNullException.ThrowIfNull(timer);
        ArgumentOutOfRangeException.ThrowIfLessThan(dueIn, TimeSpan.Zero);
        Start(timer, TickIn(dueIn));
    }

    /// <summary>Stops a timer; nothing happens if it does not run.</summary>
    public void Stop(SipTimed timer)
    {
        ArgumentNullException.ThrowIfNull(timer);
        // The clock stays as it is armed: waking once for nothing is cheaper than arming it at each stop.
        lock (_lock)
        {
            _wheel.Remove(timer);
            timer.Generation++;
        }
    }

    /// <summary>The tick that it is now.</summary>
    internal long Now => (_time.GetTimestamp() - _beginning) / _stampsPerTick;

    /// <summary>The tick in which a time from now will be over: rounded up.</summary>
    internal long TickIn(TimeSpan time)
    {
        // In parts, so that long times do not overflow.
        var stamps = _time.GetTimestamp() - _beginning;
        return stamps / _stampsPerTick
            + (stamps % _stampsPerTick + time.Ticks % Tick.Ticks * _stampsPerTick / Tick.Ticks + _stampsPerTick - 1) / _stampsPerTick
            + time.Ticks / Tick.Ticks;
    }

    /// <summary>Starts a timer, or starts it anew if it runs, for a tick of <see cref="TickIn"/>.</summary>
    internal void Start(SipTimed timer, long due)
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _wheel.Remove(timer);
            timer.Generation++;
            timer.Due = due;
            _wheel.Add(timer);
            if (due < _armedFor)
                Arm();
        }
    }

    /// <summary>Stops all timers.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _wheel.Clear();
        }
        _clock.Dispose();
    }

    private void RunTogether() => _around(_runDue);

    private void RunDue()
    {
        var due = new List<SipTimed>();
        int[] generations;
        lock (_lock)
        {
            _armedFor = long.MaxValue;
            _wheel.Advance(Now, due);
            generations = [.. due.Select(timer => timer.Generation)];
            Arm();
        }
        for (var i = 0; i < due.Count; i++)
        {
            lock (_lock)
            {
                // One before it in the list may have stopped it, or started it anew.
                if (due[i].Generation != generations[i] || _disposed)
                    continue;
            }
            try
            {
                due[i].Run();
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
        if (_disposed || _wheel.NextTick() is not { } next || next >= _armedFor)
            return;
        _armedFor = next;
        var wait = _time.GetElapsedTime(_time.GetTimestamp(), _beginning + next * _stampsPerTick).TotalMilliseconds;
        // Upward to whole milliseconds, which is what timers count in: waking early would only mean waking twice. And never at once: a
        // clock may run its callback in this very call, where the caller still holds its locks.
        _clock.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(wait))), Timeout.InfiniteTimeSpan);
    }
}
