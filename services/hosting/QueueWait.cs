using System.Diagnostics.Metrics;
using MassTransit;

namespace FlashCall.Hosting;

/// <summary>How long the messages of the service's queue waited until this process took them up, as the metric
/// <c>flashcall.queue.wait</c>. The clock of the sender says since when.</summary>
internal sealed class QueueWait
{
    private readonly Histogram<double> _wait;
    private readonly KeyValuePair<string, object?> _queue;
    private readonly TimeProvider _time;

    /// <param name="queue">The service's queue.</param>
    /// <param name="meters">Where the metric is shown.</param>
    /// <param name="time">The clock.</param>
    public QueueWait(string queue, IMeterFactory meters, TimeProvider time)
    {
        _queue = new("queue", queue);
        _time = time;
        _wait = meters.Create("FlashCall").CreateHistogram(
            "flashcall.queue.wait", "s", "From the sending of a message to its being taken from the service's queue.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
            });
    }

    /// <summary>A message is taken up, for the first time or after it was given back.</summary>
    public void TakenUp(ConsumeContext message)
    {
        if (message.SentTime is { } sent)
            _wait.Record(Math.Max(0, (_time.GetUtcNow().UtcDateTime - sent).TotalSeconds), _queue);
    }
}
