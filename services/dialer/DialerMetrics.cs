using System.Diagnostics;
using System.Diagnostics.Metrics;
using FlashCall.Contracts;
using FlashCall.Dialer.Calls;
using FlashCall.Dialer.Trunks;

namespace FlashCall.Dialer;

/// <summary>The dialer's figures, on the meter <c>FlashCall</c>.</summary>
internal sealed class DialerMetrics
{
    private const string NoTrunk = "none";

    private readonly Counter<long> _attempts;
    private readonly Counter<long> _ended;
    private readonly UpDownCounter<long> _inProgress;
    private readonly Histogram<double> _postDialDelay;
    private readonly Histogram<double> _ringTime;

    public DialerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("FlashCall");
        _attempts = meter.CreateCounter<long>(
            "flashcall.dialer.attempts", "{attempt}", "Calls that began on a trunk; one that several failed counts on each.");
        _ended = meter.CreateCounter<long>("flashcall.dialer.calls.ended", "{call}",
            "Calls that ended on a trunk, by disposition and SIP status; on the trunk 'none' those that no trunk took.");
        _inProgress = meter.CreateUpDownCounter<long>(
            "flashcall.dialer.calls.in_progress", "{call}", "Calls between their INVITE and their end.");
        _postDialDelay = meter.CreateHistogram("flashcall.dialer.post_dial_delay", "s", "From the INVITE to the first 180.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 7, 10, 15, 30] });
        _ringTime = meter.CreateHistogram("flashcall.dialer.ring_time", "s", "From the first 180 to the end of the call.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 7, 10, 15, 30] });
    }

    /// <summary>A call begins on a trunk.</summary>
    public void Begin(Trunk trunk, PhoneNumber callee)
    {
        var tags = TagsOf(trunk, callee);
        _attempts.Add(1, tags);
        _inProgress.Add(1, tags);
    }

    /// <summary>The phone rings.</summary>
    public void Rings(Trunk trunk, PhoneNumber callee, TimeSpan postDialDelay) =>
        _postDialDelay.Record(postDialDelay.TotalSeconds, TagsOf(trunk, callee));

    /// <summary>A trunk failed a call, which goes on to another.</summary>
    public void Fail(Trunk trunk, PhoneNumber callee, LegFailure failure) =>
        End(TagsOf(trunk, callee), failure.Disposition, failure.Status);

    /// <summary>A call is over.</summary>
    /// <param name="trunk">The trunk that it was on; null if it was on none.</param>
    /// <param name="callee">The phone.</param>
    /// <param name="end">How it ended.</param>
    public void End(Trunk? trunk, PhoneNumber callee, CallEnd end)
    {
        var tags = TagsOf(trunk, callee);
        if (end.RangAt is { } rangAt)
            _ringTime.Record((end.EndedAt - rangAt).TotalSeconds, tags);
        End(tags, end.Disposition, end.SipStatus);
    }

    private void End(TagList tags, CallDisposition disposition, int? status)
    {
        if (tags[0].Value is not NoTrunk)
            _inProgress.Add(-1, tags);
        tags.Add("disposition", disposition.ToString());
        if (status is { } known)
            tags.Add("sip.status", known);
        _ended.Add(1, tags);
    }

    // The operator's own prefix where the trunk has one: that is what a carrier's rates and troubles go by.
    private static TagList TagsOf(Trunk? trunk, PhoneNumber callee) => new()
    {
        { "trunk", trunk?.Name ?? NoTrunk },
        { "destination", trunk?.DestinationOf(callee)?.Prefix ?? callee.CallingCode },
    };
}
