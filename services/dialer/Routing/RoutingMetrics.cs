using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace FlashCall.Dialer.Routing;

/// <summary>Figures about trunks, on the meter <c>FlashCall</c>; each has the tag <c>trunk</c> and is of this replica alone.</summary>
internal sealed class RoutingMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _congested;
    private readonly Histogram<double> _roundTrip;

    public RoutingMetrics(IMeterFactory meters)
    {
        _meter = meters.Create("FlashCall");
        _congested = _meter.CreateCounter<long>(
            "flashcall.dialer.trunk.congested", "{call}", "Calls that found no room on a trunk within their wait.");
        _roundTrip = _meter.CreateHistogram("flashcall.dialer.trunk.options.round_trip", "s", "From an OPTIONS to its answer.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
    }

    /// <summary>A call found no room.</summary>
    public void Congested(string trunk) => _congested.Add(1, Of(trunk));

    /// <summary>A trunk answered OPTIONS.</summary>
    public void Answered(string trunk, TimeSpan roundTrip) => _roundTrip.Record(roundTrip.TotalSeconds, Of(trunk));

    /// <summary>Publishes what is taken and waited for.</summary>
    public void Observe(TrunkLimits limits)
    {
        _meter.CreateObservableGauge("flashcall.dialer.trunk.calls",
            () => limits.Use().Select(use => new Measurement<int>(use.InUse, Of(use.Trunk))), "{call}", "Channels in use.");
        _meter.CreateObservableGauge("flashcall.dialer.trunk.waiting",
            () => limits.Use().Select(use => new Measurement<int>(use.Waiting, Of(use.Trunk))), "{call}", "Calls that wait for room.");
    }

    /// <summary>Publishes which trunks get calls.</summary>
    public void Observe(TrunkConditions conditions) =>
        _meter.CreateObservableGauge("flashcall.dialer.trunk.up",
            () => conditions.All().Select(trunk => new Measurement<int>(trunk.Up ? 1 : 0, Of(trunk.Trunk))),
            unit: null, "1 for a trunk that gets calls, 0 for one that is held out.");

    private static TagList Of(string trunk) => new() { { "trunk", trunk } };
}
