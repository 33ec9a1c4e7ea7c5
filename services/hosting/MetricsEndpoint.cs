using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace FlashCall.Hosting;

/// <summary>
/// Serves the figures of the process at <c>/metrics</c>, as Prometheus scrapes them, on an address of its own: <c>Metrics:Listen</c>. A
/// server of its own, so that no address that clients reach can ever answer with them, and so that they are there from before the service
/// takes requests until after its last one. Operators set levels of the log there (<see cref="LogLevelEndpoints"/>).
/// </summary>
internal sealed class MetricsEndpoint(IPEndPoint listen, MeterProvider meters, LogLevels levels, ILoggerFactory logs)
    : IHostedService, IAsyncDisposable
{
    /// <summary>Where Prometheus looks by default.</summary>
    public const string Path = "/metrics";

    private const string Section = "Metrics";

    private WebApplication? _server;

    /// <summary>Where to serve the figures; null for nowhere.</summary>
    /// <exception cref="SettingsException">The setting is wrong.</exception>
    public static IPEndPoint? ReadListen(IConfiguration configuration)
    {
        var mistakes = new SettingsMistakes();
        var section = configuration.GetSection(Section);
        mistakes.RefuseUnknown(section, "Listen");
        var listen = mistakes.ReadListen(section.GetSection("Listen"), example: 9464);
        mistakes.ThrowIfAny();
        return listen;
    }

    /// <summary>Lets the figures be read as Prometheus does.</summary>
    public static void AddExporter(MeterProviderBuilder metrics) => metrics.AddPrometheusExporter(options =>
    {
        // Names with underscores and units, whatever the scraper could take: dashboards and rules are written for these.
        options.TranslationStrategy = OpenTelemetry.Exporter.PrometheusAspNetCoreTranslationStrategy.UnderscoreEscapingWithSuffixes;
        // The name of the meter would stand on each of thousands of lines, and says nothing that the figure's own name does not.
        options.ScopeInfoEnabled = false;
    });

    /// <summary>Serves them.</summary>
    public static void AddTo(WebApplicationBuilder builder, IPEndPoint listen)
    {
        builder.Services.AddSingleton(services => new MetricsEndpoint(
            listen, services.GetRequiredService<MeterProvider>(), services.GetRequiredService<LogLevels>(),
            services.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddHostedService(services => services.GetRequiredService<MetricsEndpoint>());
    }

    /// <summary>Where they are served: the port, too, where the setting left it to the system.</summary>
    public Uri? Address => _server?.Urls.FirstOrDefault() is { } url ? new Uri(new Uri(url), Path) : null;

    /// <exception cref="IOException">The port is taken.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(listen);
        });
        builder.Services.AddRouting().AddSingleton(logs).AddSingleton<IHostLifetime, LifetimeOfTheService>();
        _server = builder.Build();
        _server.MapPrometheusScrapingEndpoint(Path, meters, configureBranchedPipeline: null, optionsName: null).DisableHttpMetrics();
        LogLevelEndpoints.Map(_server, levels);
        await _server.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _server?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>The signals to stop are the service's to take.</summary>
    private sealed class LifetimeOfTheService : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
