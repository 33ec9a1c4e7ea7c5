namespace FlashCall.NumberPool.Numbers;

/// <summary>What is to become of some numbers.</summary>
/// <param name="Numbers">The numbers. Those that the pool does not have stay out of it.</param>
/// <param name="To">Their new state.</param>
/// <param name="Reason">Why.</param>
internal sealed record NumberChange(NumberSpan Numbers, NumberState To, string Reason)
{
    /// <summary>How often they have rested by themselves, from now on; null leaves it as it is. Numbers that are made active have not
    /// rested unless it is said.</summary>
    public int? Rests { get; init; }

    /// <summary>Which of the numbers change; null changes all. It is asked while nobody else changes any.</summary>
    public Predicate<Run>? When { get; init; }

    /// <summary>The numbers after it.</summary>
    public Run Apply(Run run, string by, DateTimeOffset at)
    {
        if (When?.Invoke(run) == false)
            return run;
        var rests = Rests ?? (To is NumberState.Active ? 0 : run.Rests);
        if (run.State == To && run.Rests == rests)
            return run;
        // An active number is as one that nothing was ever done to, so that it joins its neighbours again; the history knows more.
        return To is NumberState.Active
            ? run with { State = To, Rests = rests, Reason = null, ChangedBy = null, ChangedAt = null }
            : run with { State = To, Rests = rests, Reason = Reason, ChangedBy = by, ChangedAt = at };
    }
}

/// <summary>A part of a run that changes.</summary>
/// <param name="Before">It before.</param>
/// <param name="After">It after; null if it is removed.</param>
/// <param name="Reason">Why.</param>
internal sealed record ChangedPart(Run Before, Run? After, string Reason);

/// <summary>What becomes of runs when some of their numbers change: they are split where the change begins and ends, and neighbours that are
/// the same afterwards are one run again.</summary>
internal sealed class RunChange
{
    private readonly List<Run> _after = [];

    private RunChange()
    {
    }

    /// <summary>The runs that are not there any more, by their first numbers.</summary>
    public List<long> Gone { get; } = [];

    /// <summary>The runs that stand in their place.</summary>
    public List<Run> New { get; } = [];

    /// <summary>The parts that changed, in ascending order.</summary>
    public List<ChangedPart> Parts { get; } = [];

    /// <summary>How many numbers the change was for, changed or not.</summary>
    public long Touched { get; private set; }

    /// <summary>Changes states.</summary>
    /// <param name="runs">In ascending order: all runs that a change is for, and those right before and after it.</param>
    /// <param name="changes">In ascending order; no two for one number.</param>
    /// <param name="by">Who says so.</param>
    /// <param name="at">When (UTC).</param>
    public static RunChange Of(IReadOnlyList<Run> runs, IReadOnlyList<NumberChange> changes, string by, DateTimeOffset at) =>
        Make(runs, changes, change => change.Numbers, (change, part) => change.Apply(part, by, at), change => change.Reason);

    /// <summary>Removes numbers.</summary>
    /// <param name="runs">In ascending order: all runs that the spans have a number of.</param>
    /// <param name="spans">In ascending order; no two have one number.</param>
    /// <param name="reason">Why.</param>
    public static RunChange Removing(IReadOnlyList<Run> runs, IReadOnlyList<NumberSpan> spans, string reason) =>
        Make(runs, spans, span => span, (_, _) => null, _ => reason);

    private static RunChange Make<T>(
        IReadOnlyList<Run> runs, IReadOnlyList<T> changes, Func<T, NumberSpan> numbersOf, Func<T, Run, Run?> apply, Func<T, string> reason)
    {
        var made = new RunChange();
        var at = 0;
        foreach (var run in runs)
        {
            while (at < changes.Count && numbersOf(changes[at]).Last < run.Numbers.First)
                at++;
            var next = run.Numbers.First;
            for (var i = at; i < changes.Count && numbersOf(changes[i]) is var numbers && numbers.First <= run.Numbers.Last; i++)
            {
                var part = run.Part(new NumberSpan(Math.Max(next, numbers.First), Math.Min(run.Numbers.Last, numbers.Last)));
                made.Keep(run, next, part.Numbers.First - 1);
                made.Change(part, apply(changes[i], part), reason(changes[i]));
                next = part.Numbers.Last + 1;
            }
            made.Keep(run, next, run.Numbers.Last);
        }
        made.Compare(runs);
        return made;
    }

    private void Keep(Run run, long first, long last)
    {
        if (first <= last)
            Append(run.Part(new NumberSpan(first, last)));
    }

    private void Change(Run before, Run? after, string reason)
    {
        Touched += before.Numbers.Count;
        if (after is not null)
            Append(after);
        if (after is null || !after.IsSameAs(before))
            Parts.Add(new ChangedPart(before, after, reason));
    }

    private void Append(Run run)
    {
        if (_after.Count > 0 && _after[^1].GoesOnAs(run))
            _after[^1] = _after[^1] with { Numbers = new NumberSpan(_after[^1].Numbers.First, run.Numbers.Last) };
        else
            _after.Add(run);
    }

    private void Compare(IReadOnlyList<Run> before)
    {
        var kept = new HashSet<long>();
        var old = before.ToDictionary(run => run.Numbers.First);
        foreach (var run in _after)
        {
            if (old.TryGetValue(run.Numbers.First, out var same) && same.Numbers == run.Numbers && same.IsSameAs(run))
                kept.Add(run.Numbers.First);
            else
                New.Add(run);
        }
        Gone.AddRange(before.Select(run => run.Numbers.First).Where(first => !kept.Contains(first)));
    }
}
