namespace FlashCall.Sip;

/// <summary>Runs once at a time, when it is due: a <see cref="SipTimer"/>, or an object that is its own timer, since one object more for
/// each call is one more for the garbage collector to carry.</summary>
public abstract class SipTimed
{
    /// <summary>The tick it is due in.</summary>
    internal long Due { get; set; }

    /// <summary>Counts starts and stops, so that a run that was already due can be told to be out of date.</summary>
    internal int Generation { get; set; }

    /// <summary>The list it stands in; null while it does not run.</summary>
    internal SipTimerList? List { get; set; }

    internal SipTimed? Next { get; set; }

    internal SipTimed? Previous { get; set; }

    /// <summary>The time has come. Runs on the thread of all timers, so it does not block. May run once more when the timer is stopped or
    /// started in that very moment.</summary>
    protected internal abstract void Run();
}

/// <summary>A timer that runs a callback. Made once and started as often as needed.</summary>
/// <param name="callback">See <see cref="SipTimed.Run"/>.</param>
public sealed class SipTimer(Action callback) : SipTimed
{
    /// <inheritdoc/>
    protected internal override void Run() => callback();
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

    public SipTimed? First { get; private set; }

    public void Add(SipTimed timer)
    {
        timer.List = this;
        timer.Previous = null;
        timer.Next = First;
        if (First is not null)
            First.Previous = timer;
        First = timer;
    }

    public void Remove(SipTimed timer)
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
