using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Xunit;

namespace FlashCall.EndToEnd.Tests.Tracing;

/// <summary>The receiver understands what the real exporter sends.</summary>
public sealed class OtlpReceiverTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_span_arrives_with_all_that_was_said_of_it()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var source = new ActivitySource("OtlpReceiverTests.everything");
        using var provider = Provider(receiver, source, "flashcall-test");
        var linked = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        var started = DateTimeOffset.UtcNow;

        string traceId;
        string parentId;
        using (var parent = source.StartActivity("parent", ActivityKind.Server)!)
        {
            using var child = source.StartActivity(
                "child", ActivityKind.Producer, default(ActivityContext), tags: null, links: [new ActivityLink(linked, new() { ["why"] = "retry" })])!;
            child.SetTag("text", "grüß").SetTag("flag", true).SetTag("whole", -7L).SetTag("real", 2.5).SetTag("list", new[] { "a", "b" });
            child.AddEvent(new ActivityEvent("rang", started.AddSeconds(1), new() { ["ring.number"] = 2 }));
            child.SetStatus(ActivityStatusCode.Error, "busy");
            (traceId, parentId) = (parent.TraceId.ToHexString(), parent.SpanId.ToHexString());
        }
        provider.ForceFlush();

        var trace = await receiver.WaitForTraceAsync(traceId, trace => trace.Spans.Count == 2, Deadline);

        var root = Assert.Single(trace.Roots);
        Assert.Equal((parentId, null, "parent", ActivityKind.Server), (root.SpanId, root.ParentSpanId, root.Name, root.Kind));
        Assert.Equal(new SpanStatus(ActivityStatusCode.Unset, ""), root.Status);
        var span = Assert.Single(trace.Spans, span => span.Name == "child");
        Assert.Equal([root], trace.AncestorsOf(span));
        Assert.Equal((traceId, ActivityKind.Producer), (span.TraceId, span.Kind));
        Assert.Equal(("flashcall-test", "OtlpReceiverTests.everything"), (span.Service, span.Scope));
        Assert.Equal(new SpanStatus(ActivityStatusCode.Error, "busy"), span.Status);
        Assert.Equal(("grüß", true, -7L, 2.5), (span.Attributes["text"], span.Attributes["flag"], span.Attributes["whole"], span.Attributes["real"]));
        Assert.Equal(["a", "b"], Assert.IsType<List<object?>>(span.Attributes["list"]));
        var rang = Assert.Single(span.Events);
        Assert.Equal(("rang", 2L), (rang.Name, rang.Attributes["ring.number"]));
        Assert.Equal(started.AddSeconds(1), rang.Time);
        var link = Assert.Single(span.Links);
        Assert.Equal((linked.TraceId.ToHexString(), linked.SpanId.ToHexString(), "retry"), (link.TraceId, link.SpanId, link.Attributes["why"]));
        Assert.InRange(span.Start, started - TimeSpan.FromSeconds(1), DateTimeOffset.UtcNow);
        Assert.InRange(span.Duration, TimeSpan.Zero, Deadline);
        Assert.Equal(0, receiver.Refused);
    }

    [Fact]
    public async Task A_trace_over_several_services_comes_together()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var gatewaySource = new ActivitySource("OtlpReceiverTests.gateway");
        using var dialerSource = new ActivitySource("OtlpReceiverTests.dialer");
        using var gateway = Provider(receiver, gatewaySource, "flashcall-gateway");
        using var dialer = Provider(receiver, dialerSource, "flashcall-dialer");

        string traceId;
        using (var request = gatewaySource.StartActivity("POST", ActivityKind.Server)!)
        {
            traceId = request.TraceId.ToHexString();
            using var call = dialerSource.StartActivity("INVITE", ActivityKind.Client);
        }
        dialer.ForceFlush();
        var waiting = receiver.WaitForTraceAsync(traceId, trace => trace.Spans.Count == 2, Deadline);
        gateway.ForceFlush();
        var trace = await waiting;

        var invite = Assert.Single(trace.Spans, span => span.Service == "flashcall-dialer");
        Assert.Equal("flashcall-gateway", trace.ParentOf(invite)?.Service);
        Assert.Contains("flashcall-gateway | OtlpReceiverTests.gateway | Server | POST", trace.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_that_does_not_come_is_shown_as_it_stands()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var source = new ActivitySource("OtlpReceiverTests.late");
        using var provider = Provider(receiver, source, "flashcall-test");
        string traceId;
        using (var lonely = source.StartActivity("lonely")!)
            traceId = lonely.TraceId.ToHexString();
        provider.ForceFlush();
        await receiver.WaitForTraceAsync(traceId, trace => trace.Spans.Count == 1, Deadline);

        var failure = await Assert.ThrowsAsync<TimeoutException>(
            () => receiver.WaitForTraceAsync(traceId, trace => trace.Spans.Count == 2, TimeSpan.FromMilliseconds(50)));

        Assert.Contains("1 spans", failure.Message, StringComparison.Ordinal);
        Assert.Contains("lonely", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_are_taken_and_counted()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var meter = new Meter("OtlpReceiverTests.metrics");
        using var provider = Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name)
            .AddOtlpExporter(otlp => (otlp.Endpoint, otlp.Protocol) = (new Uri(receiver.Endpoint, "/v1/metrics"), OtlpExportProtocol.HttpProtobuf))
            .Build();
        meter.CreateCounter<long>("verifications").Add(1);

        Assert.True(provider.ForceFlush());

        Assert.True(receiver.MetricExports > 0);
        Assert.Empty(receiver.Spans);
    }

    [Fact]
    public async Task What_is_no_export_is_refused_and_counted()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var client = new HttpClient();

        using var response = await client.PostAsync(new Uri(receiver.Endpoint, "/v1/traces"), Body([0x0A, 0xFF, 0x01]));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(1, receiver.Refused);
    }

    [Fact]
    public async Task Unknown_fields_are_passed_over_and_compressed_bodies_read()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var client = new HttpClient();
        var span = Message((1, new string('\x01', 16)), (2, new string('\x02', 8)), (5, "known"), (99, "unknown"));
        var export = Message((1, Message((2, Message((2, span), (98, "unknown"))), (97, "unknown"))), (96, "unknown"));
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(export.ToByteArray());
        using var body = Body(compressed.ToArray());
        body.Headers.ContentEncoding.Add("gzip");

        using var response = await client.PostAsync(new Uri(receiver.Endpoint, "/v1/traces"), body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/x-protobuf", response.Content.Headers.ContentType?.MediaType);
        var read = Assert.Single(receiver.Spans);
        Assert.Equal(("known", "01010101010101010101010101010101", "0202020202020202"), (read.Name, read.TraceId, read.SpanId));
        Assert.Null(read.ParentSpanId);
    }

    private static TracerProvider Provider(OtlpReceiver receiver, ActivitySource source, string service) => Sdk.CreateTracerProviderBuilder()
        .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService(service))
        .AddSource(source.Name)
        .AddOtlpExporter(otlp => (otlp.Endpoint, otlp.Protocol) = (new Uri(receiver.Endpoint, "/v1/traces"), OtlpExportProtocol.HttpProtobuf))
        .Build();

    private static ByteArrayContent Body(byte[] bytes) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-protobuf") } };

    /// <summary>A protobuf message of length-delimited fields.</summary>
    private static ByteString Message(params (int Field, object Value)[] fields)
    {
        using var buffer = new MemoryStream();
        using var output = new CodedOutputStream(buffer);
        foreach (var (field, value) in fields)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(value as ByteString ?? ByteString.CopyFromUtf8((string)value));
        }
        output.Flush();
        return ByteString.CopyFrom(buffer.ToArray());
    }
}
