using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlashCall.Hosting;

/// <summary>
/// How a process leaves while others rely on it. On SIGTERM it says so first: <c>/health/ready</c> answers 503 and every answer closes its
/// connection, while requests are taken as before. Whoever sends requests here (a load balancer, the gateway) has
/// <c>Shutdown:Grace</c> (5 s) to notice; only then the server stops listening, ends the requests under way, and the rest follows. On
/// SIGINT, which a person sends, and on a second SIGTERM it stops at once.
/// </summary>
internal sealed partial class Departure : IHostLifetime, IStartupFilter, IHealthCheck, IDisposable
{
    /// <summary>The health check that speaks for it, which is asked once it has begun, and alone then.</summary>
    public const string Check = "stopping";

    private const string Section = "Shutdown";
    private static readonly TimeSpan LongestGrace = TimeSpan.FromMinutes(2);

    /// <summary>The gateway probes every 2 s and waits up to 2 s for an answer.</summary>
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _grace;
    private readonly IHostApplicationLifetime _application;
    private readonly TimeProvider _time;
    private readonly ILogger<Departure> _logger;
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly CancellationTokenSource _departing = new();
    private ITimer? _stop;
    private int _begun;

    private Departure(TimeSpan grace, IHostApplicationLifetime application, TimeProvider time, ILogger<Departure> logger) =>
        (_grace, _application, _time, _logger) = (grace, application, time, logger);

    /// <summary>Whether the process is about to stop.</summary>
    public bool HasBegun => Volatile.Read(ref _begun) != 0;

    /// <summary>Cancelled once the process is about to stop.</summary>
    public CancellationToken Begun => _departing.Token;

    /// <summary>Adds it in place of the framework's own way to stop.</summary>
    /// <exception cref="SettingsException">The setting is wrong.</exception>
    public static void AddTo(WebApplicationBuilder builder)
    {
        var mistakes = new SettingsMistakes();
        var section = builder.Configuration.GetSection(Section);
        mistakes.RefuseUnknown(section, "Grace");
        var grace = mistakes.ReadDuration(section.GetSection("Grace"), DefaultGrace, TimeSpan.Zero, LongestGrace);
        mistakes.ThrowIfAny();
        builder.Services.AddSingleton(services => new Departure(
            grace, services.GetRequiredService<IHostApplicationLifetime>(), services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<Departure>>()));
        builder.Services.AddSingleton<IHostLifetime>(services => services.GetRequiredService<Departure>());
        builder.Services.AddSingleton<IStartupFilter>(services => services.GetRequiredService<Departure>());
        builder.Services.AddHealthChecks().AddCheck<Departure>(Check);
    }

    /// <summary>Says that the process is about to stop, and stops it when the grace is over. Again: at once.</summary>
    public void Begin()
    {
        if (Interlocked.Exchange(ref _begun, 1) != 0 || _grace == TimeSpan.Zero)
        {
            _application.StopApplication();
            return;
        }
        LogBegun(_grace.TotalSeconds);
        _departing.Cancel();
        _stop = _time.CreateTimer(_ => _application.StopApplication(), state: null, _grace, Timeout.InfiniteTimeSpan);
    }

    Task IHostLifetime.WaitForStartAsync(CancellationToken cancellationToken)
    {
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            Begin();
        }));
        foreach (var now in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGQUIT])
        {
            _signals.Add(PosixSignalRegistration.Create(now, signal =>
            {
                signal.Cancel = true;
                _application.StopApplication();
            }));
        }
        return Task.CompletedTask;
    }

    Task IHostLifetime.StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Action<IApplicationBuilder> IStartupFilter.Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, further) =>
        {
            // Asked when the answer starts: a request that waits may have come long before.
            context.Response.OnStarting(static state =>
            {
                var (departure, response) = ((Departure, HttpResponse))state;
                if (departure.HasBegun && HttpProtocol.IsHttp11(response.HttpContext.Request.Protocol))
                    response.Headers.Connection = "close";
                return Task.CompletedTask;
            }, (this, context.Response));
            return further(context);
        });
        next(app);
    };

    Task<HealthCheckResult> IHealthCheck.CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(HasBegun
            ? HealthCheckResult.Unhealthy("This replica is about to stop. Send requests to another one.")
            : HealthCheckResult.Healthy());

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _stop?.Dispose();
        _departing.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Told to stop: no longer ready, and stopping in {Seconds:F0} s")]
    private partial void LogBegun(double seconds);
}
