using System.Data;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Dialer.Trunks;

/// <summary>What becomes of a trunk.</summary>
internal abstract record TrunkStep
{
    private TrunkStep()
    {
    }

    /// <summary>It stays as it is.</summary>
    public sealed record Leave : TrunkStep;

    /// <summary>It becomes what the document says, secrets included; one that was not there becomes active.</summary>
    public sealed record Put(TrunkDocument Document) : TrunkStep;

    /// <summary>It takes calls, or takes no more.</summary>
    public sealed record SetState(TrunkState State) : TrunkStep;

    /// <summary>It goes.</summary>
    public sealed record Remove : TrunkStep;

    /// <summary>It stays, and who asked is told why.</summary>
    public sealed record Refuse(ProblemHttpResult Problem) : TrunkStep;
}

/// <summary>What came of a change.</summary>
/// <param name="Before">The trunk before; null if it was unknown.</param>
/// <param name="After">The trunk after.</param>
/// <param name="Refused">Why nothing was changed, where it was not.</param>
internal sealed record TrunkChange(StoredTrunk? Before, StoredTrunk? After, ProblemHttpResult? Refused);

/// <summary>The trunks in the dialer's database.</summary>
internal sealed class TrunkStore(NpgsqlDataSource data, SecretBox box)
{
    /// <summary>The advisory lock that lets one change be made at a time: a version that is handed out before another also shows before
    /// it, and nobody who looks for the highest one misses a change.</summary>
    private const long ChangeLock = 0x464C_4153_4854_524B;

    private const string Select =
        """
        select name, document, secrets, state, version, origin, changed_at, changed_by, coalesce(under_way.calls, 0)
        from trunks
        left join (select trunk, count(*)::integer as calls from attempts where ended_at is null group by trunk) as under_way
            on trunk = name
        """;

    /// <summary>Documents as they are stored: without what was left out.</summary>
    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>All trunks by name, the removed ones too.</summary>
    public async Task<IReadOnlyList<StoredTrunk>> ReadAllAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand($"{Select} order by name");
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>One trunk; null if it is unknown.</summary>
    public async Task<StoredTrunk?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        return await ReadAsync(connection, name, cancellationToken);
    }

    /// <summary>The version of the newest change; 0 before the first.</summary>
    public async Task<long> NewestVersionAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("select coalesce(max(version), 0) from trunks");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Changes a trunk, while nobody else changes any.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="by">The application that asks; null for the settings.</param>
    /// <param name="decide">Says what becomes of it; null stands for a trunk that has never been there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<TrunkChange> ChangeAsync(
        string name, string? by, Func<StoredTrunk?, TrunkStep> decide, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await using (var gate = new NpgsqlCommand($"select pg_advisory_xact_lock({ChangeLock})", connection))
            await gate.ExecuteNonQueryAsync(cancellationToken);
        var before = await ReadAsync(connection, name, cancellationToken);
        switch (decide(before))
        {
            case TrunkStep.Leave:
                return new TrunkChange(before, before, Refused: null);
            case TrunkStep.Refuse refuse:
                return new TrunkChange(before, before, refuse.Problem);
            case TrunkStep.Put put:
                await PutAsync(connection, name, put.Document, by, cancellationToken);
                break;
            case TrunkStep.SetState set:
                await SetStateAsync(connection, name, TrunkWords.States.Write(set.State), by, cancellationToken);
                break;
            case TrunkStep.Remove:
                await SetStateAsync(connection, name, Removed, by, cancellationToken);
                await ForgetAsync(connection, name, cancellationToken);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(decide));
        }
        var after = await ReadAsync(connection, name, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new TrunkChange(before, after, Refused: null);
    }

    /// <summary>Whether two documents say the same, secrets aside.</summary>
    public static bool AreSame(TrunkDocument one, TrunkDocument other) => Write(one) == Write(other);

    private const string Removed = "removed";

    private async Task PutAsync(
        NpgsqlConnection connection, string name, TrunkDocument document, string? by, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into trunks (name, document, secrets, state, origin, version, changed_at, changed_by)
            values ($1, $2, $3, 'active', $4, nextval('trunk_versions'), clock_timestamp(), $5)
            on conflict (name) do update set document = excluded.document, secrets = excluded.secrets,
                state = case trunks.state when 'removed' then 'active' else trunks.state end, origin = excluded.origin,
                version = excluded.version, changed_at = excluded.changed_at, changed_by = excluded.changed_by
            """, connection)
        {
            Parameters =
            {
                new() { Value = name },
                new() { Value = Write(document), NpgsqlDbType = NpgsqlDbType.Jsonb },
                Nullable(box.Seal(name, document.Secrets), NpgsqlDbType.Bytea),
                new() { Value = TrunkWords.Origins.Write(by is null ? TrunkOrigin.Settings : TrunkOrigin.Api) },
                Nullable(by, NpgsqlDbType.Text),
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task SetStateAsync(
        NpgsqlConnection connection, string name, string state, string? by, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            update trunks set state = $2, version = nextval('trunk_versions'), changed_at = clock_timestamp(), changed_by = $3
            where name = $1
            """, connection)
        {
            Parameters = { new() { Value = name }, new() { Value = state }, Nullable(by, NpgsqlDbType.Text) },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task ForgetAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "update trunks set document = '{}', secrets = null, origin = 'api' where name = $1", connection)
        {
            Parameters = { new() { Value = name } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<StoredTrunk?> ReadAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"{Select} where name = $1", connection) { Parameters = { new() { Value = name } } };
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    private async Task<IReadOnlyList<StoredTrunk>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var trunks = new List<StoredTrunk>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var name = reader.GetString(0);
            var document = Read(reader.GetString(1));
            trunks.Add(new StoredTrunk
            {
                Document = (document ?? new TrunkDocument()) with { Name = name },
                IsUnderstood = document is not null,
                Secrets = box.Open(name, reader.IsDBNull(2) ? null : reader.GetFieldValue<byte[]>(2)),
                State = TrunkWords.States.Read(reader.GetString(3)),
                Version = reader.GetInt64(4),
                Origin = TrunkWords.Origins.Read(reader.GetString(5))!.Value,
                ChangedAt = reader.GetFieldValue<DateTimeOffset>(6),
                ChangedBy = reader.IsDBNull(7) ? null : reader.GetString(7),
                CallsUnderWay = reader.GetInt32(8),
            });
        }
        return trunks;
    }

    private static TrunkDocument? Read(string document)
    {
        try
        {
            return JsonSerializer.Deserialize<TrunkDocument>(document, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>In one spelling: the database keeps the order of a list, and has its own of an object's fields.</summary>
    private static string Write(TrunkDocument document) => JsonSerializer.Serialize(
        document.WithoutSecrets() with
        {
            Headers = document.Headers is null
                ? null
                : new SortedDictionary<string, string?>(document.Headers.ToDictionary(), StringComparer.Ordinal),
        },
        Json);

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
