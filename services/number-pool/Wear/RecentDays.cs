namespace FlashCall.NumberPool.Wear;

/// <summary>What became of the calls of one number over one trunk to one destination in the last days: what is left out of its
/// peers'.</summary>
internal sealed class RecentDays
{
    /// <summary>Integers that a day takes when packed: the day, trials, verified.</summary>
    private const int Packed = 3;

    private readonly List<(int Day, int Trials, int Verified)> _days = [];

    /// <summary>Calls that count.</summary>
    public long Trials { get; private set; }

    /// <summary>Of them, those that were verified.</summary>
    public long Verified { get; private set; }

    /// <summary>Reads what <see cref="Pack"/> wrote.</summary>
    /// <param name="packed">Days, each as its number, trials and verified.</param>
    /// <param name="from">Days before this one are forgotten.</param>
    public static RecentDays Unpack(ReadOnlySpan<int> packed, DateOnly from)
    {
        var days = new RecentDays();
        for (var at = 0; at < packed.Length; at += Packed)
        {
            if (packed[at] >= from.DayNumber)
                days.Add(packed[at], packed[at + 1], packed[at + 2]);
        }
        return days;
    }

    /// <summary>Adds a call.</summary>
    public void Add(DateOnly day, bool verified) => Add(day.DayNumber, 1, verified ? 1 : 0);

    /// <summary>Each day as three integers: its number (days since 0001-01-01), trials, verified.</summary>
    public int[] Pack() => [.. _days.SelectMany(day => (int[])[day.Day, day.Trials, day.Verified])];

    private void Add(int day, int trials, int verified)
    {
        var at = _days.FindIndex(known => known.Day == day);
        if (at < 0)
            _days.Add((day, trials, verified));
        else
            _days[at] = (day, _days[at].Trials + trials, _days[at].Verified + verified);
        Trials += trials;
        Verified += verified;
    }
}
