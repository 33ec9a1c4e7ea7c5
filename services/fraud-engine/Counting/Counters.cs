namespace FlashCall.Fraud.Counting;

/// <summary>Something to be read: how much of a measure a subject has within a window.</summary>
/// <param name="Subject">Whose.</param>
/// <param name="Measure">Of what.</param>
/// <param name="Window">Within which time.</param>
internal readonly record struct CounterQuery(Subject Subject, Measure Measure, Window Window);

/// <summary>Something that happened, to be added to one bucket. A store adds it up by (subject, measure, grain, bucket).</summary>
/// <param name="Subject">Whose.</param>
/// <param name="Measure">Of what.</param>
/// <param name="GrainSeconds">The length of the bucket.</param>
/// <param name="Bucket">Unix time in whole grains, as <see cref="Window.BucketOf"/> has it.</param>
/// <param name="Amount">How much more, or less where it is taken back; not 0.</param>
internal readonly record struct CounterAddition(Subject Subject, Measure Measure, int GrainSeconds, long Bucket, long Amount);

/// <summary>All that has to be read before the engine can decide, at once.</summary>
/// <param name="Counters">The counts; none twice.</param>
/// <param name="Standing">Of these subjects: blocks, standing or lifted within the policy's memory, and entries of the lists.</param>
/// <param name="At">The moment that the windows end at.</param>
internal sealed record Questions(IReadOnlyList<CounterQuery> Counters, IReadOnlyList<Subject> Standing, DateTimeOffset At);

/// <summary>What was read: the history as far as the engine asked for it.</summary>
/// <param name="at">The moment that the windows end at, which is the engine's clock.</param>
/// <param name="count">Answers a query.</param>
/// <param name="blocks">Blocks of the subjects asked for, the newest of each.</param>
/// <param name="entries">Entries of the lists for the subjects asked for.</param>
internal sealed class Readings(
    DateTimeOffset at, Func<CounterQuery, long> count, IReadOnlyList<TimedBlock> blocks, IReadOnlyList<ListEntry> entries)
{
    /// <param name="at">The moment that the windows end at, which is the engine's clock.</param>
    /// <param name="counts">A count for each query that was asked.</param>
    /// <param name="blocks">Blocks of the subjects asked for, the newest of each.</param>
    /// <param name="entries">Entries of the lists for the subjects asked for.</param>
    public Readings(
        DateTimeOffset at, IReadOnlyDictionary<CounterQuery, long> counts, IReadOnlyList<TimedBlock> blocks,
        IReadOnlyList<ListEntry> entries)
        : this(at, query => counts[query], blocks, entries)
    {
    }

    /// <summary>The moment of the request or outcome.</summary>
    public DateTimeOffset At => at;

    /// <summary>Blocks of the subjects asked for: standing ones and those within the memory.</summary>
    public IReadOnlyList<TimedBlock> Blocks => blocks;

    /// <summary>Entries of the lists, expired ones too.</summary>
    public IReadOnlyList<ListEntry> Entries => entries;

    /// <summary>The count.</summary>
    /// <exception cref="KeyNotFoundException">It was not asked for: the rule does not declare that it needs it.</exception>
    public long Of(Subject subject, Measure measure, Window window) => count(new CounterQuery(subject, measure, window));

    /// <summary>The newest block of a subject that counts still, or null.</summary>
    public TimedBlock? BlockOf(Subject subject)
    {
        TimedBlock? newest = null;
        foreach (var block in blocks)
        {
            if (block.Subject == subject && (newest is null || block.RaisedAt > newest.RaisedAt))
                newest = block;
        }
        return newest;
    }

    /// <summary>Nothing happened before.</summary>
    public static Readings Empty(Questions questions) =>
        new(questions.At, questions.Counters.ToDictionary(query => query, _ => 0L), [], []);
}
