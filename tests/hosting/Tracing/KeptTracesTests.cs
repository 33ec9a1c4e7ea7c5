using System.Diagnostics;
using FlashCall.Hosting.Tracing;
using FlashCall.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FlashCall.Hosting.Tests.Tracing;

/// <summary>Over a real broker: what failed in one service is kept in the others.</summary>
public sealed class KeptTracesTests(ServersFixture servers)
{
    [Fact]
    public async Task A_failure_in_one_service_keeps_the_trace_in_another()
    {
        using var source = new ActivitySource("KeptTracesTests");
        using var listener = new ActivityListener
        {
            ShouldListenTo = listened => listened == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        using var exportedHere = new ExportedSpans();
        using var exportedThere = new ExportedSpans();
        await using var here = await StartAsync(exportedHere);
        await using var there = await StartAsync(exportedThere);
        using var harmless = source.StartActivity("leases a number", ActivityKind.Server)!;
        harmless.Stop();
        there.App.Services.GetRequiredService<TailSampling>().OnEnd(harmless);

        using var failed = source.StartActivity("places a call", ActivityKind.Consumer, harmless.Context)!;
        failed.SetStatus(ActivityStatusCode.Error).Stop();
        here.App.Services.GetRequiredService<TailSampling>().OnEnd(failed);

        await Eventually.TrueAsync(
            () => exportedThere.Of(harmless.TraceId).SequenceEqual(["leases a number"]), "the other service exports its part");
        Assert.Equal(["places a call"], exportedHere.Of(harmless.TraceId));
    }

    private async Task<RunningApp> StartAsync(ExportedSpans exported)
    {
        var builder = PlatformHost.CreateBuilder(
            [.. servers.Arguments, "--Logging:LogLevel:Default=None", "--OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "--Tracing:Ratio=0"],
            "test");
        builder.Services.AddSingleton(services => new TailSampling(
            exported, TracingSettings.Read(builder.Configuration), services.GetRequiredService<TimeProvider>()));
        builder.AddBus(queue: null, _ => { });
        var app = await RunningApp.StartAsync(builder.Build().UsePlatformDefaults());
        await app.App.Services.GetRequiredService<IBusControl>().WaitForHealthStatus(BusHealthStatus.Healthy, TimeSpan.FromSeconds(30));
        return app;
    }
}
