using System.Diagnostics;
using FlashCall.Hosting.Tracing;
using Xunit;

namespace FlashCall.Hosting.Tests.Tracing;

/// <summary>Spans of messages have the names and attributes that OpenTelemetry's conventions give them.</summary>
public sealed class MessagingConventionsTests
{
    [Theory]
    [InlineData("send", "verification", "send verification", false)]
    [InlineData("receive", "dialer-host-31372-01a20ad856a27985a1f562a85ed3db8d", "receive dialer-host-{replica}", true)]
    public void A_span_says_what_was_done_and_where(string operation, string queue, string name, bool isTemporary)
    {
        using var span = Span(("messaging.operation", operation), ("messaging.destination.name", queue),
            ("messaging.masstransit.message_id", "m1"), ("peer.address", "LeaseCallerId/FlashCall.Contracts"));
        span.SetStatus(ActivityStatusCode.Ok);
        using var conventions = new MessagingConventions();
        conventions.OnEnd(span);

        Assert.Equal((name, ActivityStatusCode.Unset), (span.DisplayName, span.Status));
        Assert.Equal(
            ("rabbitmq", operation, operation, queue, "m1"),
            (span.GetTagItem("messaging.system"), span.GetTagItem("messaging.operation.name"), span.GetTagItem("messaging.operation.type"),
                span.GetTagItem("messaging.destination.name"), span.GetTagItem("messaging.message.id")));
        Assert.Equal(isTemporary ? true : null, span.GetTagItem("messaging.destination.temporary"));
        Assert.DoesNotContain(span.TagObjects, tag => tag.Key is "messaging.operation" or "peer.address");
    }

    [Fact]
    public void A_failure_stays_one()
    {
        using var span = Span(("messaging.operation", "process"));
        span.SetStatus(ActivityStatusCode.Error, "late");
        using var conventions = new MessagingConventions();
        conventions.OnEnd(span);
        Assert.Equal((ActivityStatusCode.Error, "late"), (span.Status, span.StatusDescription));
    }

    private static Activity Span(params (string Key, string Value)[] tags)
    {
        // The library's source by its name: the conventions go by it.
        using var source = new ActivitySource("MassTransit");
        using var listener = new ActivityListener
        {
            ShouldListenTo = listened => listened == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        var span = source.StartActivity("span", ActivityKind.Consumer, default(ActivityContext))!;
        foreach (var (key, value) in tags)
            span.SetTag(key, value);
        return span;
    }
}
