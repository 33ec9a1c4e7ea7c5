using System.Collections.Concurrent;
using FlashCall.Hosting;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Gateway.Access;

/// <summary>
/// Lets each signature be used once, over all replicas: it is written down for as long as its timestamp is good. Signatures that this
/// replica has seen lately are refused without a look at the database.
/// </summary>
internal sealed class ReplayGuard(NpgsqlDataSource data)
{
    private const int MostRemembered = 50_000;
    private const string Insert = "insert into used_signatures (signature, expires_at) values ($1, $2) on conflict do nothing";

    /// <summary>What was seen lately. Forgotten all at once when it is full: the database knows the rest.</summary>
    private ConcurrentDictionary<UInt128, bool> _seen = new();
    private int _count;

    /// <summary>Takes a signature.</summary>
    /// <param name="signature">The signature, which has been found good.</param>
    /// <param name="expiresAt">When its timestamp is too old to pass.</param>
    /// <param name="cancellationToken">The request's.</param>
    /// <returns>False where it was used before.</returns>
    /// <exception cref="NpgsqlException">The database does not answer: nobody knows.</exception>
    public async Task<bool> TryUseAsync(byte[] signature, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        var half = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(signature);
        if (_seen.ContainsKey(half))
            return false;
        await using var command = data.CreateCommand(Insert);
        command.Parameters.Add(new() { Value = signature, NpgsqlDbType = NpgsqlDbType.Bytea });
        command.Parameters.Add(new() { Value = expiresAt.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        var isFirst = await command.ExecuteNonQueryAsync(cancellationToken) == 1;
        Remember(half);
        return isFirst;
    }

    private void Remember(UInt128 half)
    {
        if (Interlocked.Increment(ref _count) > MostRemembered)
        {
            _seen = new();
            _count = 0;
        }
        _seen[half] = true;
    }
}

/// <summary>Forgets signatures whose timestamp would be refused by now.</summary>
internal sealed class OldSignatures(NpgsqlDataSource data, TimeProvider time) : ISweep
{
    /// <summary>Clocks of replicas may differ by so much.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public int BatchSize => 5000;

    /// <inheritdoc/>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("""
            delete from used_signatures where signature in (
                select signature from used_signatures where expires_at < $1 order by expires_at limit $2 for update skip locked)
            """);
        command.Parameters.Add(new() { Value = time.GetUtcNow() - ClockSkew, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = BatchSize, NpgsqlDbType = NpgsqlDbType.Integer });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
