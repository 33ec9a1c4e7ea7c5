using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FlashCall.Hosting;

/// <summary>What <c>/health/ready</c> says of each thing that the service needs, every 15 s as the metric <c>flashcall.health</c>, and what
/// keeps the database from doing its part, as <c>flashcall.database.outage</c>.</summary>
internal sealed class HealthMetrics : IHealthCheckPublisher
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private volatile HealthReport? _report;

    /// <param name="meters">Where the metrics are shown.</param>
    /// <param name="outages">What requests meet.</param>
    public HealthMetrics(IMeterFactory meters, OutageLog outages)
    {
        var meter = meters.Create("FlashCall");
        meter.CreateObservableGauge("flashcall.health", Checks, unit: null,
            "1 for what is well, 0.5 for what the service goes on without or with less of, 0 for what makes it unready, by check.");
        meter.CreateObservableGauge(
            "flashcall.database.outage",
            () => outages.Current is { } outage
                ? [new Measurement<int>(1, new KeyValuePair<string, object?>("cause", outage.Cause))]
                : Array.Empty<Measurement<int>>(),
            unit: null, "1 while requests are answered 503 because of the database, by cause; nothing otherwise.");
    }

    /// <summary>Adds both.</summary>
    public static void AddTo(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IHealthCheckPublisher, HealthMetrics>();
        builder.Services.Configure<HealthCheckPublisherOptions>(options =>
        {
            options.Delay = TimeSpan.FromSeconds(2);
            options.Period = Interval;
            options.Timeout = Interval;
            options.Predicate = check => check.Tags.Contains("ready");
        });
    }

    /// <inheritdoc/>
    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        _report = report;
        return Task.CompletedTask;
    }

    private IEnumerable<Measurement<double>> Checks() => (_report?.Entries ?? new Dictionary<string, HealthReportEntry>()).Select(entry =>
        new Measurement<double>(ValueOf(entry.Value.Status), new KeyValuePair<string, object?>("check", entry.Key)));

    private static double ValueOf(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => 1,
        HealthStatus.Degraded => 0.5,
        HealthStatus.Unhealthy => 0,
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };
}
