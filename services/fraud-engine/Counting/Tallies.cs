using System.Runtime.InteropServices;

namespace FlashCall.Fraud.Counting;

/// <summary>
/// Counters in memory, many of few: each subject has a chain of them, one for each measure and grain. They lie in one array without
/// references, since millions of small objects that live for hours would cost more to collect than to count. Not for several threads.
/// </summary>
/// <param name="memory">How far back the longest window reads.</param>
internal sealed class Tallies(TimeSpan memory)
{
    /// <summary>The end of every chain.</summary>
    public const int None = -1;

    private readonly List<Series> _series = [];
    private readonly Stack<int> _freeSeries = [];
    private Tally[] _all = new Tally[1024];
    private int _used;
    private int _free = None;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Adds to a bucket.</summary>
    /// <param name="head">The subject's chain; changes when a counter joins it.</param>
    /// <param name="measure">Of what.</param>
    /// <param name="grainSeconds">The length of the bucket.</param>
    /// <param name="bucket">Which one.</param>
    /// <param name="amount">How much more.</param>
    public void Add(ref int head, Measure measure, int grainSeconds, long bucket, long amount)
    {
        var at = Find(head, measure, grainSeconds);
        if (at == None)
        {
            head = Take(new Tally(measure, grainSeconds, head, bucket, amount));
            return;
        }
        ref var tally = ref _all[at];
        if (tally.Series == None)
        {
            if (tally.Bucket == bucket)
            {
                tally.Amount += amount;
                return;
            }
            tally.Series = TakeSeries();
            _series[tally.Series].Add(tally.Bucket, tally.Amount, reach: long.MaxValue);
        }
        _series[tally.Series].Add(bucket, amount, ReachOf(grainSeconds));
    }

    /// <summary>The sum of buckets, first and last included.</summary>
    public long Sum(int head, Measure measure, int grainSeconds, long first, long last)
    {
        var at = Find(head, measure, grainSeconds);
        if (at == None)
            return 0;
        ref readonly var tally = ref _all[at];
        if (tally.Series != None)
            return _series[tally.Series].Sum(first, last);
        return tally.Bucket >= first && tally.Bucket <= last ? tally.Amount : 0;
    }

    /// <summary>Forgets what no window reaches.</summary>
    /// <param name="head">The subject's chain.</param>
    /// <param name="at">The clock.</param>
    /// <returns>What is left of the chain; <see cref="None"/> if nothing is.</returns>
    public int Forget(int head, DateTimeOffset at)
    {
        var left = None;
        for (var i = head; i != None;)
        {
            ref var tally = ref _all[i];
            var next = tally.Next;
            var oldest = Window.BucketOf(at, tally.GrainSeconds) - ReachOf(tally.GrainSeconds);
            if (tally.Series == None ? tally.Bucket < oldest : _series[tally.Series].Forget(oldest))
            {
                Release(i);
            }
            else
            {
                tally.Next = left;
                left = i;
            }
            i = next;
        }
        return left;
    }

    private int Find(int head, Measure measure, int grainSeconds)
    {
        var all = _all;
        for (var i = head; i != None; i = all[i].Next)
        {
            if (all[i].Measure == measure && all[i].GrainSeconds == grainSeconds)
                return i;
        }
        return None;
    }

    private int Take(Tally tally)
    {
        Count++;
        var at = _free;
        if (at != None)
        {
            _free = _all[at].Next;
        }
        else
        {
            at = _used++;
            if (at == _all.Length)
                Array.Resize(ref _all, at * 2);
        }
        _all[at] = tally;
        return at;
    }

    private void Release(int at)
    {
        Count--;
        if (_all[at].Series is var series and not None)
        {
            _series[series].Clear();
            _freeSeries.Push(series);
        }
        _all[at].Next = _free;
        _free = at;
    }

    private int TakeSeries()
    {
        if (_freeSeries.TryPop(out var series))
            return series;
        _series.Add(new Series());
        return _series.Count - 1;
    }

    /// <summary>How many buckets back are kept: the longest window of a grain bounds it.</summary>
    private long ReachOf(int grainSeconds) => (long)((grainSeconds switch
    {
        5 => TimeSpan.FromMinutes(10),
        60 => TimeSpan.FromHours(2),
        900 => TimeSpan.FromDays(2),
        _ => memory,
    } + TimeSpan.FromHours(1)).TotalSeconds / grainSeconds) + 1;

    /// <summary>One counter. Most have one bucket ever.</summary>
    [StructLayout(LayoutKind.Auto)]
    private struct Tally(Measure measure, int grainSeconds, int next, long bucket, long amount)
    {
        private readonly byte _measure = (byte)measure;

        public readonly Measure Measure => (Measure)_measure;

        public int GrainSeconds { get; } = grainSeconds;

        /// <summary>The next of the subject's.</summary>
        public int Next = next;

        /// <summary>Its buckets, once there are several.</summary>
        public int Series = None;

        /// <summary>Its bucket as long as there is one alone.</summary>
        public long Bucket = bucket;

        public long Amount = amount;
    }
}
