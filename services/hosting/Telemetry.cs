using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using FlashCall.Hosting.Tracing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FlashCall.Hosting;

/// <summary>Traces and metrics of every service: both exported by OTLP, which Jaeger takes as it is, and the metrics served to
/// Prometheus (<see cref="MetricsEndpoint"/>).</summary>
public static partial class Telemetry
{
    /// <summary>The platform's own spans, whichever service makes them.</summary>
    public static readonly ActivitySource Source = new("FlashCall");

    /// <summary>The name of the span of a webhook's delivery.</summary>
    public const string Delivery = "webhook deliver";

    /// <summary>The attribute, true, of a span that waits for a person or a network, and is none the slower for it.</summary>
    public const string Waits = "flashcall.waits";

    /// <summary>The attribute, true, of a span that took too long for what it stands for, whatever <c>Tracing:Slow</c> says.</summary>
    public const string Slow = "flashcall.slow";

    /// <summary>Adds tracing and metrics. Nothing is exported unless <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set (OpenTelemetry's own
    /// variable), and nothing is served unless <c>Metrics:Listen</c> is.</summary>
    /// <exception cref="SettingsException">A setting is wrong.</exception>
    internal static void AddTelemetry(this WebApplicationBuilder builder, string service)
    {
        var scraped = MetricsEndpoint.ReadListen(builder.Configuration);
        var traces = TracingSettings.Read(builder.Configuration);
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"flashcall-{service}", serviceNamespace: "flashcall"))
            .WithTracing(tracing => tracing
                .SetSampler(PlatformSampler.Create())
                // Marten's would be a trace for each page of its daemon, which nobody asked for and which would bury the verifications.
                .AddSource(Source.Name, "MassTransit", "Yarp.ReverseProxy")
                .AddAspNetCoreInstrumentation(http =>
                {
                    http.Filter = context => !context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
                        && context.Request.Path != MetricsEndpoint.Path
                        && !context.Request.Path.StartsWithSegments(LogLevelEndpoints.Path, StringComparison.Ordinal);
                    http.EnrichWithHttpRequest = (span, request) =>
                    {
                        HideNumbers(span, "url.path");
                        if (IsAskedToWait(request))
                            span.SetTag(Waits, value: true);
                    };
                })
                .AddHttpClientInstrumentation(http => http.EnrichWithHttpRequestMessage = (span, _) => HideNumbers(span, "url.full"))
                .AddNpgsql())
            .WithMetrics(metrics =>
            {
                metrics.AddMeter("FlashCall", "MassTransit", "Npgsql", "Marten", "Yarp.ReverseProxy")
                    .AddAspNetCoreInstrumentation()
                    .AddRuntimeInstrumentation();
                if (scraped is not null)
                    MetricsEndpoint.AddExporter(metrics);
            });
        if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
            AddExport(builder, telemetry, traces);
        if (scraped is not null)
            MetricsEndpoint.AddTo(builder, scraped);
    }

    private static void AddExport(WebApplicationBuilder builder, OpenTelemetryBuilder telemetry, TracingSettings traces)
    {
        // Before what exports.
        telemetry.WithTracing(tracing => tracing.AddProcessor(new MessagingConventions()));
        if (traces.IsAll)
        {
            telemetry.UseOtlpExporter();
            return;
        }
        builder.Services.AddSingleton(services =>
        {
            var sampling = new TailSampling(BatchedExport(), traces, services.GetRequiredService<TimeProvider>());
            sampling.ShowIn(services.GetRequiredService<IMeterFactory>());
            return sampling;
        });
        telemetry
            .WithTracing(tracing => tracing.AddProcessor(services => services.GetRequiredService<TailSampling>()))
            .WithMetrics(metrics => metrics.AddOtlpExporter());
    }

    /// <summary>As the library would export, with its own variables (<c>OTEL_EXPORTER_OTLP_…</c>, <c>OTEL_BSP_…</c>), which the options read
    /// as they are made.</summary>
    private static BatchActivityExportProcessor BatchedExport()
    {
        var batch = new BatchExportActivityProcessorOptions();
        return new BatchActivityExportProcessor(
            new OtlpTraceExporter(new OtlpExporterOptions()),
            batch.MaxQueueSize, batch.ScheduledDelayMilliseconds, batch.ExporterTimeoutMilliseconds, batch.MaxExportBatchSize);
    }

    /// <summary>Whether the answer is to come when something happens (<c>Prefer: wait</c>, server-sent events).</summary>
    private static bool IsAskedToWait(HttpRequest request) =>
        request.Headers["Prefer"].Any(line => line?.Contains("wait", StringComparison.OrdinalIgnoreCase) == true)
        || request.Headers.Accept.Any(line => line?.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>Some addresses name a telephone number, which no trace may hold.</summary>
    private static void HideNumbers(Activity span, string tag)
    {
        if (span.GetTagItem(tag) is string address && NumberSegment().IsMatch(address))
            span.SetTag(tag, NumberSegment().Replace(address, "{number}"));
    }

    // Where persons are forgotten, whatever stands in the number's place is hidden: it may be one that is written in another way.
    [GeneratedRegex(
        @"(?<=/)(?:\+|%2[Bb])?[0-9]{7,15}(?=[/?#]|\z)|(?<=/v1/subjects/)(?!erasures(?:[/?#]|\z))[^/?#]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NumberSegment();
}
