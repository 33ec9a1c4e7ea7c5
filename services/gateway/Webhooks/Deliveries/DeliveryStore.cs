using System.Diagnostics;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Gateway.Webhooks.Deliveries;

/// <summary>What is to be delivered, in the gateway's database, where any replica takes it from.</summary>
internal sealed class DeliveryStore(NpgsqlDataSource data, TimeProvider time)
{
    /// <summary>How long a delivery is the replica's that took it: some times as long as an attempt may take.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>Adds deliveries, all or none; those that are there already stay as they are.</summary>
    /// <returns>How many were new.</returns>
    public async Task<int> AddAsync(IReadOnlyList<NewDelivery> deliveries, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var batch = data.CreateBatch();
        foreach (var delivery in deliveries)
        {
            var sinch = delivery.To as Recipient.Sinch;
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                insert into deliveries (id, application_id, receiver, webhook_id, url, headers, verification_id, type, body, status,
                    series_began, due_at, created_at, trace, key_id)
                select $1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', $10, $10, $10, $11, $12
                where exists (select from applications where id = $2) and ($4 is null or exists (select from webhooks where id = $4))
                on conflict (receiver, verification_id, type) do nothing
                """)
            {
                Parameters =
                {
                    new() { Value = Guid.CreateVersion7() },
                    new() { Value = delivery.ApplicationId },
                    new() { Value = delivery.To.Name },
                    Nullable((delivery.To as Recipient.Standard)?.Id, NpgsqlDbType.Uuid),
                    Nullable(sinch?.Url.AbsoluteUri, NpgsqlDbType.Text),
                    Nullable(sinch is null ? null : JsonSerializer.Serialize(sinch.Headers), NpgsqlDbType.Jsonb),
                    new() { Value = delivery.VerificationId },
                    new() { Value = delivery.Type },
                    new() { Value = delivery.Body },
                    new() { Value = now },
                    Nullable(Activity.Current?.Id, NpgsqlDbType.Text),
                    Nullable(sinch?.KeyId, NpgsqlDbType.Uuid),
                },
            });
        }
        // A batch is one transaction.
        return await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Takes what is due, of each receiver no more than it has room for, and writes down the attempts that the caller is about to make. The
    /// receivers come in an order by chance, so that none is always the last one.
    /// </summary>
    /// <param name="most">How many to take.</param>
    /// <param name="room">How many of one receiver.</param>
    /// <param name="busy">Those that have less room than that, and how much.</param>
    /// <param name="cancellationToken">Gives up; what was taken then stays taken until the lease ends.</param>
    public async Task<IReadOnlyList<LeasedDelivery>> TakeAsync(
        int most, int room, IReadOnlyDictionary<string, int> busy, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        // A walk from one receiver to the next in the index costs a step each, however much waits for one of them.
        await using var command = data.CreateCommand(
            """
            with recursive waiting as (
                (select receiver from deliveries where due_at is not null order by receiver limit 1)
                union all
                select (select d.receiver from deliveries d where d.due_at is not null and d.receiver > waiting.receiver
                        order by d.receiver limit 1)
                from waiting where waiting.receiver is not null
            ),
            due as materialized (
                select d.id
                from (select receiver from waiting where receiver is not null order by random()) as waiting
                left join unnest($3::text[], $4::integer[]) as busy (receiver, room) on busy.receiver = waiting.receiver
                cross join lateral (
                    select id from deliveries
                    where receiver = waiting.receiver and due_at <= $1
                    order by due_at
                    limit coalesce(busy.room, $5)
                    for update skip locked
                ) as d
                limit $2
            ),
            taken as (
                update deliveries set attempts = attempts + 1, tries = tries + 1, due_at = $6
                from due where deliveries.id = due.id
                returning deliveries.*
            ),
            interrupted as (
                update delivery_attempts set duration_ms = 0, error = 'interrupted'
                from taken where delivery_id = taken.id and number = taken.attempts - 1 and duration_ms is null
            ),
            begun as (
                insert into delivery_attempts (delivery_id, number, at) select id, attempts, $1 from taken
            )
            select taken.id, taken.application_id, taken.webhook_id, coalesce(taken.url, webhooks.url), taken.headers,
                taken.verification_id, taken.type, taken.body, taken.attempts, taken.tries, taken.series_began, taken.created_at, taken.trace,
                coalesce(webhooks.enabled, true), webhooks.secret,
                case when webhooks.previous_secret_until > $1 then webhooks.previous_secret end, taken.key_id
            from taken left join webhooks on webhooks.id = taken.webhook_id
            """);
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = most });
        command.Parameters.Add(new() { Value = busy.Keys.ToArray() });
        command.Parameters.Add(new() { Value = busy.Values.Select(left => Math.Max(left, 0)).ToArray() });
        command.Parameters.Add(new() { Value = room });
        command.Parameters.Add(new() { Value = now + Lease });
        var taken = new List<LeasedDelivery>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            taken.Add(Read(reader));
        return taken;
    }

    /// <summary>Writes down what came of an attempt. Of one whose lease has ended, and which another replica makes again, only success
    /// counts.</summary>
    public async Task FinishAsync(LeasedDelivery delivery, AttemptResult result, NextStep next, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            with attempt as (
                update delivery_attempts set duration_ms = $3, status_code = $4, error = $5, response = $6
                where delivery_id = $1 and number = $2
            )
            update deliveries set status = $7, due_at = $8, finished_at = $9
            where id = $1 and status = 'pending' and (attempts = $2 or $7 = 'delivered')
            """);
        var (status, dueAt) = next switch
        {
            NextStep.Delivered => (DeliveryStatus.Delivered, (DateTimeOffset?)null),
            NextStep.Retry retry => (DeliveryStatus.Pending, retry.DueAt),
            NextStep.Failed => (DeliveryStatus.Failed, null),
            _ => throw new ArgumentOutOfRangeException(nameof(next)),
        };
        command.Parameters.Add(new() { Value = delivery.Id });
        command.Parameters.Add(new() { Value = delivery.Attempt });
        command.Parameters.Add(new() { Value = (int)result.Duration.TotalMilliseconds });
        command.Parameters.Add(Nullable(result.StatusCode, NpgsqlDbType.Integer));
        command.Parameters.Add(Nullable(result.Error, NpgsqlDbType.Text));
        command.Parameters.Add(Nullable(result.Response, NpgsqlDbType.Text));
        command.Parameters.Add(new() { Value = status });
        command.Parameters.Add(Nullable(dueAt, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Nullable(dueAt is null ? time.GetUtcNow() : null, NpgsqlDbType.TimestampTz));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>How much waits to be delivered, and since when the oldest of it.</summary>
    public async Task<(long Count, DateTimeOffset? Oldest)> BacklogAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("select count(*), min(created_at) from deliveries where due_at is not null");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<DateTimeOffset>(1));
    }

