using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace FlashCall.Hosting;

/// <summary>What every service of the platform shares, once: configuration, logs, telemetry, health, problem details, start-up and
/// preparation.</summary>
public static class PlatformHost
{
    /// <summary>The first argument that makes a service prepare its database and exit instead of serving.</summary>
    public const string PrepareArgument = "prepare";

    /// <summary>What the frameworks say for every request is left to traces and metrics; their lines would also hold whole addresses,
    /// and with them whatever a client puts there.</summary>
    private static readonly Dictionary<string, string?> LogLevels = new(StringComparer.Ordinal)
    {
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        // Not its lines alone: the whole address of the request would stand beside every line that anybody writes meanwhile, and some
        // name a telephone number. The trace that stands there has it, masked.
        ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",
        // YARP makes such keys, and warns of a container's own file system. They are no matter: nothing is protected with them.
        ["Logging:LogLevel:Microsoft.AspNetCore.DataProtection"] = "Error",
        // A start that fails is told on standard error, see RunAsync; what fails later is critical.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "Critical",
        // The daemon would tell of each page of events, one a second at least.
        ["Logging:LogLevel:Marten.Events.Daemon"] = "Warning",
        ["Logging:LogLevel:System.Net.Http.HttpClient"] = "Warning",
        // Each probe of a replica that is not well would be an error with a stack trace every two seconds. Who probes knows, and what is
        // away is told once where it is met.
        ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "Critical",
        ["Logging:LogLevel:Yarp"] = "Warning",
        // A replica's change of health is logged once, by another category; each failed probe would be a stack trace every two seconds,
        // each failed request another, where the gateway has one line.
        ["Logging:LogLevel:Yarp.ReverseProxy.Health.ActiveHealthCheckMonitor"] = "Error",
        ["Logging:LogLevel:Yarp.ReverseProxy.Forwarder.HttpForwarder"] = "Error",
    };

    /// <summary>
    /// A builder with the shared conventions. Settings come, later ones winning, from <c>appsettings.json</c>, the JSON file that
    /// <c>FLASHCALL_SETTINGS</c> names (one file serves all services), the environment with the prefix <c>FLASHCALL_</c>
    /// (<c>FLASHCALL_POSTGRES</c>, <c>FLASHCALL_RABBITMQ</c>), one file a setting in the folder that <c>FLASHCALL_SECRETS</c> names
    /// (<c>Identity__SigningKey</c>), and the command line.
    /// </summary>
    /// <param name="args">The command line.</param>
    /// <param name="service">The short name of the service, such as <c>fraud</c>; telemetry shows it as <c>flashcall-fraud</c>.</param>
    /// <exception cref="SettingsException">The file or folder that a variable names does not exist.</exception>
    public static WebApplicationBuilder CreateBuilder(string[] args, string service)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        if (Environment.GetEnvironmentVariable("FLASHCALL_SETTINGS") is { Length: > 0 } file)
        {
            if (!File.Exists(file))
            {
                throw new SettingsException(
                    "FLASHCALL_SETTINGS", $"names the file '{file}', which does not exist. Create it, or unset the variable.");
            }
            AddSettingsFile(builder.Configuration, file);
        }
        builder.Configuration.AddEnvironmentVariables(SettingName.Prefix);
        if (builder.Configuration["Secrets"] is { Length: > 0 } folder)
        {
            if (!Directory.Exists(folder))
            {
                throw new SettingsException(
                    "FLASHCALL_SECRETS", $"names the folder '{folder}', which does not exist. Create it, or unset the variable.");
            }
            builder.Configuration.AddKeyPerFile(Path.GetFullPath(folder), optional: false);
        }
        builder.Configuration.AddCommandLine(args);

        // The lowest source of all, so that any setting 'Logging:LogLevel:…' wins.
        ((IConfigurationBuilder)builder.Configuration).Sources.Insert(0, new MemoryConfigurationSource { InitialData = LogLevels });
        // And the highest, so that a level set while the process runs holds.
        var levels = new LogLevelSource();
        ((IConfigurationBuilder)builder.Configuration).Add(levels);
        builder.Services.AddSingleton(levels).AddSingleton<LogLevels>();
        builder.Logging.ClearProviders();
        builder.Logging.AddJsonConsole(console =>
        {
            console.IncludeScopes = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
        });
        builder.Logging.Configure(logging =>
            logging.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);

        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(
            new ServiceIdentity(service, $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.CreateVersion7():N}"));
        builder.AddTelemetry(service);
        builder.Services.AddProblems();
        builder.Services.AddHealthChecks();
        HealthMetrics.AddTo(builder);
        Departure.AddTo(builder);
        return builder;
    }

    private static void AddSettingsFile(ConfigurationManager configuration, string file)
    {
        try
        {
            configuration.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
        }
        catch (InvalidDataException exception)
        {
            // The innermost message says where the text stops being JSON, without repeating it.
            throw new SettingsException(
                "FLASHCALL_SETTINGS", $"names the file '{file}', which is not JSON: {exception.GetBaseException().Message}");
        }
    }

    /// <summary>Which replica is being built; services find the same by <see cref="ServiceIdentity"/>.</summary>
    public static ServiceIdentity Self(this WebApplicationBuilder builder) =>
        builder.Services.Select(service => service.ImplementationInstance).OfType<ServiceIdentity>().Single();

    /// <summary>
    /// Serves until stopped, or, when the first argument is <see cref="PrepareArgument"/>, brings the service's database up to date and
    /// returns.
    /// </summary>
    /// <returns>The exit code of the process: 0, or 1 after lines on standard error that say what to do, one for each mistake.</returns>
    public static async Task<int> RunAsync(string[] args, Func<string[], WebApplication> build)
    {
        try
        {
            await using var app = build(args);
            if (args is [PrepareArgument, ..])
            {
                foreach (var preparation in app.Services.GetServices<IPreparation>())
                    await preparation.PrepareAsync(app.Lifetime.ApplicationStopping);
                return 0;
            }
            await app.RunAsync();
            return 0;
        }
        // The edge of the process: a person reads this line, and the exit code says the rest.
        catch (Exception exception) when (exception is SettingsException or IOException or PreparationException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    /// <summary>The pipeline that every service has: problem details for errors, and its health.</summary>
    public static WebApplication UsePlatformDefaults(this WebApplication app)
    {
        app.UseProblems();
        // Left to the framework, these two would run before the problems above them, and refuse without a body.
        if (app.Services.GetService<IAuthenticationSchemeProvider>() is not null)
        {
            app.UseAuthentication();
            app.UseAuthorization();
        }
        app.MapPlatformHealth();
        return app;
    }
}

/// <summary>Which service this process is, and which of its replicas.</summary>
/// <param name="Service">The short name, such as <c>fraud</c>.</param>
/// <param name="Instance">Unique for each start of each process.</param>
public sealed record ServiceIdentity(string Service, string Instance);

/// <summary>A step that runs before a service takes traffic, such as a change of its database schema.</summary>
public interface IPreparation
{
    /// <summary>Does the step. Running it again, or from several places at once, changes nothing more.</summary>
    /// <exception cref="PreparationException">It cannot be done; the message says what to do.</exception>
    Task PrepareAsync(CancellationToken cancellationToken);
}

/// <summary>A preparation step failed; the message is one line that says what to do.</summary>
public sealed class PreparationException(string message, Exception? inner = null) : Exception(message, inner);
