using System.Data;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlashCall.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Gateway.Applications;

/// <summary>What becomes of an application.</summary>
internal abstract record ApplicationStep
{
    private ApplicationStep()
    {
    }

    /// <summary>It is added, with a first key.</summary>
    public sealed record Add(ApplicationDocument Document, NewKey Key) : ApplicationStep;

    /// <summary>It becomes what the document says; its keys stay.</summary>
    public sealed record Replace(ApplicationDocument Document) : ApplicationStep;

    /// <summary>It gets a further key.</summary>
    public sealed record AddKey(NewKey Key) : ApplicationStep;

    /// <summary>It loses a key.</summary>
    public sealed record RevokeKey(Guid KeyId) : ApplicationStep;

    /// <summary>It goes, with its keys.</summary>
    public sealed record Remove : ApplicationStep;

    /// <summary>It stays, and who asked is told why.</summary>
    public sealed record Refuse(ProblemHttpResult Problem) : ApplicationStep;
}

/// <summary>What came of a change.</summary>
/// <param name="After">The application after it; null where there is none.</param>
/// <param name="Number">The number of the change; null where nothing was changed.</param>
/// <param name="Refused">Why nothing was changed.</param>
internal sealed record ApplicationChange(StoredApplication? After, long? Number, ProblemHttpResult? Refused);

/// <summary>The applications in the gateway's database.</summary>
internal sealed class ApplicationStore(NpgsqlDataSource data, SealedBox box)
{
    private const string Select =
        """
        select a.id, a.document::text, a.version, a.created_at, a.changed_at, a.changed_by,
            k.id, k.name, k.hash, k.signing_secret, k.created_at, k.created_by, k.expires_at
        from applications as a
        left join application_keys as k on k.application_id = a.id
        """;

