using System.Diagnostics;
using FlashCall.Hosting.Tracing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.Hosting.Tests.Tracing;

/// <summary>What went wrong or was slow is exported whole; of the rest a part, the same part everywhere.</summary>
public sealed class TailSamplingTests : IDisposable
{
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(2);

    private readonly FakeTimeProvider _time = new();
    private readonly ExportedSpans _exported = new();
    private readonly TailSampling _none;
    private readonly ActivitySource _source = new("TailSamplingTests");
    private readonly ActivityListener _listener;

    public TailSamplingTests()
    {
        _none = new TailSampling(_exported, new TracingSettings(0, Slow), _time);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "TailSamplingTests" or "FlashCall",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _source.Dispose();
        _none.Dispose();
        _exported.Dispose();
    }

    [Fact]
    public void What_went_well_waits_and_goes()
    {
        var first = Ended("first", ActivityKind.Server);
        _none.OnEnd(first);
        Assert.Equal(1, _none.Waiting);
        _time.Advance(TimeSpan.FromMinutes(2));

        _none.OnEnd(Ended("another", ActivityKind.Server));

        Assert.Empty(_exported.Of(first.TraceId));
        Assert.Equal((1, (1, 0)), (_none.Waiting, _none.Gone));
    }

    [Fact]
    public void A_failure_keeps_what_was_before_it_and_what_comes_after()
    {
        var first = Ended("first", ActivityKind.Client);
        _none.OnEnd(first);
        _none.OnEnd(Ended("failed", ActivityKind.Consumer, first, span => span.SetStatus(ActivityStatusCode.Error)));
        _time.Advance(TimeSpan.FromMinutes(2));
        _none.OnEnd(Ended("after", ActivityKind.Server, first));

        Assert.Equal(["first", "failed", "after"], _exported.Of(first.TraceId));
        Assert.Equal(0, _none.Waiting);
        Assert.True(_none.News.TryRead(out var told));
        Assert.Equal(first.TraceId, told);
        Assert.False(_none.News.TryRead(out _));
    }

    [Fact]
    public void A_failure_elsewhere_keeps_the_trace_here_and_is_not_told_again()
    {
        var first = Ended("first", ActivityKind.Server);
        _none.OnEnd(first);
        _none.Keep(first.TraceId);
        _none.OnEnd(Ended("after", ActivityKind.Server, first, span => span.SetStatus(ActivityStatusCode.Error)));

        Assert.Equal(["first", "after"], _exported.Of(first.TraceId));
        Assert.False(_none.News.TryRead(out _));
    }

    [Fact]
    public void Services_with_one_ratio_keep_the_same_traces_about_so_many()
    {
        using var elsewhere = new ExportedSpans();
        using var gateway = new TailSampling(_exported, new TracingSettings(0.25, Slow), _time);
        using var dialer = new TailSampling(elsewhere, new TracingSettings(0.25, Slow), _time);
        var spans = Enumerable.Range(0, 2000).Select(_ => Ended("span", ActivityKind.Server)).ToList();
        foreach (var span in spans)
        {
            gateway.OnEnd(span);
            dialer.OnEnd(span);
        }
        var kept = spans.Where(span => _exported.Of(span.TraceId).Any()).ToList();
        Assert.Equal(kept, spans.Where(span => elsewhere.Of(span.TraceId).Any()));
        Assert.InRange(kept.Count, 400, 600);
    }

    [Fact]
    public void Memory_is_bounded_and_the_oldest_traces_make_room()
    {
        var spans = Enumerable.Range(0, 20_100).Select(_ => Ended("span", ActivityKind.Server)).ToList();
        foreach (var span in spans)
            _none.OnEnd(span);
        Assert.Equal((20_000, (0, 100)), (_none.Waiting, _none.Gone));
        _none.Keep(spans[0].TraceId);
        _none.Keep(spans[^1].TraceId);
        Assert.Empty(_exported.Of(spans[0].TraceId));
        Assert.Single(_exported.Of(spans[^1].TraceId));
    }

    [Theory]
    [InlineData(ActivityKind.Server, 1, false)]
    [InlineData(ActivityKind.Server, 2, true)]
    [InlineData(ActivityKind.Consumer, 3, true)]
    // A statement that takes long makes what asked for it slow.
    [InlineData(ActivityKind.Client, 3, false)]
    public void Slow_is_what_a_service_was_asked_to_do(ActivityKind kind, int seconds, bool isReason)
    {
        var span = Ended("span", kind, parent: null, span => span.SetEndTime(span.StartTimeUtc.AddSeconds(seconds)));
        Assert.Equal(isReason, TailSampling.IsReason(span, Slow));
    }

    [Fact]
    public void What_waits_for_a_person_is_not_slow_unless_it_says_so()
    {
        Activity Call(bool isSlow) => Ended("INVITE", ActivityKind.Client, parent: null, span =>
        {
            span.SetTag(Telemetry.Waits, value: true).SetEndTime(span.StartTimeUtc.AddSeconds(20));
            if (isSlow)
                span.SetTag(Telemetry.Slow, value: true);
        }, Telemetry.Source);
        Assert.False(TailSampling.IsReason(Call(isSlow: false), Slow));
        Assert.True(TailSampling.IsReason(Call(isSlow: true), Slow));
    }

    [Fact]
    public void A_statement_that_failed_without_harm_is_no_reason()
    {
        var span = Ended("insert", ActivityKind.Client, parent: null, span => span.SetStatus(ActivityStatusCode.Error));
        Assert.False(TailSampling.IsReason(span, Slow));
        var ours = Ended("INVITE", ActivityKind.Client, parent: null, span => span.SetStatus(ActivityStatusCode.Error), Telemetry.Source);
        Assert.True(TailSampling.IsReason(ours, Slow));
    }

    private Activity Ended(
        string name, ActivityKind kind, Activity? parent = null, Action<Activity>? say = null, ActivitySource? source = null)
    {
        // A trace of its own, whatever the test runs in.
        var context = parent?.Context
            ?? new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        using var span = (source ?? _source).StartActivity(name, kind, context)!;
        say?.Invoke(span);
        return span;
    }
}
