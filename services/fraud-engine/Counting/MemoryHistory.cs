using FlashCall.Fraud.Engine;

namespace FlashCall.Fraud.Counting;

/// <summary>
/// History in memory: counters, blocks and lists for replays and simulations, with the clock of what is replayed. Gives the very figures
/// that a database gives, since both add up whole numbers by bucket. Not for several threads.
/// </summary>
/// <param name="memory">How far back the longest window reads; older buckets are swept.</param>
/// <param name="blockMemory">How long a lifted block is remembered.</param>
internal sealed class MemoryHistory(TimeSpan memory, TimeSpan blockMemory)
{
    private readonly Dictionary<(Subject Subject, Measure Measure, int GrainSeconds), Buckets> _counters = [];
    private readonly Dictionary<Subject, TimedBlock> _blocks = [];
    private readonly Dictionary<Subject, List<ListEntry>> _entries = [];
    private DateTimeOffset _sweptAt = DateTimeOffset.MinValue;

    /// <summary>How many counters it holds.</summary>
    public int Count => _counters.Count;

    /// <summary>Answers what the engine asks.</summary>
    public Readings Read(Questions questions)
    {
        var counts = new Dictionary<CounterQuery, long>(questions.Counters.Count);
        foreach (var query in questions.Counters)
        {
            var (first, last) = query.Window.BucketsAt(questions.At);
            counts[query] = _counters.TryGetValue((query.Subject, query.Measure, query.Window.GrainSeconds), out var buckets)
                ? buckets.Sum(first, last)
                : 0;
        }
        List<TimedBlock> blocks = [];
        List<ListEntry> entries = [];
        foreach (var subject in questions.Standing)
        {
            if (_blocks.TryGetValue(subject, out var block))
                blocks.Add(block);
            if (_entries.TryGetValue(subject, out var listed))
                entries.AddRange(listed);
        }
        return new Readings(questions.At, counts, blocks, entries);
    }

    /// <summary>Remembers.</summary>
    /// <param name="changes">What the engine said.</param>
    /// <param name="at">The clock of what is replayed; from time to time what is too old is forgotten.</param>
    public void Apply(Changes changes, DateTimeOffset at)
    {
        foreach (var addition in changes.Additions)
        {
            var key = (addition.Subject, addition.Measure, addition.GrainSeconds);
            if (!_counters.TryGetValue(key, out var buckets))
                _counters[key] = buckets = new Buckets();
            buckets.Add(addition.Bucket, addition.Amount);
        }
        foreach (var block in changes.Blocks)
        {
            if (!_blocks.TryGetValue(block.Subject, out var other) || other.Until < block.Until)
                _blocks[block.Subject] = block;
        }
        if (at - _sweptAt > TimeSpan.FromMinutes(10))
            Sweep(at);
    }

    /// <summary>Puts an entry on a list.</summary>
    public void List(ListEntry entry)
    {
        if (!_entries.TryGetValue(entry.Subject, out var listed))
            _entries[entry.Subject] = listed = [];
        listed.Add(entry);
    }

    /// <summary>Lifts a block by hand; its level is remembered.</summary>
    public void Lift(Subject subject, DateTimeOffset at)
    {
        if (_blocks.TryGetValue(subject, out var block) && block.StandsAt(at))
            _blocks[subject] = block with { Until = at };
    }

    /// <summary>Forgets what no window reaches and no memory keeps.</summary>
    public void Sweep(DateTimeOffset at)
    {
        _sweptAt = at;
        foreach (var (key, buckets) in _counters)
        {
            // The longest window of a grain bounds what is kept of it.
            var reach = key.GrainSeconds switch
            {
                5 => TimeSpan.FromMinutes(10),
                60 => TimeSpan.FromHours(2),
                900 => TimeSpan.FromDays(2),
                _ => memory,
            } + TimeSpan.FromHours(1);
            if (buckets.Forget(Window.BucketOf(at - reach, key.GrainSeconds) - 1))
                _counters.Remove(key);
        }
        foreach (var (subject, block) in _blocks)
        {
            if (at - block.Until >= blockMemory)
                _blocks.Remove(subject);
        }
        foreach (var (subject, listed) in _entries)
        {
            listed.RemoveAll(entry => !entry.HoldsAt(at));
            if (listed.Count == 0)
                _entries.Remove(subject);
        }
    }

    /// <summary>The buckets of one counter in order of time; most have one or two.</summary>
    private sealed class Buckets
    {
        private readonly List<(long Bucket, long Amount)> _buckets = new(1);

        public void Add(long bucket, long amount)
        {
            var at = _buckets.Count;
            while (at > 0 && _buckets[at - 1].Bucket > bucket)
                at--;
            if (at > 0 && _buckets[at - 1].Bucket == bucket)
                _buckets[at - 1] = (bucket, _buckets[at - 1].Amount + amount);
            else
                _buckets.Insert(at, (bucket, amount));
        }

        public long Sum(long first, long last)
        {
            var sum = 0L;
            for (var i = _buckets.Count - 1; i >= 0 && _buckets[i].Bucket >= first; i--)
            {
                if (_buckets[i].Bucket <= last)
                    sum += _buckets[i].Amount;
            }
            return sum;
        }

        /// <summary>Forgets buckets up to one, that included.</summary>
        /// <returns>True if nothing is left.</returns>
        public bool Forget(long upTo)
        {
            _buckets.RemoveAll(bucket => bucket.Bucket <= upTo);
            return _buckets.Count == 0;
        }
    }
}
