using System.Net.Mime;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FlashCall.Hosting;

/// <summary><c>/health/live</c>: the process runs. <c>/health/ready</c>: what it needs answers (checks tagged <c>ready</c>), and it is not
/// about to stop.</summary>
public static class Health
{
    /// <summary>Adds both.</summary>
    public static void MapPlatformHealth(this WebApplication app)
    {
        var departure = app.Services.GetRequiredService<Departure>();
        Map("/health/live", _ => false);
        Map("/health/ready", check => departure.HasBegun ? check.Name == Departure.Check : check.Tags.Contains("ready"));

        void Map(string path, Func<HealthCheckRegistration, bool> checks) =>
            app.MapHealthChecks(path, new HealthCheckOptions { Predicate = checks, ResponseWriter = WriteAsync }).AllowAnonymous()
                // Probes would be most of the requests that figures tell of.
                .DisableHttpMetrics();
    }

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = MediaTypeNames.Application.Json;
        return context.Response.WriteAsync(JsonSerializer.Serialize(new
        {
            status = Name(report.Status),
            checks = report.Entries.ToDictionary(
                entry => entry.Key,
                entry => new { status = Name(entry.Value.Status), description = entry.Value.Description },
                StringComparer.Ordinal),
        }), context.RequestAborted);
    }

    private static string Name(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        HealthStatus.Unhealthy => "unhealthy",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };
}
