using System.Diagnostics;
using System.Diagnostics.Metrics;
using FlashCall.Dialer.Calls;

namespace FlashCall.Dialer;

/// <summary>The dialer's figures, on the meter <c>FlashCall</c>.</summary>
internal sealed class DialerMetrics
{
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _ended;
    private readonly UpDownCounter<long> _inProgress;
    private readonly Histogram<double> _postDialDelay;
    private readonly Histogram<double> _ringTime;

    public DialerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("FlashCall");
        _attempts = meter.CreateCounter<long>("flashcall.dialer.attempts", "{attempt}", "Calls that this replica was the one to place.");
        _ended = meter.CreateCounter<long>("flashcall.dialer.calls.ended", "{call}", "Calls that ended, by disposition and SIP status.");
        _inProgress = meter.CreateUpDownCounter<long>("flashcall.dialer.calls.in_progress", "{call}", "Calls between their INVITE and their end.");
        _postDialDelay = meter.CreateHistogram("flashcall.dialer.post_dial_delay", "s", "From the INVITE to the first 180.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 7, 10, 15, 30] });
        _ringTime = meter.CreateHistogram("flashcall.dialer.ring_time", "s", "From the first 180 to the end of the call.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 7, 10, 15, 30] });
    }

    /// <summary>A call begins.</summary>
    public void Begin(string trunk)
    {
        var tags = new TagList { { "trunk", trunk } };
        _attempts.Add(1, tags);
        _inProgress.Add(1, tags);
    }

    /// <summary>The phone rings.</summary>
    public void Rings(string trunk, TimeSpan postDialDelay) =>
        _postDialDelay.Record(postDialDelay.TotalSeconds, new TagList { { "trunk", trunk } });

    /// <summary>A call that began is over.</summary>
    public void End(string trunk, CallEnd end)
    {
        _inProgress.Add(-1, new TagList { { "trunk", trunk } });
        var tags = new TagList { { "trunk", trunk }, { "disposition", end.Disposition.ToString() } };
        if (end.RangAt is { } rangAt)
            _ringTime.Record((end.EndedAt - rangAt).TotalSeconds, tags);
        if (end.SipStatus is { } status)
            tags.Add("sip.status", status);
        _ended.Add(1, tags);
    }
}
