namespace FlashCall.Sip;

/// <summary>Runs a callback once at a time. Made once and started as often as needed.</summary>
public sealed class SipTimer
{
    private readonly Action<object> _callback;
    private readonly object _state;

    /// <summary>A timer that does not run yet.</summary>
    /// <param name="callback">Runs on the thread of all timers, so it does not block. May run once more when the timer is stopped or
    /// started in that very moment.</param>
    public SipTimer(Action callback)
        : this(static callback => ((Action)callback)(), callback)
    {
    }

    /// <summary>A timer whose callback is the same for all of its kind, so that only the state belongs to it.</summary>
    /// <param name="callback">As above.</param>
    /// <param name="state">What the callback gets.</param>
    public SipTimer(Action<object> callback, object state) => (_callback, _state) = (callback, state);

    /// <summary>The tick it is due in.</summary>
    internal long Due { get; set; }

    /// <summary>Counts starts and stops, so that a run that was already due can be told to be out of date.</summary>
    internal int Generation { get; set; }

    /// <summary>The list it stands in; null while it does not run.</summary>
    internal SipTimerList? List { get; set; }

    internal SipTimer? Next { get; set; }

    internal SipTimer? Previous { get; set; }

    internal void Run() => _callback(_state);
}

/// <summary>Timers that are due in the same slot of a wheel, in no order.</summary>
/// <param name="wheel">The wheel, to tell timers of other stacks from ours.</param>
/// <param name="level">Which ring of the wheel.</param>
/// <param name="slot">Which slot of the ring.</param>
internal sealed class SipTimerList(SipTimerWheel wheel, int level, int slot)
{
    public SipTimerWheel Wheel { get; } = wheel;

    public int Level { get; } = level;

    public int Slot { get; } = slot;

    public SipTimer? First { get; private set; }

    public void Add(SipTimer timer)
    {
        timer.List = this;
        timer.Previous = null;
        timer.Next = First;
        if (First is not null)
            First.Previous = timer;
        First = timer;
    }

    public void Remove(SipTimer timer)
    {
        if (timer.Previous is null)
            First = timer.Next;
        else
            timer.Previous.Next = timer.Next;
        if (timer.Next is not null)
            timer.Next.Previous = timer.Previous;
        timer.List = null;
        timer.Previous = timer.Next = null;
    }
}
