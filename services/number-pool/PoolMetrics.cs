using System.Diagnostics.Metrics;
using FlashCall.Contracts;
using FlashCall.NumberPool.Leases;
using FlashCall.NumberPool.Limits;

namespace FlashCall.NumberPool;

/// <summary>The figures of the pool.</summary>
internal sealed class PoolMetrics
{
    private readonly Counter<long> _leases;
    private readonly Histogram<double> _strength;
    private readonly Counter<long> _releases;
    private readonly Counter<long> _limits;
    private readonly Counter<long> _wrongReports;

    /// <param name="meters">Makes the meter.</param>
    public PoolMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("FlashCall");
        _leases = meter.CreateCounter<long>("flashcall.pool.leases", "{attempt}", "Attempts that asked for a caller ID, by answer");
        _strength = meter.CreateHistogram(
            "flashcall.pool.strength", "bit", "How hard the leased caller IDs are to guess: log2 of the numbers that could have rung.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [2, 4, 6, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20] });
        _releases = meter.CreateCounter<long>(
            "flashcall.pool.releases", "{lease}", "Leases that were released before they expired, by outcome");
        _limits = meter.CreateCounter<long>(
            "flashcall.pool.limits", "{attempt}", "Attempts that got no caller ID because of a limit, by its kind: callee, client or pool");
        _wrongReports = meter.CreateCounter<long>(
            "flashcall.pool.wrong_reports", "{report}", "Reports that named another number than the leased one");
    }

    /// <summary>Counts a new answer.</summary>
    public void Answered(LeaseAnswer answer)
    {
        var tag = answer is LeaseAnswer.Refused refused ? refused.Reason.ToString() : "Leased";
        _leases.Add(1, new KeyValuePair<string, object?>("answer", tag));
        if (answer is LeaseAnswer.Leased leased)
            _strength.Record(Math.Log2(Math.Max(1, leased.Candidates)), new KeyValuePair<string, object?>("trunk", leased.Trunk));
        if (answer is LeaseAnswer.Refused { Reason: var reason } && LimitAlarms.KindOf(reason) is { } kind)
            _limits.Add(1, new KeyValuePair<string, object?>("kind", kind.ToString()));
    }

    /// <summary>Counts a release.</summary>
    public void Released(ReleaseCallerId release)
    {
        _releases.Add(1, new KeyValuePair<string, object?>("outcome", release.Outcome.ToString()));
        _wrongReports.Add(release.WrongReports);
    }
}
