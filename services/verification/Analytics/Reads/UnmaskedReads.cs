using FlashCall.Verification.Storage;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Verification.Analytics.Reads;

/// <summary>The book of who saw numbers of the past in plain.</summary>
internal sealed class UnmaskedReads(NpgsqlDataSource data, TimeProvider time)
{
    /// <summary>Enters that an application looks at a session.</summary>
    /// <param name="applicationId">The application.</param>
    /// <param name="verificationId">The session.</param>
    /// <param name="events">How many of its events are shown.</param>
    /// <param name="cancellationToken">The request is gone.</param>
    public Task EnterAsync(string applicationId, Guid verificationId, int events, CancellationToken cancellationToken) =>
        InsertAsync(Guid.CreateVersion7(), applicationId, verificationId, filter: null, events, cancellationToken);

    /// <summary>Enters that an application begins to read a stream of events.</summary>
    /// <param name="applicationId">The application.</param>
    /// <param name="filter">What it asked for, as JSON.</param>
    /// <param name="cancellationToken">The request is gone.</param>
    /// <returns>The entry, to be ended.</returns>
    public async Task<Guid> BeginAsync(string applicationId, string filter, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7();
        await InsertAsync(id, applicationId, verificationId: null, filter, events: null, cancellationToken);
        return id;
    }

    /// <summary>Enters how many events were shown.</summary>
    public async Task EndAsync(Guid id, long events)
    {
        await using var command = data.CreateCommand("update unmasked_reads set events = $2, ended_at = $3 where id = $1");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = events });
        command.Parameters.Add(new() { Value = time.Now() });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>The entries, newest first.</summary>
    /// <param name="before">Older than this one; null for the newest.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="cancellationToken">The request is gone.</param>
    public async Task<IReadOnlyList<UnmaskedRead>> ListAsync(Guid? before, int count, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            select id, application_id, began_at, verification_id, filter, events, ended_at
            from unmasked_reads where $1::uuid is null or id < $1 order by id desc limit $2
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)before ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = count });
        var reads = new List<UnmaskedRead>(count);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            reads.Add(new UnmaskedRead
            {
                Id = reader.GetGuid(0),
                ApplicationId = reader.GetString(1),
                BeganAt = reader.GetFieldValue<DateTimeOffset>(2),
                VerificationId = await reader.IsDBNullAsync(3, cancellationToken) ? null : reader.GetGuid(3),
                Filter = await reader.IsDBNullAsync(4, cancellationToken)
                    ? null
                    : System.Text.Json.Nodes.JsonNode.Parse(reader.GetString(4)),
                Events = await reader.IsDBNullAsync(5, cancellationToken) ? null : reader.GetInt64(5),
                EndedAt = await reader.IsDBNullAsync(6, cancellationToken) ? null : reader.GetFieldValue<DateTimeOffset>(6),
            });
        }
        return reads;
    }

    private async Task InsertAsync(
        Guid id, string applicationId, Guid? verificationId, string? filter, long? events, CancellationToken cancellationToken)
    {
        var now = time.Now();
        await using var command = data.CreateCommand(
            """
            insert into unmasked_reads (id, application_id, began_at, verification_id, filter, events, ended_at)
            values ($1, $2, $3, $4, $5, $6, $7)
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = applicationId });
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(Optional(verificationId, NpgsqlDbType.Uuid));
        command.Parameters.Add(Optional(filter, NpgsqlDbType.Jsonb));
        command.Parameters.Add(Optional(events, NpgsqlDbType.Bigint));
        command.Parameters.Add(Optional(events is null ? null : now, NpgsqlDbType.TimestampTz));
        await command.ExecuteNonQueryAsync(cancellationToken);

        static NpgsqlParameter Optional(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
    }
}
