using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace FlashCall.Verification.Analytics.Funnel;

/// <summary>Watches how far the funnel is behind the event log, for the gauge <c>flashcall.funnel.lag</c> and for health: a funnel that does
/// not move is degraded, and takes no replica out.</summary>
internal sealed class FunnelLag(NpgsqlDataSource data, TimeProvider time, IMeterFactory meters) : BackgroundService, IHealthCheck
{
    /// <summary>Name of the check.</summary>
    public const string Check = "funnel";

    // The sequence is ahead of what is committed by as much as is under way, and what is rolled back stays a hole.
    private const string LagSql =
        """
        select greatest(0, (select last_value from mt_events_sequence) - seq), clock_timestamp() - moved_at
        from funnel_generations where state = 'live'
        """;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(1);

    private volatile State? _state;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_state is { Events: > 0 } state && state.Since > StuckAfter
            ? HealthCheckResult.Degraded(
                $"The funnel is {state.Events} events behind and has not moved for {state.Since.TotalSeconds:0} s. The log of the replica "
                + "that leads the daemon says why.")
            : HealthCheckResult.Healthy());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        meters.Create("FlashCall").CreateObservableGauge("flashcall.funnel.lag",
            () => _state is { } state ? [new Measurement<long>(state.Events)] : Array.Empty<Measurement<long>>(), "{event}",
            "Events that are stored and not in the funnel yet");
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await using var command = data.CreateCommand(LagSql);
                await using var reader = await command.ExecuteReaderAsync(stoppingToken);
                if (await reader.ReadAsync(stoppingToken))
                    _state = new State(reader.GetInt64(0), reader.GetTimeSpan(1));
            }
            // Whether the database answers is another check's to say.
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                _state = null;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private sealed record State(long Events, TimeSpan Since);
}