    /// <summary>Forgets all that was to be told of a session, which holds its telephone number.</summary>
    public async Task EraseAsync(Guid verificationId, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("delete from deliveries where verification_id = $1");
        command.Parameters.Add(new() { Value = verificationId });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Deletes up to so many that were finished before a time.</summary>
    /// <returns>How many.</returns>
    public async Task<int> ForgetAsync(DateTimeOffset before, int most, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            delete from deliveries where id in (
                select id from deliveries where finished_at < $1 order by finished_at limit $2 for update skip locked)
            """);
        command.Parameters.Add(new() { Value = before });
        command.Parameters.Add(new() { Value = most });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static LeasedDelivery Read(NpgsqlDataReader reader)
    {
        var applicationId = reader.GetString(1);
        var url = new Uri(reader.GetString(3));
        return new LeasedDelivery
        {
            Id = reader.GetGuid(0),
            ApplicationId = applicationId,
            To = reader.IsDBNull(2)
                ? new Recipient.Sinch(
                    applicationId, url, JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(4))!,
                    reader.IsDBNull(16) ? null : reader.GetGuid(16))
                : new Recipient.Standard(reader.GetGuid(2)),
            Url = url,
            VerificationId = reader.GetGuid(5),
            Type = reader.GetString(6),
            Body = reader.GetFieldValue<byte[]>(7),
            Attempt = reader.GetInt32(8),
            Tries = reader.GetInt32(9),
            SeriesBegan = reader.GetFieldValue<DateTimeOffset>(10),
            CreatedAt = reader.GetFieldValue<DateTimeOffset>(11),
            Trace = reader.IsDBNull(12) || !ActivityContext.TryParse(reader.GetString(12), traceState: null, out var trace)
                ? default
                : trace,
            IsWanted = reader.GetBoolean(13),
            Secrets = [.. Secret(reader, 14), .. Secret(reader, 15)],
        };
    }

    private static byte[][] Secret(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? [] : [reader.GetFieldValue<byte[]>(column)];

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}

/// <summary>How a delivery stands, as it is stored and shown.</summary>
internal static class DeliveryStatus
{
    /// <summary>To be sent, for the first time or again.</summary>
    public const string Pending = "pending";

    /// <summary>The receiver took it.</summary>
    public const string Delivered = "delivered";

    /// <summary>Tried for long enough, or not wanted any more.</summary>
    public const string Failed = "failed";

    /// <summary>Every status there is.</summary>
    public static readonly IReadOnlyList<string> All = [Pending, Delivered, Failed];
}