    /// <summary>Documents as they are stored: without what was left out.</summary>
    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>How many changes there were: whoever finds the same number as before has seen them all.</summary>
    public async Task<long> NewestChangeAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("select number from application_changes");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>All applications with their keys, in the order of their ids.</summary>
    public async Task<IReadOnlyList<StoredApplication>> ReadAllAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand($"{Select} order by a.id, k.created_at, k.id");
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Some of them, in the order of their ids.</summary>
    /// <param name="after">Only those whose ids come after this one.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<StoredApplication>> ListAsync(string after, int limit, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            $"""
            {Select}
            where a.id in (select id from applications where id collate "C" > $1 order by id collate "C" limit $2)
            order by a.id collate "C", k.created_at, k.id
            """);
        command.Parameters.AddRange((NpgsqlParameter[])[new() { Value = after }, new() { Value = limit }]);
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>One application; null if there is none of the id.</summary>
    public async Task<StoredApplication?> ReadAsync(string id, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        return await ReadAsync(connection, id, cancellationToken);
    }

    /// <summary>Changes an application, while nobody else changes any.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="by">The application that asks.</param>
    /// <param name="decide">Says what becomes of it; null stands for one that is not there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ApplicationChange> ChangeAsync(
        string id, string by, Func<StoredApplication?, ApplicationStep> decide, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        // Counted up first: the row is the lock under which changes are decided and made, and a refusal rolls it back.
        await using var count = new NpgsqlCommand("update application_changes set number = number + 1 returning number", connection);
        var number = (long)(await count.ExecuteScalarAsync(cancellationToken))!;
        var before = await ReadAsync(connection, id, cancellationToken);
        var step = decide(before);
        if (step is ApplicationStep.Refuse refuse)
            return new ApplicationChange(before, Number: null, refuse.Problem);
        foreach (var command in CommandsOf(step, id, by, number))
        {
            await using (command)
            {
                command.Connection = connection;
                await command.ExecuteNonQueryAsync(cancellationToken);
            }
        }
        var after = await ReadAsync(connection, id, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new ApplicationChange(after, number, Refused: null);
    }

    private IEnumerable<NpgsqlCommand> CommandsOf(ApplicationStep step, string id, string by, long number) => step switch
    {
        ApplicationStep.Add add =>
        [
            Command(
                """
                insert into applications (id, document, version, created_at, changed_at, changed_by)
                values ($1, $2, $3, clock_timestamp(), clock_timestamp(), $4)
                """,
                new() { Value = id }, Document(add.Document), new() { Value = number }, new() { Value = by }),
            Insert(add.Key, id, by),
        ],
        ApplicationStep.Replace replace =>
        [
            Command(
                "update applications set document = $2, version = $3, changed_at = clock_timestamp(), changed_by = $4 where id = $1",
                new() { Value = id }, Document(replace.Document), new() { Value = number }, new() { Value = by }),
        ],
        ApplicationStep.AddKey add => [Insert(add.Key, id, by)],
        ApplicationStep.RevokeKey revoke =>
        [
            Command(
                "delete from application_keys where application_id = $1 and id = $2",
                new() { Value = id }, new() { Value = revoke.KeyId }),
        ],
        ApplicationStep.Remove => [Command("delete from applications where id = $1", new NpgsqlParameter { Value = id })],
        _ => throw new ArgumentOutOfRangeException(nameof(step)),
    };

    private NpgsqlCommand Insert(NewKey key, string id, string by) => Command(
        """
        insert into application_keys (id, application_id, name, hash, signing_secret, created_at, created_by, expires_at)
        values ($1, $2, $3, $4, $5, clock_timestamp(), $6, $7)
        """,
        new() { Value = key.Id }, new() { Value = id }, Nullable(key.Name, NpgsqlDbType.Text), new() { Value = key.Hash },
        new() { Value = box.Seal(OwnerOf(key.Id), key.SigningSecret) }, new() { Value = by },
        Nullable(key.ExpiresAt, NpgsqlDbType.TimestampTz));

    private static NpgsqlCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql);
        command.Parameters.AddRange(parameters);
        return command;
    }

    private async Task<StoredApplication?> ReadAsync(NpgsqlConnection connection, string id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"{Select} where a.id = $1 order by k.created_at, k.id", connection)
        {
            Parameters = { new() { Value = id } },
        };
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    private async Task<IReadOnlyList<StoredApplication>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var applications = new List<StoredApplication>();
        var keys = new List<StoredKey>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (applications.Count == 0 || applications[^1].Id != reader.GetString(0))
            {
                keys = [];
                applications.Add(new StoredApplication
                {
                    Id = reader.GetString(0),
                    Document = Read(reader.GetString(1)),
                    Version = reader.GetInt64(2),
                    CreatedAt = reader.GetFieldValue<DateTimeOffset>(3),
                    ChangedAt = reader.GetFieldValue<DateTimeOffset>(4),
                    ChangedBy = reader.GetString(5),
                    Keys = keys,
                });
            }
            if (!reader.IsDBNull(6))
                keys.Add(KeyOf(reader));
        }
        return applications;
    }

    private StoredKey KeyOf(NpgsqlDataReader reader)
    {
        var id = reader.GetGuid(6);
        return new StoredKey
        {
            Id = id,
            Name = reader.IsDBNull(7) ? null : reader.GetString(7),
            Hash = reader.GetFieldValue<byte[]>(8),
            SigningSecret = box.Open(OwnerOf(id), reader.GetFieldValue<byte[]>(9)),
            CreatedAt = reader.GetFieldValue<DateTimeOffset>(10),
            CreatedBy = reader.GetString(11),
            ExpiresAt = reader.IsDBNull(12) ? null : reader.GetFieldValue<DateTimeOffset>(12),
        };
    }

    private static string OwnerOf(Guid keyId) => keyId.ToString();

    private static ApplicationDocument? Read(string document)
    {
        try
        {
            return JsonSerializer.Deserialize<ApplicationDocument>(document, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static NpgsqlParameter Document(ApplicationDocument document) => new()
    {
        Value = JsonSerializer.Serialize(document with { Id = null, Unknown = null }, Json),
        NpgsqlDbType = NpgsqlDbType.Jsonb,
    };

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
