using System.Collections.Concurrent;
using System.Diagnostics;
using FlashCall.Hosting;
using FlashCall.Testing;

namespace FlashCall.Gateway.Tests.Webhooks;

/// <summary>Where Jaeger shows the attempts of a webhook.</summary>
public sealed class DeliveryTraceTests
{
    [Fact]
    public async Task The_first_attempt_ends_the_session_s_trace_and_later_ones_link_there()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "FlashCall",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = context => Receiver.Status(context, 500);
        await using var replica = await SendingReplica.StartAsync();
        var (webhook, _) = await replica.AddWebhookAsync(receiver.Url);
        ActivityContext session;
        Guid verification;
        using (var end = Telemetry.Source.StartActivity("process", ActivityKind.Consumer, default(ActivityContext))!)
        {
            session = end.Context;
            verification = await replica.TellAsync(webhook);
        }
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            await replica.NextAsync(receiver);
            var waiting = await replica.DeliveryAsync(
                webhook, delivery => delivery.Attempts == attempt && delivery.NextAttemptAt is not null, $"attempt {attempt} failed");
            replica.Advance(waiting.NextAttemptAt!.Value - replica.Time.GetUtcNow());
        }

        var attempts = await Eventually.ValueAsync(
            () => Task.FromResult(spans.Where(span => span.OperationName == Telemetry.Delivery
                && span.GetTagItem("flashcall.verification.id") as string == verification.ToString()).ToList() is { Count: >= 2 } made ? made : null),
            "both attempts are traced");
        Assert.Equal((session.TraceId, session.SpanId), (attempts[0].TraceId, attempts[0].ParentSpanId));
        Assert.Empty(attempts[0].Links);
        Assert.NotEqual(session.TraceId, attempts[1].TraceId);
        Assert.Equal(session.SpanId, Assert.Single(attempts[1].Links).Context.SpanId);
        Assert.All(attempts, attempt => Assert.Equal(
            (ActivityStatusCode.Error, 500), (attempt.Status, attempt.GetTagItem("http.response.status_code"))));
    }
}
