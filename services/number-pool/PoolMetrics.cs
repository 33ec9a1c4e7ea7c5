using System.Diagnostics.Metrics;
using FlashCall.Contracts;
using FlashCall.NumberPool.Leases;

namespace FlashCall.NumberPool;

/// <summary>The figures of the pool.</summary>
internal sealed class PoolMetrics
{
    private readonly Counter<long> _leases;
    private readonly Counter<long> _releases;

    /// <param name="meters">Makes the meter.</param>
    public PoolMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("FlashCall");
        _leases = meter.CreateCounter<long>("flashcall.pool.leases", "{attempt}", "Attempts that asked for a caller ID, by answer");
        _releases = meter.CreateCounter<long>(
            "flashcall.pool.releases", "{lease}", "Leases that were released before they expired, by outcome");
    }

    /// <summary>Counts a new answer.</summary>
    public void Answered(LeaseAnswer answer)
    {
        var tag = answer is LeaseAnswer.Refused refused ? refused.Reason.ToString() : "Leased";
        _leases.Add(1, new KeyValuePair<string, object?>("answer", tag));
    }

    /// <summary>Counts a release.</summary>
    public void Released(LeaseOutcome outcome) => _releases.Add(1, new KeyValuePair<string, object?>("outcome", outcome.ToString()));
}
