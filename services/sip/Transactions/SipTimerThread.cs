using System.Diagnostics;

namespace FlashCall.Sip;

/// <summary>
/// The timer behind <see cref="SipTimers"/> on the system's clock: a thread that sleeps until it is due. Hundreds of wakings a second by
/// way of the thread pool would cost more than what is done in them, since its threads spin before they sleep.
/// </summary>
internal sealed class SipTimerThread : ITimer
{
    private readonly AutoResetEvent _changed = new(initialState: false);
    private readonly Action _callback;
    private readonly Thread _thread;
    private long _due = long.MaxValue;
    private bool _disposed;

    private static long Now => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    /// <param name="callback">Does not throw.</param>
    public SipTimerThread(Action callback)
    {
        _callback = callback;
        _thread = new Thread(Run) { IsBackground = true, Name = "SIP timers" };
        _thread.Start();
    }

    /// <param name="dueTime">When to run, from now; infinite for never.</param>
    /// <param name="period">Infinite: it runs once.</param>
    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (Volatile.Read(ref _disposed))
            return false;
        Volatile.Write(ref _due, dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : Now + (long)dueTime.TotalMilliseconds);
        // The thread itself looks again before it sleeps.
        if (Thread.CurrentThread != _thread)
            _changed.Set();
        return true;
    }

    public void Dispose()
    {
        // The event is left to its finalizer: the thread may be about to wait for it.
        if (!Interlocked.Exchange(ref _disposed, true))
            _changed.Set();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Run()
    {
        while (!Volatile.Read(ref _disposed))
        {
            var due = Volatile.Read(ref _due);
            var wait = due == long.MaxValue ? Timeout.Infinite : (int)Math.Clamp(due - Now, 0, int.MaxValue);
            if (wait != 0)
            {
                _changed.WaitOne(wait);
            }
            // Unless it was changed in this very moment.
            else if (Interlocked.CompareExchange(ref _due, long.MaxValue, due) == due)
            {
                _callback();
            }
        }
    }
}
