using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlashCall.EndToEnd.Tests.Tracing;

/// <summary>
/// Takes what services export by OTLP/HTTP with binary protobuf, as Jaeger would, and lets a test wait for a trace. Give a service
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> = <see cref="Endpoint"/> and <c>OTEL_EXPORTER_OTLP_PROTOCOL</c> = <c>http/protobuf</c>; with
/// <c>OTEL_BSP_SCHEDULE_DELAY</c> = 100 (ms) its spans come soon.
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly WebApplication _app;
    private readonly List<Span> _spans = [];
    private TaskCompletionSource _arrival = NewArrival();
    private int _refused;
    private int _metricExports;

    private OtlpReceiver(WebApplication app) => _app = app;

    /// <summary>Where to export to; exporters add <c>/v1/traces</c> and <c>/v1/metrics</c>.</summary>
    public Uri Endpoint => new(_app.Urls.First());

    /// <summary>Exports that could not be read. A test that meets one has found a bug, in the exporter or here.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Exports of metrics that were taken. They are counted, not read.</summary>
    public int MetricExports => Volatile.Read(ref _metricExports);

    /// <summary>Every span so far.</summary>
    public IReadOnlyList<Span> Spans
    {
        get
        {
            lock (_lock)
                return [.. _spans];
        }
    }

    /// <summary>Starts one on a free port of the loopback address.</summary>
    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRequestDecompression();
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.UseRequestDecompression();
        app.MapPost("/v1/traces", receiver.TakeTracesAsync);
        app.MapPost("/v1/metrics", receiver.TakeMetricsAsync);
        await app.StartAsync();
        return receiver;
    }

    /// <summary>Waits until the spans that have arrived of a trace satisfy the test.</summary>
    /// <param name="traceId">32 hexadecimal digits.</param>
    /// <param name="complete">Whether these spans are what the test waits for.</param>
    /// <param name="deadline">How long to wait at most.</param>
    /// <exception cref="TimeoutException">They did not in time; the message shows the trace as it stands.</exception>
    public async Task<Trace> WaitForTraceAsync(string traceId, Func<Trace, bool> complete, TimeSpan deadline)
    {
        using var timeout = new CancellationTokenSource(deadline);
        while (true)
        {
            Task arrival;
            Trace trace;
            lock (_lock)
            {
                arrival = _arrival.Task;
                trace = new Trace(traceId, [.. _spans.Where(span => string.Equals(span.TraceId, traceId, StringComparison.OrdinalIgnoreCase))]);
            }
            if (complete(trace))
                return trace;
            try
            {
                await arrival.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException exception)
            {
                throw new TimeoutException($"Not complete within {deadline}; {Refused} exports could not be read.\n{trace}", exception);
            }
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task<IResult> TakeTracesAsync(HttpRequest request)
    {
        IReadOnlyList<Span> spans;
        try
        {
            spans = TraceExport.Read(await BodyAsync(request));
        }
        catch (InvalidProtocolBufferException exception)
        {
            Interlocked.Increment(ref _refused);
            return Results.BadRequest(exception.Message);
        }
        TaskCompletionSource arrived;
        lock (_lock)
        {
            _spans.AddRange(spans);
            (arrived, _arrival) = (_arrival, NewArrival());
        }
        arrived.SetResult();
        return Taken();
    }

    private async Task<IResult> TakeMetricsAsync(HttpRequest request)
    {
        await BodyAsync(request);
        Interlocked.Increment(ref _metricExports);
        return Taken();
    }

    private static async Task<byte[]> BodyAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        return body.ToArray();
    }

    /// <summary>All was taken: an empty message, which is how protobuf writes a response without a partial success.</summary>
    private static IResult Taken() => Results.Bytes([], "application/x-protobuf");

    private static TaskCompletionSource NewArrival() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
