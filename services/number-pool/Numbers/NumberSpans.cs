namespace FlashCall.NumberPool.Numbers;

/// <summary>Sets of numbers, as spans.</summary>
internal static class NumberSpans
{
    /// <summary>The same numbers as few spans in ascending order, none of which touches another. Spans of different lengths stay
    /// apart.</summary>
    public static List<NumberSpan> Union(IEnumerable<NumberSpan> spans)
    {
        var union = new List<NumberSpan>();
        foreach (var span in spans.OrderBy(span => span.First))
        {
            if (union.Count > 0 && union[^1] is var last && span.First <= last.Last + 1 && span.Length == last.Length)
                union[^1] = new NumberSpan(last.First, Math.Max(last.Last, span.Last));
            else
                union.Add(span);
        }
        return union;
    }

    /// <summary>The numbers of a span that are in none of the others.</summary>
    /// <param name="span">The span.</param>
    /// <param name="others">Spans in any order; they may overlap.</param>
    /// <returns>Spans in ascending order.</returns>
    public static IEnumerable<NumberSpan> Except(NumberSpan span, IEnumerable<NumberSpan> others)
    {
        var next = span.First;
        foreach (var other in others.OrderBy(other => other.First))
        {
            if (other.First > span.Last)
                break;
            if (other.First > next)
                yield return new NumberSpan(next, other.First - 1);
            next = Math.Max(next, other.Last + 1);
        }
        if (next <= span.Last)
            yield return new NumberSpan(next, span.Last);
    }
}
