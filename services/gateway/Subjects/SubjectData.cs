using FlashCall.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Gateway.Subjects;

/// <summary>What the gateway keeps of sessions that have ended: what receivers are told, what they answered, and hashes of the references
/// that were given over the Sinch-compatible surface.</summary>
internal sealed class SubjectData(NpgsqlDataSource data)
{
    private const string DeliveriesSql =
        """
        select d.id, d.body
        from unnest($1::uuid[], $2::text[]) as erased (verification_id, application_id)
        cross join lateral (
            select id::text as receiver from webhooks where application_id = erased.application_id
            union all select 'sinch:' || erased.application_id) told
        join deliveries d on d.receiver = told.receiver and d.verification_id = erased.verification_id
        order by d.id
        for update of d
        """;

    /// <summary>Erases sessions.</summary>
    /// <returns>How many rows changed or went, by table.</returns>
    public async Task<IReadOnlyDictionary<string, long>> EraseAsync(
        IReadOnlyList<ErasedSession> sessions, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var bodies = await ReadAsync(connection, sessions, cancellationToken);
        var ids = bodies.Select(delivery => delivery.Id).ToArray();
        var deliveries = await ExecuteAsync(
            connection,
            """
            update deliveries set body = erased.body
            from unnest($1::uuid[], $2::bytea[]) as erased (id, body)
            where deliveries.id = erased.id and deliveries.body <> erased.body
            """,
            [ids, bodies.Select(delivery => ErasedBody.Of(delivery.Body)).ToArray()], cancellationToken);
        // A stranger wrote it, and may have repeated what it was told.
        var answers = await ExecuteAsync(
            connection, "update delivery_attempts set response = null where delivery_id = any($1::uuid[]) and response is not null", [ids],
            cancellationToken);
        var referring = sessions.Where(session => session.Reference is not null).ToList();
        var references = await ExecuteAsync(
            connection,
            """
            delete from sinch_references using unnest($1::text[], $2::bytea[], $3::uuid[]) as erased (application_id, reference, verification_id)
            where sinch_references.application_id = erased.application_id and sinch_references.reference = erased.reference
                and sinch_references.verification_id = erased.verification_id
            """,
            [
                referring.Select(session => session.ApplicationId).ToArray(), referring.Select(session => session.Reference!).ToArray(),
                referring.Select(session => session.VerificationId).ToArray(),
            ],
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["deliveries"] = deliveries,
            ["delivery_attempts"] = answers,
            ["sinch_references"] = references,
        };
    }

    private static async Task<List<(Guid Id, byte[] Body)>> ReadAsync(
        NpgsqlConnection connection, IReadOnlyList<ErasedSession> sessions, CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand(DeliveriesSql, connection)
        {
            Parameters =
            {
                new() { Value = sessions.Select(session => session.VerificationId).ToArray() },
                new() { Value = sessions.Select(session => session.ApplicationId).ToArray() },
            },
        };
        var found = new List<(Guid, byte[])>();
        await using var row = await find.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            found.Add((row.GetGuid(0), row.GetFieldValue<byte[]>(1)));
        return found;
    }

    private static async Task<long> ExecuteAsync(
        NpgsqlConnection connection, string sql, Array[] columns, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var column in columns)
        {
            command.Parameters.Add(column is byte[][]? new() { Value = column, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea }
                : new() { Value = column });
        }
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
