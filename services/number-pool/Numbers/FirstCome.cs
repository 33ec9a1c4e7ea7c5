namespace FlashCall.NumberPool.Numbers;

/// <summary>Spans that are taken in order, where one that shares a number with one taken before is not.</summary>
internal sealed class FirstCome
{
    private readonly SortedSet<(long First, long Last, long Line)> _taken = [];

    /// <summary>Takes a span, unless one that was taken before shares a number with it.</summary>
    /// <param name="span">The span.</param>
    /// <param name="line">Where it was found.</param>
    /// <returns>The line of the one that shares a number; null if the span was taken.</returns>
    public long? Take(NumberSpan span, long line)
    {
        // The spans taken share no number, so the last of those that begin at or before its end is the last to end.
        var before = _taken.GetViewBetween((0, 0, 0), (span.Last, long.MaxValue, long.MaxValue));
        if (before.Count > 0 && before.Max is var last && last.Last >= span.First)
            return last.Line;
        _taken.Add((span.First, span.Last, line));
        return null;
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => _taken.Clear();
}
