using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlashCall.Hosting;

/// <summary>Deletes what a service need not know any longer. Every replica does it, each taking what the others have not locked.</summary>
public interface ISweep
{
    /// <summary>Rows that one call deletes at most: small enough that no lock is held for long.</summary>
    int BatchSize { get; }

    /// <summary>Deletes up to <see cref="BatchSize"/> rows.</summary>
    /// <returns>How many it deleted; fewer than <see cref="BatchSize"/> when nothing is left.</returns>
    Task<int> SweepAsync(CancellationToken cancellationToken);
}

/// <summary>Runs the sweeps of a service beside its traffic.</summary>
public static class Sweeping
{
    /// <summary>Runs the sweep at once and then every minute, batch after batch until nothing is left.</summary>
    public static void AddSweep<TSweep>(this WebApplicationBuilder builder) where TSweep : class, ISweep
    {
        builder.Services.AddSingleton<TSweep>();
        builder.Services.AddHostedService<Sweeper<TSweep>>();
    }
}

internal sealed partial class Sweeper<TSweep>(TSweep sweep, OutageLog outages, TimeProvider time, ILogger<Sweeper<TSweep>> logger)
    : BackgroundService
    where TSweep : class, ISweep
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                while (await sweep.SweepAsync(stoppingToken) == sweep.BatchSize)
                    stoppingToken.ThrowIfCancellationRequested();
            }
            // What is not done now is done in a minute; the database's own health is shown by /health/ready. A row that nobody understands
            // is somebody's to look into, and no reason to serve nobody.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (!outages.Waits(exception, typeof(TSweep).Name))
                    LogPutOff(exception, typeof(TSweep).Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Sweep} could not finish with old rows; trying again in a minute")]
    private partial void LogPutOff(Exception exception, string sweep);
}
