using System.Diagnostics;
using System.Numerics;

namespace FlashCall.Sip;

/// <summary>
/// A hierarchical timing wheel (Varghese and Lauck 1987): rings of 64 slots, each slot of a ring as long as the whole ring below it.
/// Timers go into the slot of their due tick in the lowest ring that reaches it, and fall ring by ring as their time comes. Adding and
/// removing touch one list. Knows ticks only: no clock, no lock.
/// </summary>
internal sealed class SipTimerWheel
{
    private const int BitsPerRing = 6;
    private const int SlotsPerRing = 1 << BitsPerRing;

    // 64^5 ticks of 5 ms are two months; what is further away waits in the last slot and is placed again from there.
    private const int Rings = 5;
    private const long Reach = 1L << (BitsPerRing * Rings);

    private readonly SipTimerList[] _slots;
    private readonly ulong[] _occupied = new ulong[Rings];
    private long _now;

    public SipTimerWheel()
    {
        _slots = new SipTimerList[Rings * SlotsPerRing];
        for (var i = 0; i < _slots.Length; i++)
            _slots[i] = new SipTimerList(this, i / SlotsPerRing, i % SlotsPerRing);
    }

    /// <summary>How many timers are in it.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a timer by its due tick; one that is due already falls due with the next tick.</summary>
    public void Add(SipTimed timer)
    {
        Debug.Assert(timer.List is null, "The timer is in a wheel.");
        Place(timer);
        Count++;
    }

    /// <summary>Removes a timer; nothing happens if it is in no list of this wheel.</summary>
    public void Remove(SipTimed timer)
    {
        if (timer.List is not { } list || !ReferenceEquals(list.Wheel, this))
            return;
        list.Remove(timer);
        if (list.First is null)
            _occupied[list.Level] &= ~(1UL << list.Slot);
        Count--;
    }

    /// <summary>The next tick in which something may have to be done: a timer is due, or falls to a lower ring. Null if it is
    /// empty.</summary>
    public long? NextTick()
    {
        long? next = null;
        for (var ring = 0; ring < Rings; ring++)
        {
            if (_occupied[ring] == 0)
                continue;
            // The first occupied slot after the present one; a slot behind it belongs to the ring's next round.
            var shift = BitsPerRing * ring;
            var after = (int)((_now >> shift) & (SlotsPerRing - 1)) + 1;
            var ahead = BitOperations.TrailingZeroCount(BitOperations.RotateRight(_occupied[ring], after)) + 1;
            var tick = ((_now >> shift) + ahead) << shift;
            // Not always the lowest ring's: a slot above may begin, and hold what is due, before the lowest ring has gone round.
            if (next is null || tick < next)
                next = tick;
        }
        return next;
    }

    /// <summary>Goes on to a tick and takes the timers out that have fallen due.</summary>
    public void Advance(long tick, List<SipTimed> due)
    {
        while (NextTick() is { } next && next <= tick)
        {
            _now = next;
            // From above: what falls out of a higher ring may be due in the present slot of a lower one.
            for (var ring = Rings - 1; ring > 0; ring--)
            {
                var shift = BitsPerRing * ring;
                if ((_now & ((1L << shift) - 1)) == 0)
                    Fall(ring, (int)((_now >> shift) & (SlotsPerRing - 1)), due);
            }
            Take((int)(_now & (SlotsPerRing - 1)), due);
        }
        _now = Math.Max(_now, tick);
    }

    /// <summary>Takes all timers out.</summary>
    public void Clear()
    {
        foreach (var list in _slots)
        {
            while (list.First is { } timer)
                Remove(timer);
        }
    }

    private void Place(SipTimed timer)
    {
        var due = Math.Clamp(timer.Due, _now + 1, _now + Reach - 1);
        // The lowest ring in which the due slot is not more than a round away.
        var ring = 0;
        while (ring < Rings - 1 && (due >> (BitsPerRing * ring)) - (_now >> (BitsPerRing * ring)) >= SlotsPerRing)
            ring++;
        var slot = (int)((due >> (BitsPerRing * ring)) & (SlotsPerRing - 1));
        _slots[ring * SlotsPerRing + slot].Add(timer);
        _occupied[ring] |= 1UL << slot;
    }

    private void Fall(int ring, int slot, List<SipTimed> due)
    {
        var list = _slots[ring * SlotsPerRing + slot];
        while (list.First is { } timer)
        {
            Remove(timer);
            if (timer.Due <= _now)
                due.Add(timer);
            else
                Add(timer);
        }
    }

    private void Take(int slot, List<SipTimed> due)
    {
        var list = _slots[slot];
        while (list.First is { } timer)
        {
            Remove(timer);
            due.Add(timer);
        }
    }
}
