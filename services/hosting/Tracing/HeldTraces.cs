using System.Diagnostics;

namespace FlashCall.Hosting.Tracing;

/// <summary>
/// The spans of traces that nobody has reason to keep yet. A trace waits for a reason for <paramref name="hold"/>, or until there is no
/// room for it; then it goes. Of a trace that is kept, what comes later is kept too. Not for several threads at once.
/// </summary>
/// <param name="hold">How long a trace waits after its first span.</param>
/// <param name="mostSpans">Spans that wait, of all traces; the oldest traces make room.</param>
/// <param name="mostKept">Kept traces that are remembered; the earliest are forgotten.</param>
internal sealed class HeldTraces(TimeSpan hold, int mostSpans, int mostKept)
{
    private readonly Dictionary<ActivityTraceId, Held> _held = [];
    private readonly Queue<Held> _byAge = new();
    private readonly HashSet<ActivityTraceId> _kept = [];
    private readonly Queue<ActivityTraceId> _keptByAge = new();

    /// <summary>The spans that wait.</summary>
    public int Count { get; private set; }

    /// <summary>The spans that went because their time was over, and because others needed the room.</summary>
    public (long Expired, long Crowded) Gone { get; private set; }

    /// <summary>Takes a span that has ended.</summary>
    /// <returns>The spans to export now, this one last; none where it waits.</returns>
    public IReadOnlyList<Activity> Add(Activity span, DateTimeOffset now)
    {
        if (_kept.Contains(span.TraceId))
            return [span];
        if (!_held.TryGetValue(span.TraceId, out var held))
        {
            held = new Held(span.TraceId, now + hold);
            _held.Add(span.TraceId, held);
            _byAge.Enqueue(held);
        }
        held.Spans.Add(span);
        Count++;
        while (_byAge.TryPeek(out var oldest) && (oldest.Until <= now || Count > mostSpans))
        {
            _byAge.Dequeue();
            // One that was kept meanwhile has left nothing here.
            if (!_held.TryGetValue(oldest.TraceId, out var waiting) || waiting != oldest)
                continue;
            _held.Remove(oldest.TraceId);
            Count -= oldest.Spans.Count;
            Gone = oldest.Until <= now
                ? Gone with { Expired = Gone.Expired + oldest.Spans.Count }
                : Gone with { Crowded = Gone.Crowded + oldest.Spans.Count };
        }
        return [];
    }

    /// <summary>There is a reason to keep a trace.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="isNews">Whether it was not kept yet.</param>
    /// <returns>The spans that waited, to export now.</returns>
    public IReadOnlyList<Activity> Keep(ActivityTraceId trace, out bool isNews)
    {
        isNews = _kept.Add(trace);
        if (!isNews)
            return [];
        _keptByAge.Enqueue(trace);
        if (_keptByAge.Count > mostKept)
            _kept.Remove(_keptByAge.Dequeue());
        if (!_held.Remove(trace, out var held))
            return [];
        Count -= held.Spans.Count;
        return held.Spans;
    }

    /// <summary>A trace that waits.</summary>
    private sealed class Held(ActivityTraceId trace, DateTimeOffset until)
    {
        public ActivityTraceId TraceId => trace;

        public DateTimeOffset Until => until;

        public List<Activity> Spans { get; } = [];
    }
}
