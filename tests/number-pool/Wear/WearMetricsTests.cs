using System.Diagnostics.Metrics;
using FlashCall.NumberPool.Wear;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.NumberPool.Tests.Wear;

public sealed class WearMetricsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Figures_are_by_trunk_and_say_no_number()
    {
        var time = new FakeTimeProvider(Now);
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var factory = services.GetRequiredService<IMeterFactory>();
        var metrics = new WearMetrics(factory, time);
        var seen = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == factory)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        void Saw(Instrument instrument, string value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            seen.Add($"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => tag.Value))} {value}");
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Saw(instrument, $"{value}", tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Saw(instrument, $"{value}", tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Saw(instrument, $"{value:0}", tags));
        listener.Start();

        listener.RecordObservableInstruments();
        Assert.Empty(seen); // nothing is known before the first look

        metrics.Folded(new FoldResult(12, Now, [
            new Finding(442079460000, new Verdict.Rest(Now.AddDays(1), 1), "", "demo"),
            new Finding(442079460001, new Verdict.Retire(), "", "demo"), new Finding(442079460002, new Verdict.Activate(), "", "other"),
        ], []));
        metrics.Counted(new PoolCount(Now, [new("demo", "active", 98), new("demo", "retired", 1)], OldestOutcome: null, [("demo", 3)]));
        time.Advance(TimeSpan.FromSeconds(40));
        listener.RecordObservableInstruments();
        Assert.Equal(
            [
                "flashcall.pool.numbers demo active 98", "flashcall.pool.numbers demo retired 1", "flashcall.pool.wear.falling demo 3",
                "flashcall.pool.wear.lag  40", "flashcall.pool.wear.outcomes  12", "flashcall.pool.wear.verdicts demo rested 1",
                "flashcall.pool.wear.verdicts demo retired 1", "flashcall.pool.wear.verdicts other recovered 1",
            ],
            seen.Order(StringComparer.Ordinal));

        // An outcome that nobody could add yet has waited since it was known.
        metrics.Counted(new PoolCount(Now, [], OldestOutcome: Now.AddMinutes(-5), []));
        seen.Clear();
        listener.RecordObservableInstruments();
        Assert.Equal("flashcall.pool.wear.lag  340", Assert.Single(seen));
    }
}
