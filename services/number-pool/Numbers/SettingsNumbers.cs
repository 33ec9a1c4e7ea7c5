using FlashCall.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace FlashCall.NumberPool.Numbers;

/// <summary>Brings the numbers of the settings into the pool at a start: those that are not there and never were removed. Every replica does
/// it, one after the other; what is done once is left alone.</summary>
internal sealed partial class SettingsNumbers(
    NumberPoolSettings settings, NumberIntake intake, OutageLog outages, TimeProvider time, ILogger<SettingsNumbers> logger)
    : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan TryEvery = TimeSpan.FromSeconds(1);
    private volatile bool _isDone;

    /// <summary>Who is said to have added them.</summary>
    public const string Name = "settings";

    /// <summary>Brings them in.</summary>
    /// <returns>How many numbers were added.</returns>
    public async Task<long> ApplyAsync(CancellationToken cancellationToken)
    {
        if (settings.Ranges.Count == 0)
            return 0;
        var result = await intake.TakeAsync(FindAsync, Name, cancellationToken);
        if (result.Numbers > 0)
            LogAdded(result.Numbers);
        return result.Numbers;
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_isDone
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("The numbers of the settings have not been brought in yet. See FLASHCALL_POSTGRES."));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TryEvery, time);
        while (!await TryApplyAsync(stoppingToken))
            await timer.WaitForNextTickAsync(stoppingToken);
        _isDone = true;
    }

    private async Task<bool> TryApplyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ApplyAsync(cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            if (!outages.Waits(exception, "The numbers of the settings"))
                LogAway(exception);
            return false;
        }
    }

    private async Task<IAsyncEnumerable<NewNumbers>> FindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var missing = new List<NewNumbers>();
        foreach (var range in settings.Ranges)
        {
            foreach (var part in NumberSpans.Except(range.Numbers, await ReadKnownAsync(connection, range.Numbers, cancellationToken)))
                missing.Add(new NewNumbers(missing.Count, part, range.Trunk, range.Country, Tags: []));
        }
        return missing.ToAsyncEnumerable();
    }

    /// <summary>Which of the numbers the pool has, or had.</summary>
    private static async Task<List<NumberSpan>> ReadKnownAsync(
        NpgsqlConnection connection, NumberSpan numbers, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            (select first, last from runs where first < $1 order by first desc limit 1)
            union all (select first, last from runs where first between $1 and $2)
            union all (select first, last from history where first = last and first between $1 and $2 and change = 'removed')
            union all (select first, last from history
                where first < last and int8range(first, last, '[]') && int8range($1, $2, '[]') and change = 'removed')
            """, connection)
        {
            Parameters = { new() { Value = numbers.First }, new() { Value = numbers.Last } },
        };
        command.CommandTimeout = Inventory.PatienceSeconds;
        var known = new List<NumberSpan>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            known.Add(new NumberSpan(reader.GetInt64(0), reader.GetInt64(1)));
        return known;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} numbers of the settings were added to the pool")]
    private partial void LogAdded(long count);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The numbers of the settings could not be brought into the pool; trying again in a second")]
    private partial void LogAway(Exception exception);
}
