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

    // Numbers that were rolled back are no events: what counts is the last that there is.
    private const string LagSql =
        "select greatest(0, coalesce((select max(seq_id) from mt_events), 0) - seq), seq from funnel_generations where state = 'live'";

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(1);

    private volatile State? _state;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_state is { Events: > 0 } state && time.GetElapsedTime(state.Since) > StuckAfter
            ? HealthCheckResult.Degraded(
                $"The funnel is {state.Events} events behind and has not moved for {time.GetElapsedTime(state.Since).TotalSeconds:0} s. The log of the replica "
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
                    See(reader.GetInt64(0), reader.GetInt64(1));
            }
            // Whether the database answers is another check's to say.
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                _state = null;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Notes where the funnel is: it stands still as long as it is behind and in the same place.</summary>
    internal void See(long behind, long place) => _state = behind > 0 && _state is { Events: > 0 } before && before.Place == place
        ? before with { Events = behind }
        : new State(behind, place, time.GetTimestamp());

    private sealed record State(long Events, long Place, long Since);
}
