using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.NumberPool.Limits;

/// <summary>Forgets the callees and clients that may have as much as if they had never asked.</summary>
internal sealed class OldLimits(NpgsqlDataSource data, TimeProvider time) : ISweep
{
    /// <inheritdoc/>
    public int BatchSize => 5000;

    /// <inheritdoc/>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        // Rows change with every lease; an index on the time would cost each of them more than the sweep saves.
        await using var command = data.CreateCommand(
            "delete from limits where key in (select key from limits where arrival <= $1 limit $2 for update skip locked)");
        command.Parameters.AddRange((NpgsqlParameter[])[Sql.Time(time.GetUtcNow()), Sql.Integer(BatchSize)]);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
