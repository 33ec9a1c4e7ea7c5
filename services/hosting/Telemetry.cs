using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OpenTelemetry;
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

    /// <summary>Adds tracing and metrics. Nothing is exported unless <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set (OpenTelemetry's own
    /// variable), and nothing is served unless <c>Metrics:Listen</c> is.</summary>
    /// <exception cref="SettingsException">A setting is wrong.</exception>
    internal static void AddTelemetry(this WebApplicationBuilder builder, string service)
    {
        var scraped = MetricsEndpoint.ReadListen(builder.Configuration);
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"flashcall-{service}", serviceNamespace: "flashcall"))
            .WithTracing(tracing => tracing
                // Marten's would be a trace for each page of its daemon, which nobody asked for and which would bury the verifications.
                .AddSource(Source.Name, "MassTransit", "Yarp.ReverseProxy")
                .AddAspNetCoreInstrumentation(http =>
                {
                    http.Filter = context => !context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
                        && context.Request.Path != MetricsEndpoint.Path;
                    http.EnrichWithHttpRequest = (span, _) => HideNumbers(span, "url.path");
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
            telemetry.UseOtlpExporter();
        if (scraped is not null)
            MetricsEndpoint.AddTo(builder, scraped);
    }

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
