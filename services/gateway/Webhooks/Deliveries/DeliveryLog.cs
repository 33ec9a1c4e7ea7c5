using Npgsql;

namespace FlashCall.Gateway.Webhooks.Deliveries;

/// <summary>A delivery as it stands, for the application to read.</summary>
internal sealed record DeliveryView
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The header <c>webhook-id</c> of every attempt.</summary>
    public required string MessageId { get; init; }

    /// <summary>What was told, one of <see cref="WebhookEvents"/>.</summary>
    public required string Type { get; init; }

    /// <summary>The session that it is about.</summary>
    public required Guid VerificationId { get; init; }

    /// <summary>One of <see cref="DeliveryStatus"/>.</summary>
    public required string Status { get; init; }

    /// <summary>How many attempts there were, one under way included.</summary>
    public required int Attempts { get; init; }

    /// <summary>What came of the last attempt.</summary>
    public AttemptView? LastAttempt { get; init; }

    /// <summary>When it is tried next; null where that is now, or never.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>When there was something to tell.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was delivered or given up.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>All attempts, the first one first; of a single delivery only.</summary>
    public IReadOnlyList<AttemptView>? Log { get; init; }
}

/// <summary>An attempt, for the application to read.</summary>
internal sealed record AttemptView
{
    /// <summary>Its number, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long it took, milliseconds; null while it is under way.</summary>
    public int? DurationMs { get; init; }

    /// <summary>What the receiver answered.</summary>
    public int? StatusCode { get; init; }

    /// <summary>Why there was no answer, one of <see cref="Receivers.ReceiverErrors"/>.</summary>
    public string? Error { get; init; }

    /// <summary>The beginning of the receiver's answer, up to 1 KiB.</summary>
    public string? Response { get; init; }
}

/// <summary>What was delivered and what was not, and sending it again by hand. The caller has looked whose webhook it is.</summary>
internal sealed class DeliveryLog(NpgsqlDataSource data, TimeProvider time)
{
    private const string Select =
        """
        select d.id, d.type, d.verification_id, d.status, d.attempts, d.due_at, d.created_at, d.finished_at,
            a.number, a.at, a.duration_ms, a.status_code, a.error, a.response
        from deliveries d left join delivery_attempts a on a.delivery_id = d.id and a.number = d.attempts
        """;

    /// <summary>A page of a webhook's deliveries, the newest first.</summary>
    /// <param name="webhookId">The webhook.</param>
    /// <param name="status">Only those that stand so; null for all.</param>
    /// <param name="after">The last delivery of the page before; null for the first page.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<DeliveryView>> ListAsync(
        Guid webhookId, string? status, Guid? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            $"""
            {Select}
            where d.webhook_id = $1 and ($2::text is null or d.status = $2) and ($3::uuid is null or d.id < $3)
            order by d.id desc limit $4
            """);
        command.Parameters.Add(new() { Value = webhookId });
        command.Parameters.Add(new() { Value = (object?)status ?? DBNull.Value });
        command.Parameters.Add(new() { Value = (object?)after ?? DBNull.Value });
        command.Parameters.Add(new() { Value = limit });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>One delivery with all its attempts; null where the webhook has none of this id.</summary>
    public async Task<DeliveryView?> FindAsync(Guid webhookId, Guid id, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand($"{Select} where d.webhook_id = $1 and d.id = $2");
        command.Parameters.Add(new() { Value = webhookId });
        command.Parameters.Add(new() { Value = id });
        if ((await ReadAsync(command, cancellationToken)).SingleOrDefault() is not { } delivery)
            return null;
        await using var attempts = data.CreateCommand(
            "select number, at, duration_ms, status_code, error, response from delivery_attempts where delivery_id = $1 order by number");
        attempts.Parameters.Add(new() { Value = id });
        var log = new List<AttemptView>();
        await using var reader = await attempts.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            log.Add(AttemptOf(reader, 0));
        return delivery with { Log = log };
    }

    /// <summary>Has a delivery sent again, now and then by the schedule from its beginning; one that is being sent goes on as it
    /// is.</summary>
    public async Task RedeliverAsync(Guid webhookId, Guid id, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            update deliveries set status = 'pending', tries = 0, series_began = $3, due_at = $3, finished_at = null
            where webhook_id = $1 and id = $2 and not (status = 'pending' and exists (
                select from delivery_attempts where delivery_id = $2 and number = attempts and duration_ms is null))
            """);
        command.Parameters.Add(new() { Value = webhookId });
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<IReadOnlyList<DeliveryView>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var deliveries = new List<DeliveryView>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (type, verificationId) = (reader.GetString(1), reader.GetGuid(2));
            var last = reader.IsDBNull(8) ? null : AttemptOf(reader, 8);
            var isUnderWay = last is { DurationMs: null };
            deliveries.Add(new DeliveryView
            {
                Id = reader.GetGuid(0),
                MessageId = LeasedDelivery.MessageIdOf(verificationId, type),
                Type = type,
                VerificationId = verificationId,
                Status = reader.GetString(3),
                Attempts = reader.GetInt32(4),
                NextAttemptAt = reader.IsDBNull(5) || isUnderWay ? null : reader.GetFieldValue<DateTimeOffset>(5),
                CreatedAt = reader.GetFieldValue<DateTimeOffset>(6),
                FinishedAt = reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7),
                LastAttempt = last,
            });
        }
        return deliveries;
    }

    private static AttemptView AttemptOf(NpgsqlDataReader reader, int first) => new()
    {
        Number = reader.GetInt32(first),
        At = reader.GetFieldValue<DateTimeOffset>(first + 1),
        DurationMs = reader.IsDBNull(first + 2) ? null : reader.GetInt32(first + 2),
        StatusCode = reader.IsDBNull(first + 3) ? null : reader.GetInt32(first + 3),
        Error = reader.IsDBNull(first + 4) ? null : reader.GetString(first + 4),
        Response = reader.IsDBNull(first + 5) ? null : reader.GetString(first + 5),
    };
}
