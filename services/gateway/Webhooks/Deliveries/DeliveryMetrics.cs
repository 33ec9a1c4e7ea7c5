using System.Diagnostics.Metrics;

namespace FlashCall.Gateway.Webhooks.Deliveries;

/// <summary>The figures of deliveries, on the meter <c>FlashCall</c>.</summary>
internal sealed class DeliveryMetrics
{
    private readonly Counter<long> _attempts;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _delay;
    private readonly TimeProvider _time;
    private volatile Waiting _waiting = new(0, Oldest: null);

    public DeliveryMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create("FlashCall");
        _attempts = meter.CreateCounter<long>("flashcall.webhooks.attempts", "{attempt}",
            "Deliveries tried, by kind and by what became of each: delivered, retried, failed.");
        _duration = meter.CreateHistogram("flashcall.webhooks.attempt_duration", "s", "From the connection to the receiver's answer.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        _delay = meter.CreateHistogram("flashcall.webhooks.delay", "s", "From the end of a session to the delivery of the news.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600, 21600, 86400],
            });
        meter.CreateObservableGauge("flashcall.webhooks.backlog", () => _waiting.Count, "{delivery}", "Deliveries that wait.");
        meter.CreateObservableGauge("flashcall.webhooks.backlog_age", Age, "s", "The age of the oldest delivery that waits.");
    }

    /// <summary>Counts an attempt.</summary>
    public void Tried(LeasedDelivery delivery, AttemptResult result, NextStep next)
    {
        var kind = delivery.To is Recipient.Standard ? "standard" : "sinch";
        var outcome = next switch
        {
            NextStep.Delivered => "delivered",
            NextStep.Retry => "retried",
            _ => "failed",
        };
        _attempts.Add(1, new("kind", kind), new("outcome", outcome));
        if (result.Duration > TimeSpan.Zero)
            _duration.Record(result.Duration.TotalSeconds, new KeyValuePair<string, object?>("kind", kind));
        if (next is NextStep.Delivered)
            _delay.Record((_time.GetUtcNow() - delivery.CreatedAt).TotalSeconds, new KeyValuePair<string, object?>("kind", kind));
    }

    /// <summary>Takes what waits now.</summary>
    public void Take(long count, DateTimeOffset? oldest) => _waiting = new Waiting(count, oldest);

    private double Age() => _waiting.Oldest is { } oldest ? Math.Max(0, (_time.GetUtcNow() - oldest).TotalSeconds) : 0;

    private sealed record Waiting(long Count, DateTimeOffset? Oldest);
}
