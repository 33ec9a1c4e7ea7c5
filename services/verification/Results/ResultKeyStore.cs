using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Verification.Results;

/// <summary>A key as the database has it.</summary>
internal sealed record StoredResultKey(ResultKeyTerm Term, byte[] SealedPrivateKey);

/// <summary>The keys in the database.</summary>
internal sealed class ResultKeyStore(NpgsqlDataSource data)
{
    /// <summary>All of them, in order of their generations.</summary>
    public async Task<IReadOnlyList<StoredResultKey>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var read = data.CreateCommand("select generation, kid, private_key, signs_from from result_keys order by generation");
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        var keys = new List<StoredResultKey>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(new StoredResultKey(
                new ResultKeyTerm(
                    reader.GetInt32(0), reader.GetString(1), await reader.GetFieldValueAsync<DateTimeOffset>(3, cancellationToken)),
                await reader.GetFieldValueAsync<byte[]>(2, cancellationToken)));
        }
        return keys;
    }

    /// <summary>Adds a key.</summary>
    /// <returns>False where another replica was faster with this generation.</returns>
    public async Task<bool> AddAsync(
        StoredResultKey key, ResultKey.PublicKey publicKey, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var add = data.CreateCommand(
            "insert into result_keys (generation, kid, public_key, private_key, made_at, signs_from) values ($1, $2, $3, $4, $5, $6) "
            + "on conflict (generation) do nothing");
        add.Parameters.Add(new() { Value = key.Term.Generation });
        add.Parameters.Add(new() { Value = key.Term.Kid });
        add.Parameters.Add(new() { Value = JsonSerializer.Serialize(publicKey), NpgsqlDbType = NpgsqlDbType.Jsonb });
        add.Parameters.Add(new() { Value = key.SealedPrivateKey });
        add.Parameters.Add(new() { Value = now });
        add.Parameters.Add(new() { Value = key.Term.SignsFrom });
        return await add.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Removes keys.</summary>
    public async Task RemoveAsync(IEnumerable<ResultKeyTerm> terms, CancellationToken cancellationToken)
    {
        await using var remove = data.CreateCommand("delete from result_keys where kid = any($1)");
        remove.Parameters.Add(new() { Value = terms.Select(term => term.Kid).ToArray() });
        await remove.ExecuteNonQueryAsync(cancellationToken);
    }
}
