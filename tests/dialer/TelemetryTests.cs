using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using FlashCall.Dialer.Tests.Support;
using FlashCall.Hosting;
using FlashCall.Testing;
using Xunit;

namespace FlashCall.Dialer.Tests;

/// <summary>What a call leaves in traces and figures.</summary>
public sealed class TelemetryTests(ServersFixture servers)
{
    [Fact]
    public async Task A_call_is_one_span_of_the_verifications_trace_with_its_sip_steps_and_its_figures()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "FlashCall" or "MassTransit" or "Test",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource("Test");
        var trunk = $"trunk-{Guid.NewGuid():N}";
        var figures = new ConcurrentQueue<(string Name, double Value, string? Disposition)>();
        using var meters = ListenTo(trunk, figures);
        await using var peer = new SipPeer();
        await using var platform = await TestPlatform.StartAsync(servers);
        await using var dialer = await DialerReplica.StartAsync(platform, new Dictionary<string, string> { [trunk] = peer.Address });

        var call = Commands.Place(trunk);
        ActivityTraceId trace;
        using (var verification = source.StartActivity("verification"))
        {
            trace = verification!.TraceId;
            await platform.SendAsync(call);
        }
        await platform.EndOfAsync(call);
        Activity? Span() => spans.SingleOrDefault(span => span.TraceId == trace && span.OperationName == "INVITE");
        await Eventually.TrueAsync(() => Span() is not null, "the call's span is finished");
        var span = Span()!;

        Assert.Equal((ActivityKind.Client, Telemetry.Source), (span.Kind, span.Source));
        var parent = Assert.Single(spans, each => each.SpanId == span.ParentSpanId);
        Assert.Equal((trace, "MassTransit"), (parent.TraceId, parent.Source.Name));
        Assert.Equal(["INVITE", "180", "CANCEL", "487", "ACK"], span.Events.Select(step => step.Name).Where(name => name != "100"));
        Assert.Equal(
            (trunk, "Rang", 487),
            (span.GetTagItem("flashcall.trunk"), span.GetTagItem("flashcall.disposition"), span.GetTagItem("sip.status")));
        Assert.InRange((double)span.GetTagItem("flashcall.post_dial_delay")!, 0, 5);
        Assert.InRange((double)span.GetTagItem("flashcall.ring_time")!, 1, 5);
        Assert.InRange(span.Duration.TotalSeconds, 1, 6);
        Assert.All(platform.ReportsOf(call.AttemptId), report => Assert.Equal(trace, report.TraceId));
        Assert.Equal(2, spans.Count(sent => sent.Kind == ActivityKind.Producer && sent.ParentSpanId == span.SpanId));

        var written = spans.Where(each => each.TraceId == trace).SelectMany(each =>
            each.TagObjects.Concat(each.Events.SelectMany(step => step.Tags)).Select(tag => $"{tag.Value}").Append(each.DisplayName));
        foreach (var secret in (string[])[Commands.Callee.E164[1..], Commands.CallerId.E164[1..], Commands.CallerId.E164[^7..]])
            Assert.DoesNotContain(written, text => text.Contains(secret, StringComparison.Ordinal));

        meters.Dispose();
        Assert.Equal(1, figures.Where(figure => figure.Name == "flashcall.dialer.attempts").Sum(figure => figure.Value));
        Assert.Equal(0, figures.Where(figure => figure.Name == "flashcall.dialer.calls.in_progress").Sum(figure => figure.Value));
        Assert.Equal("Rang", Assert.Single(figures, figure => figure.Name == "flashcall.dialer.calls.ended").Disposition);
        Assert.InRange(Assert.Single(figures, figure => figure.Name == "flashcall.dialer.post_dial_delay").Value, 0, 5);
        Assert.InRange(Assert.Single(figures, figure => figure.Name == "flashcall.dialer.ring_time").Value, 1, 5);
    }

    private static MeterListener ListenTo(string trunk, ConcurrentQueue<(string Name, double Value, string? Disposition)> figures)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, meters) =>
            {
                if (instrument.Meter.Name == "FlashCall")
                    meters.EnableMeasurementEvents(instrument);
            },
        };
        void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var byName = tags.ToArray().ToDictionary(tag => tag.Key, tag => $"{tag.Value}", StringComparer.Ordinal);
            if (byName.GetValueOrDefault("trunk") == trunk)
                figures.Enqueue((instrument.Name, value, byName.GetValueOrDefault("disposition")));
        }
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.Start();
        return listener;
    }
}
