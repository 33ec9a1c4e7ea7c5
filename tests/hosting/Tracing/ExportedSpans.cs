using System.Collections.Concurrent;
using System.Diagnostics;
using OpenTelemetry;

namespace FlashCall.Hosting.Tests.Tracing;

/// <summary>Stands where the exporter would, and keeps the names of what it is given.</summary>
internal sealed class ExportedSpans : BaseProcessor<Activity>
{
    private readonly ConcurrentQueue<Activity> _spans = [];

    /// <summary>The names of a trace's spans, in the order of their export.</summary>
    public IEnumerable<string> Of(ActivityTraceId trace) => _spans.Where(span => span.TraceId == trace).Select(span => span.OperationName);

    public override void OnEnd(Activity data) => _spans.Enqueue(data);
}
