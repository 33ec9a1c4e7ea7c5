using System.Diagnostics;
using System.Diagnostics.Metrics;
using FlashCall.Hosting;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;

namespace FlashCall.Verification;

/// <summary>The figures of sessions, on the meter <c>FlashCall</c>; each step counts at the replica that stored it.</summary>
internal sealed class SessionMetrics
{
    private readonly Counter<long> _started;
    private readonly Counter<long> _ended;
    private readonly Histogram<double> _timeToRing;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _overrun;

    public SessionMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("FlashCall");
        _started = meter.CreateCounter<long>("flashcall.verification.started", "{session}", "Sessions that began, by purpose.");
        _ended = meter.CreateCounter<long>(
            "flashcall.verification.ended", "{session}", "Sessions that ended, by purpose, outcome and, where there is one, reason.");
        _timeToRing = meter.CreateHistogram("flashcall.verification.time_to_ring", "s", "From the start of a session to its first ringing.",
            advice: Buckets(0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 7, 10, 15, 30));
        _duration = meter.CreateHistogram("flashcall.verification.duration", "s", "From the start of a session to its end, by outcome.",
            advice: Buckets(0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600));
        _overrun = meter.CreateHistogram(
            "flashcall.verification.overrun", "s", "How long after its deadline a session ended; 0 for those that ended before.",
            advice: Buckets(0, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600));
    }

    /// <summary>A step was stored.</summary>
    /// <param name="before">Where the session stood; null for one that begins.</param>
    /// <param name="after">Where it stands.</param>
    public void Stored(VerificationSession? before, VerificationSession after)
    {
        var purpose = new KeyValuePair<string, object?>("purpose", PurposeName.Write(after.Asked.Purpose));
        if (before is null)
            _started.Add(1, purpose);
        // The first attempt's: a later one waited for those before it.
        if (after.Attempts.Count == 1 && RingsSince(after) is { } rang && RingsSince(before) is null)
            _timeToRing.Record(Math.Max(0, (rang - after.Asked.At).TotalSeconds), purpose);
        if (before is VerificationSession.Ended || after is not VerificationSession.Ended ended)
            return;
        var outcome = new KeyValuePair<string, object?>("outcome", SessionStatus.Of(ended));
        var tags = new TagList { purpose, outcome };
        if (ended.Reason is { } reason)
            tags.Add("reason", reason);
        _ended.Add(1, tags);
        _duration.Record(Math.Max(0, (ended.At - ended.Asked.At).TotalSeconds), outcome);
        _overrun.Record(Math.Max(0, (ended.At - ended.Asked.ExpiresAt).TotalSeconds), purpose);
    }

    /// <summary>Since when the phone rings, where it does.</summary>
    private static DateTimeOffset? RingsSince(VerificationSession? session) =>
        session?.Current is FlashCallAttempt.Ringing ringing ? ringing.RangAt : null;

    private static InstrumentAdvice<double> Buckets(params double[] boundaries) => new() { HistogramBucketBoundaries = boundaries };
}
