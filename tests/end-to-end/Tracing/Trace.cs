using System.Text;

namespace FlashCall.EndToEnd.Tests.Tracing;

/// <summary>The spans of one trace that have arrived so far.</summary>
internal sealed class Trace(string traceId, IReadOnlyList<Span> spans)
{
    public string TraceId => traceId;

    /// <summary>In the order of their starts.</summary>
    public IReadOnlyList<Span> Spans { get; } = [.. spans.OrderBy(span => span.Start)];

    /// <summary>The span's parent, or null if it has none or it has not arrived.</summary>
    public Span? ParentOf(Span span) => Spans.FirstOrDefault(other => other.SpanId == span.ParentSpanId);

    /// <summary>The span's parent, that one's parent, and so on to the root or to one that has not arrived.</summary>
    public IEnumerable<Span> AncestorsOf(Span span)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { span.SpanId };
        for (var parent = ParentOf(span); parent is not null && seen.Add(parent.SpanId); parent = ParentOf(parent))
            yield return parent;
    }

    /// <summary>The spans whose parent has not arrived, or that have none.</summary>
    public IEnumerable<Span> Roots => Spans.Where(span => ParentOf(span) is null);

    /// <summary>The trace as an indented tree, for the message of a failed test.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append("trace ").Append(traceId).Append(", ").Append(Spans.Count).Append(" spans\n");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var root in Roots)
            Append(text, root, depth: 1, seen);
        return text.ToString();
    }

    private void Append(StringBuilder text, Span span, int depth, HashSet<string> seen)
    {
        if (!seen.Add(span.SpanId))
            return;
        text.Append(' ', 2 * depth).Append(span.Service).Append(" | ").Append(span.Scope).Append(" | ").Append(span.Kind).Append(" | ")
            .Append(span.Name).Append(" | ").Append(Math.Round(span.Duration.TotalMilliseconds, 1)).Append(" ms");
        if (span.ParentSpanId is not null && ParentOf(span) is null)
            text.Append(" | parent ").Append(span.ParentSpanId).Append(" is missing");
        text.Append('\n');
        foreach (var child in Spans.Where(other => other.ParentSpanId == span.SpanId))
            Append(text, child, depth + 1, seen);
    }
}
