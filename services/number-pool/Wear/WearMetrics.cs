using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace FlashCall.NumberPool.Wear;

/// <summary>Figures about wear, on the meter <c>FlashCall</c>. Those of the whole pool are of the last look, once a minute, and the same
/// from each replica.</summary>
internal sealed class WearMetrics
{
    private readonly Counter<long> _outcomes;
    private readonly Counter<long> _verdicts;
    private readonly TimeProvider _time;
    private volatile PoolCount? _count;

    /// <param name="meters">Makes the meter.</param>
    /// <param name="time">The clock.</param>
    public WearMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create("FlashCall");
        _outcomes = meter.CreateCounter<long>("flashcall.pool.wear.outcomes", "{call}", "Calls whose outcomes were added to wear.");
        _verdicts = meter.CreateCounter<long>(
            "flashcall.pool.wear.verdicts", "{number}", "Numbers that rest, were retired or recovered by what became of their calls.");
        meter.CreateObservableGauge("flashcall.pool.numbers", Numbers, "{number}", "Numbers of the pool, by trunk and state.");
        meter.CreateObservableGauge("flashcall.pool.wear.falling", Falling, "{destination}",
            "Destinations of a trunk that are verified far less often than on the last days, whichever number calls.");
        meter.CreateObservableGauge("flashcall.pool.wear.lag", Lag, "s",
            "For how long outcomes wait to be added to wear at most; about a minute, and more when it cannot be done.");
    }

    /// <summary>A batch was added.</summary>
    public void Folded(FoldResult result)
    {
        _outcomes.Add(result.Taken);
        foreach (var finding in result.Findings)
            _verdicts.Add(1, new TagList { { "trunk", finding.Trunk }, { "verdict", NameOf(finding.Verdict) } });
    }

    /// <summary>The pool was counted.</summary>
    public void Counted(PoolCount count) => _count = count;

    private IEnumerable<Measurement<long>> Numbers() =>
        (_count?.Numbers ?? []).Select(count => new Measurement<long>(
            count.Numbers, new TagList { { "trunk", count.Trunk }, { "state", count.State } }));

    private IEnumerable<Measurement<int>> Falling() =>
        (_count?.Falling ?? []).Select(trunk => new Measurement<int>(trunk.Destinations, new TagList { { "trunk", trunk.Trunk } }));

    // What came after the last look may have waited since then.
    private IEnumerable<Measurement<double>> Lag() =>
        _count is { } count ? [new((_time.GetUtcNow() - (count.OldestOutcome ?? count.At)).TotalSeconds)] : [];

    private static string NameOf(Verdict verdict) => verdict switch
    {
        Verdict.Rest => "rested",
        Verdict.Retire => "retired",
        Verdict.Activate => "recovered",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict)),
    };
}
