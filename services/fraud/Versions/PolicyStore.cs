using System.Data;
using System.Text;
using FlashCall.Fraud.Policies;
using FlashCall.Fraud.Storage;
using Npgsql;

namespace FlashCall.Fraud.Versions;

/// <summary>The policies in the database, and which of them is active.</summary>
internal sealed class PolicyStore(NpgsqlDataSource data)
{
    /// <summary>The advisory lock that lets one change be made at a time, so that numbers and activations show in their order.</summary>
    private const long ChangeLock = 0x464C_4153_4850_4F4C;

    private const string Select = """
        select p.number, p.document::text, p.note, p.created_at, p.created_by, a.activated_at, a.activated_by,
            p.number = (select number from policy_activations order by id desc limit 1)
        from policies as p
        left join lateral (
            select activated_at, activated_by from policy_activations where number = p.number order by id desc limit 1) as a on true
        """;

    /// <summary>The newest policies first.</summary>
    /// <param name="below">Only those with a lower number.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<StoredPolicy>> ListAsync(int below, int limit, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand($"{Select} where p.number < $1 order by p.number desc limit $2");
        command.Parameters.AddRange((NpgsqlParameter[])[Parameters.Integer(below), Parameters.Integer(limit)]);
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>One policy; null if there is none of the number.</summary>
    public async Task<StoredPolicy?> FindAsync(int number, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand($"{Select} where p.number = $1");
        command.Parameters.Add(Parameters.Integer(number));
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <summary>The active policy; null before the first.</summary>
    public async Task<StoredPolicy?> FindActiveAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            $"{Select} where p.number = (select number from policy_activations order by id desc limit 1)");
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <summary>The number of the newest activation; 0 before the first.</summary>
    public async Task<long> NewestActivationAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("select coalesce(max(id), 0) from policy_activations");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Writes a policy; it decides nothing until it is activated.</summary>
    /// <param name="document">What it says, found right.</param>
    /// <param name="note">What its author says of it, or null.</param>
    /// <param name="by">The application that writes it.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StoredPolicy> AddAsync(
        PolicyDocument document, string? note, string by, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await LockAsync(connection, cancellationToken);
        var number = await InsertAsync(connection, document, note, by, now, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (await FindAsync(number, cancellationToken))!;
    }

    /// <summary>Makes a policy the one that decides.</summary>
    /// <returns>False if there is none of the number.</returns>
    public async Task<bool> ActivateAsync(int number, string by, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await LockAsync(connection, cancellationToken);
        var changed = await ActivateAsync(connection, number, by, now, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return changed;
    }

    /// <summary>Brings the policy of the settings in at a start: as the first one, or after the one that the settings brought before, if that
    /// is active still and says something else.</summary>
    /// <returns>True if the settings' policy is active; false where an operator's is.</returns>
    public async Task<bool> OfferAsync(PolicyDocument document, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await LockAsync(connection, cancellationToken);
        var active = await FindActiveAsync(cancellationToken);
        if (active is { ActivatedBy: not null } or { CreatedBy: not null })
            return false;
        if (active is null || !SaysTheSame(active, document))
        {
            var number = await InsertAsync(connection, document, note: null, by: null, now, cancellationToken);
            await ActivateAsync(connection, number, by: null, now, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        return true;
    }

    private static bool SaysTheSame(StoredPolicy stored, PolicyDocument document)
    {
        try
        {
            return PolicyText.Write(PolicyText.Read(stored.Document)).AsSpan().SequenceEqual(PolicyText.Write(document));
        }
        // Written by a later release: something else, then.
        catch (FormatException)
        {
            return false;
        }
    }

    private static async Task<NpgsqlTransaction> LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await using var gate = new NpgsqlCommand($"select pg_advisory_xact_lock({ChangeLock})", connection);
        await gate.ExecuteNonQueryAsync(cancellationToken);
        return transaction;
    }

    private static async Task<int> InsertAsync(
        NpgsqlConnection connection, PolicyDocument document, string? note, string? by, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            insert into policies (number, document, note, created_at, created_by)
            select coalesce(max(number), 0) + 1, $1::jsonb, $2, $3, $4 from policies
            returning number
            """, connection)
        {
            Parameters =
            {
                Parameters.Text(Encoding.UTF8.GetString(PolicyText.Write(document))), Parameters.Text(note), Parameters.Time(now),
                Parameters.Text(by),
            },
        };
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<bool> ActivateAsync(
        NpgsqlConnection connection, int number, string? by, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            insert into policy_activations (number, activated_at, activated_by) select number, $2, $3 from policies where number = $1
            """, connection)
        {
            Parameters = { Parameters.Integer(number), Parameters.Time(now), Parameters.Text(by) },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private static async Task<IReadOnlyList<StoredPolicy>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var policies = new List<StoredPolicy>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            policies.Add(new StoredPolicy
            {
                Number = reader.GetInt32(0),
                Document = reader.GetString(1),
                Note = reader.IsDBNull(2) ? null : reader.GetString(2),
                CreatedAt = reader.GetFieldValue<DateTimeOffset>(3),
                CreatedBy = reader.IsDBNull(4) ? null : reader.GetString(4),
                ActivatedAt = reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5),
                ActivatedBy = reader.IsDBNull(6) ? null : reader.GetString(6),
                IsActive = !reader.IsDBNull(7) && reader.GetBoolean(7),
            });
        }
        return policies;
    }
}
