using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Storage;
using Npgsql;

namespace FlashCall.Fraud.Blocks;

/// <summary>A block as the database has it.</summary>
/// <param name="Raised">The block.</param>
/// <param name="LiftedBy">The application of the operator who lifted it; null where nobody did.</param>
/// <param name="LiftReason">Why.</param>
internal sealed record StoredBlock(RaisedBlock Raised, string? LiftedBy, string? LiftReason);

/// <summary>Blocks for operators: list them, raise and lift them by hand. The engine's own are written with the assessment.</summary>
internal sealed class BlockStore(NpgsqlDataSource data)
{
    private const string Select = """
        select id, kind, subject, reason, raised_at, until, level, policy_version, raised_by, note, lifted_by, lift_reason from blocks
        """;

    /// <summary>The blocks, those that stand longest first.</summary>
    /// <param name="standingAt">Only those that stand at this moment; null for those that were lifted, too, as long as they are
    /// remembered.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<StoredBlock>> ListAsync(DateTimeOffset? standingAt, int limit, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand($"{Select} where $1::timestamptz is null or until > $1 order by until desc limit $2");
        command.Parameters.AddRange((NpgsqlParameter[])[Parameters.Time(standingAt), Parameters.Integer(limit)]);
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Raises a block by hand.</summary>
    /// <returns>False where one of the subject stands already.</returns>
    public async Task<bool> RaiseAsync(RaisedBlock block, CancellationToken cancellationToken)
    {
        await using var batch = data.CreateBatch();
        batch.BatchCommands.Add(StandingTable.Raising(block));
        return await batch.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Lifts a block that stands.</summary>
    /// <returns>The block, lifted; null where none that stands has the id.</returns>
    public async Task<StoredBlock?> LiftAsync(Guid id, string by, string reason, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var lift = new NpgsqlCommand("""
            update blocks set until = $2, lifted_by = $3, lift_reason = $4 where id = $1 and until > $2
            returning id, kind, subject, reason, raised_at, until, level, policy_version, raised_by, note, lifted_by, lift_reason
            """, connection)
        {
            Parameters = { Parameters.Uuid(id), Parameters.Time(now), Parameters.Text(by), Parameters.Text(reason) },
        };
        if ((await ReadAsync(lift, cancellationToken)).SingleOrDefault() is not { } lifted)
            return null;
        // The news of its end is waiting for the time that is not to come; it goes out now.
        await using var tell = new NpgsqlCommand(
            "update block_news set due_at = $2, event = $3 where block_id = $1 and what = 2", connection)
        {
            Parameters = { Parameters.Uuid(id), Parameters.Time(now), Parameters.Json(lifted.Raised.ToLifted(now, by)) },
        };
        await tell.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return lifted;
    }

    private static async Task<IReadOnlyList<StoredBlock>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var blocks = new List<StoredBlock>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var block = new TimedBlock(
                new Subject((SubjectKind)reader.GetInt16(1), reader.GetString(2)), reader.GetString(3),
                reader.GetFieldValue<DateTimeOffset>(4), reader.GetFieldValue<DateTimeOffset>(5), reader.GetInt32(6));
            blocks.Add(new StoredBlock(
                new RaisedBlock(reader.GetGuid(0), block, Text(7), Text(8), Text(9)), Text(10), Text(11)));
        }
        return blocks;

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }
}
