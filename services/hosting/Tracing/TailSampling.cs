using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace FlashCall.Hosting.Tracing;

/// <summary>
/// Exports every trace in which something failed or was slow, and of the others a part by their ids, the same in every service. The others'
/// spans wait until one of them, or another service, has a reason to keep the trace (<c>docs/decisions/0045</c>).
/// </summary>
internal sealed class TailSampling : CompositeProcessor<Activity>
{
    /// <summary>Longer than a call may take from its command to its end, so that a call's failure finds the trace's beginning.</summary>
    private static readonly TimeSpan Hold = TimeSpan.FromMinutes(1);

    /// <summary>About 2 KiB each.</summary>
    private const int MostSpans = 20_000;

    private const int MostKept = 10_000;

    private readonly TracingSettings _settings;
    private readonly TimeProvider _time;
    private readonly TraceIdRatioBasedSampler _ratio;
    private readonly Lock _lock = new();
    private readonly HeldTraces _held = new(Hold, MostSpans, MostKept);

    private readonly Channel<ActivityTraceId> _news = Channel.CreateBounded<ActivityTraceId>(
        new BoundedChannelOptions(MostKept) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <param name="export">What exports.</param>
    /// <param name="settings">What is kept.</param>
    /// <param name="time">The clock.</param>
    public TailSampling(BaseProcessor<Activity> export, TracingSettings settings, TimeProvider time)
        : base([export])
    {
        (_settings, _time) = (settings, time);
        _ratio = new TraceIdRatioBasedSampler(settings.Ratio);
    }

    /// <summary>The traces that this process has found a reason to keep, for the others to know.</summary>
    public ChannelReader<ActivityTraceId> News => _news.Reader;

    /// <summary>The spans that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _held.Count;
        }
    }

    /// <summary>The spans that went because their time was over, and because others needed the room.</summary>
    public (long Expired, long Crowded) Gone
    {
        get
        {
            lock (_lock)
                return _held.Gone;
        }
    }

    /// <summary>Shows how many spans wait and went, as <c>flashcall.tracing.spans.waiting</c> and <c>flashcall.tracing.spans.dropped</c>.</summary>
    public void ShowIn(IMeterFactory meters)
    {
        var meter = meters.Create("FlashCall");
        meter.CreateObservableUpDownCounter(
            "flashcall.tracing.spans.waiting", () => Waiting, "{span}", "Spans that wait for a reason to keep their trace.");
        meter.CreateObservableCounter("flashcall.tracing.spans.dropped", Dropped, "{span}", "Spans that nobody had a reason to keep.");
    }

    public override void OnEnd(Activity data)
    {
        if (!data.Recorded)
            return;
        // A trace in the ratio is exported by every service anyway: nobody has to be told of it.
        if (IsInRatio(data.TraceId))
        {
            base.OnEnd(data);
            return;
        }
        IReadOnlyList<Activity> earlier = [];
        IReadOnlyList<Activity> released;
        lock (_lock)
        {
            if (IsReason(data, _settings.Slow))
            {
                earlier = _held.Keep(data.TraceId, out var isNews);
                if (isNews)
                    _news.Writer.TryWrite(data.TraceId);
            }
            released = _held.Add(data, _time.GetUtcNow());
        }
        Export(earlier);
        Export(released);
    }

    /// <summary>Another service has a reason to keep a trace.</summary>
    public void Keep(ActivityTraceId trace)
    {
        IReadOnlyList<Activity> released;
        lock (_lock)
            released = _held.Keep(trace, out _);
        Export(released);
    }

    /// <summary>
    /// Whether a span is a reason to keep its trace: it failed, or was slow. What counts is what a service was asked to do, and the
    /// platform's own spans; what failed on the way there without harm, such as a statement that met another, does not.
    /// </summary>
    internal static bool IsReason(Activity span, TimeSpan slow)
    {
        if (span.GetTagItem(Telemetry.Slow) is true)
            return true;
        // The reverse proxy has a second span for each request, which would wait as long and does not say so.
        var isAsked = span.Kind is ActivityKind.Server or ActivityKind.Consumer && span.Source.Name != "Yarp.ReverseProxy";
        if (!isAsked && span.Source != Telemetry.Source)
            return false;
        return span.Status is ActivityStatusCode.Error || (span.Duration >= slow && span.GetTagItem(Telemetry.Waits) is not true);
    }

    private bool IsInRatio(ActivityTraceId trace) =>
        _ratio.ShouldSample(new SamplingParameters(default, trace, "", ActivityKind.Internal)).Decision is SamplingDecision.RecordAndSample;

    private IEnumerable<Measurement<long>> Dropped()
    {
        var (expired, crowded) = Gone;
        yield return new Measurement<long>(expired, new KeyValuePair<string, object?>("reason", "expired"));
        yield return new Measurement<long>(crowded, new KeyValuePair<string, object?>("reason", "crowded"));
    }

    private void Export(IReadOnlyList<Activity> spans)
    {
        foreach (var span in spans)
            base.OnEnd(span);
    }
}
