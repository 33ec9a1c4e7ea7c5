using System.Diagnostics;

namespace FlashCall.EndToEnd.Tests.Tracing;

/// <summary>A span as it was exported (OpenTelemetry protocol, <c>opentelemetry.proto.trace.v1.Span</c>).</summary>
/// <param name="TraceId">32 lower-case hexadecimal digits.</param>
/// <param name="SpanId">16 lower-case hexadecimal digits.</param>
/// <param name="ParentSpanId">The parent's, or null for a root.</param>
/// <param name="Name">What was done: <c>POST /v1/verifications</c>.</param>
/// <param name="Kind">Which side of what was done this is.</param>
/// <param name="Service">The resource's <c>service.name</c>.</param>
/// <param name="Scope">The instrumentation scope: in .NET the name of the activity source.</param>
/// <param name="Start">To 100 ns.</param>
/// <param name="End">To 100 ns.</param>
/// <param name="Attributes">Values are a string, bool, long, double, list, dictionary, byte array or null.</param>
/// <param name="Events">What happened on the way.</param>
/// <param name="Links">Spans it points at without being their child.</param>
/// <param name="Status">How it ended.</param>
internal sealed record Span(
    string TraceId,
    string SpanId,
    string? ParentSpanId,
    string Name,
    ActivityKind Kind,
    string Service,
    string Scope,
    DateTimeOffset Start,
    DateTimeOffset End,
    IReadOnlyDictionary<string, object?> Attributes,
    IReadOnlyList<SpanEvent> Events,
    IReadOnlyList<SpanLink> Links,
    SpanStatus Status)
{
    public TimeSpan Duration => End - Start;
}

/// <summary>Something that happened during a span.</summary>
internal sealed record SpanEvent(string Name, DateTimeOffset Time, IReadOnlyDictionary<string, object?> Attributes);

/// <summary>A span that another one points at without being its child.</summary>
internal sealed record SpanLink(string TraceId, string SpanId, IReadOnlyDictionary<string, object?> Attributes);

/// <summary>How a span ended.</summary>
internal sealed record SpanStatus(ActivityStatusCode Code, string Message);
