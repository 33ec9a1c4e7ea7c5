using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using FlashCall.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Xunit;

namespace FlashCall.Hosting.Tests;

/// <summary>What a service's health is as a figure, for alerts.</summary>
public sealed class HealthMetricsTests
{
    [Fact]
    public async Task What_the_service_needs_is_a_figure_by_check_and_so_is_what_the_database_cannot_do()
    {
        var builder = PlatformHost.CreateBuilder(["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None"], "test");
        builder.Services.AddHealthChecks()
            .AddCheck("well", () => HealthCheckResult.Healthy(), ["ready"])
            .AddCheck("limping", () => HealthCheckResult.Degraded(), ["ready"])
            .AddCheck("broken", () => HealthCheckResult.Unhealthy(), ["ready"])
            .AddCheck("untagged", () => HealthCheckResult.Unhealthy());
        await using var running = await RunningApp.StartAsync(builder.Build().UsePlatformDefaults());
        var factory = running.App.Services.GetRequiredService<IMeterFactory>();
        var seen = new ConcurrentDictionary<string, double>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == factory && instrument.Meter.Name == "FlashCall")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        void Saw(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            seen[$"{instrument.Name} {tags[0].Value}"] = value;
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Saw(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Saw(instrument, value, tags));
        listener.Start();

        await Eventually.TrueAsync(
            () =>
            {
                listener.RecordObservableInstruments();
                return !seen.IsEmpty;
            }, "health is published");
        Assert.Equal(
            [new("flashcall.health broken", 0), new("flashcall.health limping", 0.5), new("flashcall.health well", 1)],
            seen.OrderBy(figure => figure.Key, StringComparer.Ordinal));

        var full = new PostgresException("no room", "ERROR", "ERROR", PostgresErrorCodes.DiskFull);
        running.App.Services.GetRequiredService<OutageLog>().Note(DatabaseOutage.Of(full)!, full);
        listener.RecordObservableInstruments();
        Assert.Equal(1, seen["flashcall.database.outage disk_full"]);
    }
}
