using System.Diagnostics.Metrics;
using FlashCall.Verification.Analytics.Funnel;
using FlashCall.Verification.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Verification.Tests.Analytics;

/// <summary>A funnel that stands still is told of, and one that has nothing to do is not.</summary>
public sealed class FunnelLagTests(RunningVerification running)
{
    [Fact]
    public async Task It_is_degraded_when_it_is_behind_and_has_stood_still_for_a_minute()
    {
        var time = new FakeTimeProvider();
        var meters = running.Services().GetRequiredService<IMeterFactory>();
        using var lag = new FunnelLag(running.Data, time, meters);
        Assert.Equal(HealthStatus.Healthy, await StatusAsync());

        // Nothing to do for an hour, and then an event that is not counted yet.
        lag.See(0, 100);
        time.Advance(TimeSpan.FromHours(1));
        lag.See(3, 100);
        Assert.Equal(HealthStatus.Healthy, await StatusAsync());

        // Behind all the time, and moving.
        time.Advance(TimeSpan.FromSeconds(50));
        lag.See(900, 200);
        time.Advance(TimeSpan.FromSeconds(50));
        lag.See(1900, 201);
        Assert.Equal(HealthStatus.Healthy, await StatusAsync());

        time.Advance(TimeSpan.FromSeconds(61));
        lag.See(2500, 201);
        var health = await lag.CheckHealthAsync(new HealthCheckContext());
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.StartsWith("The funnel is 2500 events behind and has not moved for 61 s.", health.Description, StringComparison.Ordinal);

        lag.See(0, 2701);
        Assert.Equal(HealthStatus.Healthy, await StatusAsync());

        async Task<HealthStatus> StatusAsync() => (await lag.CheckHealthAsync(new HealthCheckContext())).Status;
    }

    [Fact]
    public async Task The_gauge_tells_how_far_it_is_behind()
    {
        var told = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "flashcall.funnel.lag")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, measurement, _, _) => told.TrySetResult(measurement));
        listener.Start();
        await FlashCall.Testing.Eventually.TrueAsync(() =>
        {
            listener.RecordObservableInstruments();
            return told.Task.IsCompleted;
        }, "a measurement");
        Assert.True(await told.Task >= 0);
    }
}
