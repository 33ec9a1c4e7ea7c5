using FlashCall.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace FlashCall.Verification.Results;

/// <summary>Puts signed results into the service.</summary>
internal static class ResultSetup
{
    /// <summary>Adds the keys with their rotation, the first one in the preparation step, and what signs.</summary>
    public static void AddResults(this WebApplicationBuilder builder, ResultSettings settings)
    {
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<ResultKeyStore>();
        builder.Services.AddSingleton<ResultKeys>().AddHostedService(services => services.GetRequiredService<ResultKeys>());
        builder.Services.AddSingleton<ResultTokens>();
        builder.Services.AddSingleton<IPreparation, FirstKey>();
        builder.Services.AddHealthChecks().AddCheck<KeyHealth>("result_keys", tags: ["ready"]);
    }

    /// <summary>Adds the address where the keys are published.</summary>
    public static void MapResultKeys(this WebApplication app) => app.MapGet(GetResultKeys.Path, GetResultKeys.HandleAsync).AllowAnonymous();

    private sealed class FirstKey(ResultKeys keys) : IPreparation
    {
        public async Task PrepareAsync(CancellationToken cancellationToken)
        {
            try
            {
                await keys.RefreshAsync(cancellationToken);
            }
            catch (NpgsqlException exception)
            {
                throw new PreparationException($"Cannot prepare the keys of results: {exception.Message}", exception);
            }
            if (keys.Problem is { } problem)
                throw new PreparationException(problem);
        }
    }

    private sealed class KeyHealth(ResultKeys keys) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(keys.Problem is { } problem ? HealthCheckResult.Unhealthy(problem)
                : keys.AreKnown ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The keys of results were not read yet."));
    }
}
