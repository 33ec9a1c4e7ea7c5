using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
    /// <summary>A sweep looks at every counter, so that it has to be worth it: so many more of them, as a share of those that the last one
    /// left, and so many at least.</summary>
    private const double Growth = 1.5;

    private const int LeastGrowth = 50_000;

    private readonly Dictionary<Subject, int> _chains = new(Subject.ByText);
    private readonly Tallies _tallies = new(memory);
    private readonly Dictionary<Subject, TimedBlock> _blocks = [];
    private readonly Dictionary<Subject, List<ListEntry>> _entries = [];
    private double _sweepAbove = LeastGrowth;

    /// <summary>How many counters it holds.</summary>
    public int Count => _tallies.Count;

    /// <summary>Answers what the engine asks.</summary>
    public Readings Read(Questions questions)
    {
        var counts = new Dictionary<CounterQuery, long>(questions.Counters.Count);
        foreach (var query in questions.Counters)
            counts[query] = SumOf(query, questions.At);
        var (blocks, entries) = StandingOf(questions.Standing);
        return new Readings(questions.At, counts, blocks, entries);
    }

    /// <summary>Answers without being asked before: what is looked up is only what a rule reads. Good until something is remembered.</summary>
    /// <param name="standing">Of these subjects blocks and entries of the lists are wanted.</param>
    /// <param name="at">The moment that the windows end at.</param>
    public Readings ReadAt(IEnumerable<Subject> standing, DateTimeOffset at)
    {
        var (blocks, entries) = StandingOf(standing);
        return new Readings(at, query => SumOf(query, at), blocks, entries);
    }

    /// <summary>Remembers.</summary>
    /// <param name="changes">What the engine said.</param>
    /// <param name="at">The clock of what is replayed; from time to time what is too old is forgotten.</param>
    public void Apply(Changes changes, DateTimeOffset at)
    {
        ref var chain = ref Unsafe.NullRef<int>();
        var of = default(Subject);
        // The list as it is: through its interface each step would be two calls.
        foreach (var addition in CollectionsMarshal.AsSpan(changes.Additions as List<CounterAddition> ?? [.. changes.Additions]))
        {
            // What is said of one subject mostly comes together, and so is looked for once. Nothing else joins the table meanwhile.
            if (!ReferenceEquals(of.Key, addition.Subject.Key) || of.Kind != addition.Subject.Kind)
            {
                of = addition.Subject;
                chain = ref CollectionsMarshal.GetValueRefOrAddDefault(_chains, of, out var isKnown);
                if (!isKnown)
                    chain = Tallies.None;
            }
            _tallies.Add(ref chain, addition.Measure, addition.GrainSeconds, addition.Bucket, addition.Amount);
        }
        foreach (var block in changes.Blocks)
        {
            if (!_blocks.TryGetValue(block.Subject, out var other) || other.Until < block.Until)
                _blocks[block.Subject] = block;
        }
        if (Count > _sweepAbove)
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
        foreach (var (subject, chain) in _chains)
        {
            var left = _tallies.Forget(chain, at);
            if (left == Tallies.None)
                _chains.Remove(subject);
            else if (left != chain)
                CollectionsMarshal.GetValueRefOrNullRef(_chains, subject) = left;
        }
        _sweepAbove = Math.Max(Count * Growth, Count + LeastGrowth);
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

    private long SumOf(CounterQuery query, DateTimeOffset at)
    {
        if (!_chains.TryGetValue(query.Subject, out var chain))
            return 0;
        var (first, last) = query.Window.BucketsAt(at);
        return _tallies.Sum(chain, query.Measure, query.Window.GrainSeconds, first, last);
    }

    private (IReadOnlyList<TimedBlock> Blocks, IReadOnlyList<ListEntry> Entries) StandingOf(IEnumerable<Subject> subjects)
    {
        if (_blocks.Count == 0 && _entries.Count == 0)
            return ([], []);
        List<TimedBlock> blocks = [];
        List<ListEntry> entries = [];
        foreach (var subject in subjects)
        {
            if (_blocks.TryGetValue(subject, out var block))
                blocks.Add(block);
            if (_entries.TryGetValue(subject, out var listed))
                entries.AddRange(listed);
        }
        return (blocks, entries);
    }
}
