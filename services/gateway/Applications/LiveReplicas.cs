using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Gateway.Applications;

/// <summary>How many gateways there are, so that each takes its share of what all together may let through. Each gives a sign of life
/// every two seconds and counts for ten; while the database is away the last count stays.</summary>
internal sealed partial class LiveReplicas(
    NpgsqlDataSource data, ServiceIdentity self, TimeProvider time, ILogger<LiveReplicas> logger) : BackgroundService
{
    private static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AliveFor = TimeSpan.FromSeconds(10);

    private volatile int _count = 1;
    private bool _isFailing;

    /// <summary>The gateways that live, this one included: 1 or more.</summary>
    public int Count => _count;

    /// <summary>Gives a sign of life and counts the others.</summary>
    public async Task BeatAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = data.CreateCommand(
                """
                with beat as (
                    insert into gateway_replicas (instance, alive_until) values ($1, now() + $2)
                    on conflict (instance) do update set alive_until = excluded.alive_until),
                gone as (delete from gateway_replicas where alive_until < now() - interval '1 hour' and instance <> $1)
                select count(*)::integer from gateway_replicas where alive_until > now() and instance <> $1
                """);
            command.Parameters.AddRange((NpgsqlParameter[])[new() { Value = self.Instance }, new() { Value = AliveFor }]);
            _count = 1 + (int)(await command.ExecuteScalarAsync(cancellationToken))!;
            _isFailing = false;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            if (!_isFailing)
                LogFailing(exception);
            _isFailing = true;
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await using var command = data.CreateCommand("delete from gateway_replicas where instance = $1");
            command.Parameters.Add(new() { Value = self.Instance });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            LogFailing(exception);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(BeatEvery, time);
        do
        {
            await BeatAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Cannot tell the other gateways that this one lives; each goes on with the share of the limits that it had")]
    private partial void LogFailing(Exception exception);
}
