using FlashCall.Fraud.Engine;

namespace FlashCall.Fraud.Counting;

/// <summary>Some buckets of a subject, all measures of them.</summary>
/// <param name="Subject">Whose.</param>
/// <param name="GrainSeconds">The length of a bucket.</param>
/// <param name="First">The first bucket.</param>
/// <param name="Last">The last bucket, included.</param>
internal readonly record struct CounterRange(Subject Subject, int GrainSeconds, long First, long Last)
{
    /// <summary>What a query reads at a moment.</summary>
    public static CounterRange Of(CounterQuery query, DateTimeOffset at)
    {
        var (first, last) = query.Window.BucketsAt(at);
        return new CounterRange(query.Subject, query.Window.GrainSeconds, first, last);
    }
}

/// <summary>
/// What was read of history, and what was decided since and is not written yet: of several decisions in one transaction each sees what
/// those before it leave. Not for several threads.
/// </summary>
internal sealed class KnownHistory
{
    private readonly Dictionary<CounterRange, long[]> _sums = [];
    private readonly Dictionary<(Subject Subject, Measure Measure, int GrainSeconds), List<(long Bucket, long Amount)>> _added = [];
    private readonly Dictionary<Subject, TimedBlock> _blocks = [];
    private readonly HashSet<(string? Application, ListEntry Entry)> _entries = [];

    /// <summary>Takes a sum that was read. What was asked for and is not given counts as nothing.</summary>
    /// <param name="range">Of which buckets.</param>
    /// <param name="sums">Each measure's, by its number.</param>
    public void Take(CounterRange range, long[] sums) => _sums[range] = sums;

    /// <summary>Takes a block that was read.</summary>
    public void Take(TimedBlock block) => _blocks[block.Subject] = block;

    /// <summary>Takes an entry of a list that was read.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="application">Whose it is; null for all.</param>
    public void Take(ListEntry entry, string? application) => _entries.Add((application, entry));

    /// <summary>Answers what the engine asks.</summary>
    /// <param name="questions">What it asks, which has to be read before.</param>
    /// <param name="application">Whose own entries of lists count beside those for all; null for none.</param>
    public Readings Of(Questions questions, string? application)
    {
        var counts = new Dictionary<CounterQuery, long>(questions.Counters.Count);
        foreach (var query in questions.Counters)
        {
            var range = CounterRange.Of(query, questions.At);
            var sum = _sums.TryGetValue(range, out var sums) ? sums[(int)query.Measure] : 0;
            if (_added.TryGetValue((query.Subject, query.Measure, range.GrainSeconds), out var added))
            {
                foreach (var (bucket, amount) in added)
                    sum += bucket >= range.First && bucket <= range.Last ? amount : 0;
            }
            counts[query] = sum;
        }
        List<TimedBlock> blocks = [];
        List<ListEntry> entries = [];
        foreach (var subject in questions.Standing)
        {
            if (_blocks.TryGetValue(subject, out var block))
                blocks.Add(block);
            foreach (var (of, entry) in _entries)
            {
                if (entry.Subject == subject && (of is null || of == application))
                    entries.Add(entry);
            }
        }
        return new Readings(questions.At, counts, blocks, entries);
    }

    /// <summary>Remembers what was decided.</summary>
    public void Apply(Changes changes)
    {
        foreach (var addition in changes.Additions)
        {
            var key = (addition.Subject, addition.Measure, addition.GrainSeconds);
            if (!_added.TryGetValue(key, out var buckets))
                _added[key] = buckets = new(1);
            var at = buckets.FindIndex(one => one.Bucket == addition.Bucket);
            if (at < 0)
                buckets.Add((addition.Bucket, addition.Amount));
            else
                buckets[at] = (addition.Bucket, buckets[at].Amount + addition.Amount);
        }
        // As it is written: one that stands is left alone.
        foreach (var block in changes.Blocks)
        {
            if (!_blocks.TryGetValue(block.Subject, out var other) || !other.StandsAt(block.RaisedAt))
                _blocks[block.Subject] = block;
        }
    }
}
