using System.Data;
using System.Globalization;
using FlashCall.Hosting;
using FlashCall.NumberPool.Numbers;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.NumberPool.Wear;

/// <summary>Ends trials that came to nothing: a number that too few calls speak against, or for, is active again in doubt. That it has
/// rested is not forgotten.</summary>
internal sealed class LongTrials(NpgsqlDataSource data, Inventory inventory, NumberPoolSettings settings, TimeProvider time) : ISweep
{
    /// <inheritdoc/>
    public int BatchSize => 1000;

    /// <inheritdoc/>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        // Without calls nothing can come of a trial, and where the operator wants none, doubt is not enough.
        if (!settings.Wear.Enabled || settings.ProbeShare == 0)
            return 0;
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await Inventory.LockAsync(connection, cancellationToken);
        var runs = await ReadAsync(connection, cancellationToken);
        if (runs.Count == 0)
            return 0;
        var reason = string.Create(CultureInfo.InvariantCulture,
            $"on trial for {settings.Wear.PeerDays} days, with too few calls, its own or its peers', to judge by");
        await inventory.ChangeStateAsync(
            connection,
            [.. runs.Select(run => new NumberChange(run.Numbers, new NumberState.Active(), reason) { Rests = run.Rests })],
            OutcomeFold.Name, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return runs.Count;
    }

    private async Task<List<Run>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"select {RunRows.Columns} from runs where state = 'resting' and rests_until <= $1 order by rests_until limit $2", connection)
        {
            Parameters =
            {
                new() { Value = time.GetUtcNow().AddDays(-settings.Wear.PeerDays), NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = BatchSize, NpgsqlDbType = NpgsqlDbType.Integer },
            },
        };
        var runs = new List<Run>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            runs.Add(RunRows.Read(reader));
        return runs;
    }
}
