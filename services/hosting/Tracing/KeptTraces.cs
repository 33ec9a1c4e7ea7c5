using System.Diagnostics;
using System.Globalization;
using FlashCall.Contracts;
using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlashCall.Hosting.Tracing;

/// <summary>Tells the other services which traces to keep, a few times a second, so that a trace is kept whole.</summary>
internal sealed partial class KeptTraces(
    TailSampling sampling, Messenger messenger, TimeProvider time, ILogger<KeptTraces> logger) : BackgroundService
{
    /// <summary>The beginning of the name of each process's queue.</summary>
    public const string Queue = "traces-kept";

    /// <summary>Soon enough for spans that wait for a minute.</summary>
    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await sampling.News.WaitToReadAsync(stoppingToken))
        {
            await Task.Delay(GatherFor, time, stoppingToken);
            var traces = new List<string>();
            while (traces.Count < TracesKept.Most && sampling.News.TryRead(out var trace))
                traces.Add(trace.ToHexString());
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            timeout.CancelAfter(SendTimeout);
            try
            {
                await messenger.PublishAsync(new TracesKept { TraceIds = traces }, Guid.CreateVersion7(), timeout.Token);
            }
            // The spans of this process are kept all the same; those of the others are a loss that nobody waits for.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotTold(exception, traces.Count);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug,
        Message = "The other services could not be told of {Count} traces to keep ; they may drop their parts")]
    private partial void LogNotTold(Exception exception, int count);
}

/// <summary>Keeps what other services have a reason to keep.</summary>
internal sealed class TracesKeptConsumer(TailSampling sampling) : IConsumer<TracesKept>
{
    public Task Consume(ConsumeContext<TracesKept> context)
    {
        foreach (var id in context.Message.TraceIds.Take(TracesKept.Most).Where(IsTraceId))
            sampling.Keep(ActivityTraceId.CreateFromString(id));
        return Task.CompletedTask;
    }

    private static bool IsTraceId(string id) => id.Length == 32
        && UInt128.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _) && !id.Any(char.IsAsciiLetterUpper);
}
