using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Gateway.Webhooks;

/// <summary>The applications' webhooks in the gateway's database. Everything is asked for by application: one never meets
/// another's.</summary>
internal sealed class WebhookStore(NpgsqlDataSource data, WebhookSecrets secrets, TimeProvider time)
{
    private const string Columns =
        "id, application_id, url, events, enabled, disabled_reason, previous_secret_until, version, created_at, changed_at";

    /// <summary>Adds a webhook.</summary>
    /// <returns>It and its secret, which nobody can read again; null where the application has as many as it may.</returns>
    public async Task<(Webhook Webhook, string Secret)?> AddAsync(
        string applicationId, string url, IReadOnlyList<string> events, bool enabled, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7();
        var (shown, stored) = secrets.New(id);
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        // One at a time and application, so that the bound holds.
        await using (var gate = new NpgsqlCommand("select pg_advisory_xact_lock(hashtextextended('webhooks:' || $1, 0))", connection))
        {
            gate.Parameters.Add(new() { Value = applicationId });
            await gate.ExecuteNonQueryAsync(cancellationToken);
        }
        await using var command = new NpgsqlCommand(
            $"""
            insert into webhooks (id, application_id, url, events, enabled, secret, created_at, changed_at)
            select $1, $2, $3, $4, $5, $6, $7, $7
            where (select count(*) from webhooks where application_id = $2) < {Webhook.MostOfApplication}
            returning {Columns}
            """, connection)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = applicationId }, new() { Value = url }, new() { Value = events.ToArray() },
                new() { Value = enabled }, new() { Value = stored }, new() { Value = time.GetUtcNow() },
            },
        };
        var added = (await ReadAsync(command, cancellationToken)).SingleOrDefault();
        await transaction.CommitAsync(cancellationToken);
        return added is null ? null : (added, shown);
    }

    /// <summary>The application's webhooks, the oldest first.</summary>
    public async Task<IReadOnlyList<Webhook>> ListAsync(string applicationId, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand($"select {Columns} from webhooks where application_id = $1 order by id");
        command.Parameters.Add(new() { Value = applicationId });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>One of them; null where the application has none of this id.</summary>
    public async Task<Webhook?> FindAsync(string applicationId, Guid id, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand($"select {Columns} from webhooks where application_id = $1 and id = $2");
        command.Parameters.Add(new() { Value = applicationId });
        command.Parameters.Add(new() { Value = id });
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <summary>Replaces what a webhook says, all but its secret.</summary>
    /// <param name="current">The webhook as it was read.</param>
    /// <param name="url">Where to send to.</param>
    /// <param name="events">What to send.</param>
    /// <param name="enabled">Whether anything is sent.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where it has changed since it was read, or is gone.</returns>
    public async Task<Webhook?> ReplaceAsync(
        Webhook current, string url, IReadOnlyList<string> events, bool enabled, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            $"""
            update webhooks set url = $4, events = $5, enabled = $6, changed_at = $7, version = version + 1,
                disabled_reason = case when $6 then null else disabled_reason end
            where application_id = $1 and id = $2 and version = $3
            returning {Columns}
            """);
        AddKey(command, current);
        command.Parameters.Add(new() { Value = url });
        command.Parameters.Add(new() { Value = events.ToArray() });
        command.Parameters.Add(new() { Value = enabled });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <summary>Gives a webhook a new secret; the old one signs beside it for <see cref="WebhookSecrets.Overlap"/>.</summary>
    /// <returns>Null where it has changed since it was read, or is gone.</returns>
    public async Task<(Webhook Webhook, string Secret)?> RotateSecretAsync(Webhook current, CancellationToken cancellationToken)
    {
        var (shown, stored) = secrets.New(current.Id);
        var now = time.GetUtcNow();
        await using var command = data.CreateCommand(
            $"""
            update webhooks set secret = $4, previous_secret = secret, previous_secret_until = $5, changed_at = $6, version = version + 1
            where application_id = $1 and id = $2 and version = $3
            returning {Columns}
            """);
        AddKey(command, current);
        command.Parameters.Add(new() { Value = stored });
        command.Parameters.Add(new() { Value = now + WebhookSecrets.Overlap });
        command.Parameters.Add(new() { Value = now });
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault() is { } changed ? (changed, shown) : null;
    }

    /// <summary>Removes a webhook with its deliveries.</summary>
    /// <returns>False where it has changed since it was read, or is gone.</returns>
    public async Task<bool> RemoveAsync(Webhook current, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            "delete from webhooks where application_id = $1 and id = $2 and version = $3");
        AddKey(command, current);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Switches a webhook off whose receiver said that it is gone for good.</summary>
    public async Task DisableAsync(Guid id, string reason, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            update webhooks set enabled = false, disabled_reason = $2, changed_at = $3, version = version + 1 where id = $1 and enabled
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = reason });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The application's webhooks that are to be told of an event.</summary>
    public async Task<IReadOnlyList<Guid>> SubscribedAsync(string applicationId, string type, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            "select id from webhooks where application_id = $1 and enabled and $2 = any(events)");
        command.Parameters.Add(new() { Value = applicationId });
        command.Parameters.Add(new() { Value = type });
        var ids = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            ids.Add(reader.GetGuid(0));
        return ids;
    }

    private static void AddKey(NpgsqlCommand command, Webhook webhook)
    {
        command.Parameters.Add(new() { Value = webhook.ApplicationId });
        command.Parameters.Add(new() { Value = webhook.Id });
        command.Parameters.Add(new() { Value = webhook.Version, NpgsqlDbType = NpgsqlDbType.Bigint });
    }

    private static async Task<IReadOnlyList<Webhook>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var webhooks = new List<Webhook>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            webhooks.Add(new Webhook
            {
                Id = reader.GetGuid(0),
                ApplicationId = reader.GetString(1),
                Url = reader.GetString(2),
                Events = reader.GetFieldValue<string[]>(3),
                Enabled = reader.GetBoolean(4),
                DisabledReason = reader.IsDBNull(5) ? null : reader.GetString(5),
                PreviousSecretUntil = reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6),
                Version = reader.GetInt64(7),
                CreatedAt = reader.GetFieldValue<DateTimeOffset>(8),
                ChangedAt = reader.GetFieldValue<DateTimeOffset>(9),
            });
        }
        return webhooks;
    }
}
