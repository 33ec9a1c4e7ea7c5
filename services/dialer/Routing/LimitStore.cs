using System.Collections.Concurrent;
using FlashCall.Dialer.Attempts;
using FlashCall.Hosting;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Dialer.Routing;

/// <summary>
/// The limits of trunks over all replicas. PostgreSQL's clock fills the buckets; a trunk's row in <c>trunk_limits</c> is the lock under
/// which its tokens and channels are counted, so that no two replicas count at once.
/// </summary>
/// <param name="data">The dialer's database.</param>
/// <param name="self">This replica.</param>
internal sealed class LimitStore(NpgsqlDataSource data, ServiceIdentity self)
{
    // A statement of its own: what others have used is seen by statements that begin after the lock is held, not by the one that waits
    // for it.
    private const string Lock = "select 1 from trunk_limits where trunk = $1 for no key update";

    // A wait for a token ends on the microsecond: what is missing then is rounding.
    private const string Count =
        """
        with moment as materialized (select clock_timestamp() as at),
        bucket as (
            select case when $3 > 0 then
                least($4, tokens + $7 + $3 * greatest(0, extract(epoch from moment.at - refilled_at)::double precision)) end as tokens
            from trunk_limits, moment where trunk = $1),
        others as (
            select coalesce(sum(in_use), 0)::integer as in_use
            from trunk_channels join replicas using (instance), moment
            where $5 is not null and trunk = $1 and instance <> $2 and alive_until > moment.at),
        self as (select exists (select from replicas, moment where instance = $2 and alive_until > moment.at) as alive),
        room as (
            select bucket.tokens, $5 - others.in_use - coalesce($6, 0) as channels, self.alive
            from bucket, others, self),
        answer as (
            select *, case when alive then greatest(0, least($8, floor(tokens + 1e-6)::integer, channels)) else 0 end as granted
            from room),
        spent as (
            update trunk_limits set tokens = greatest(0, answer.tokens - granted), refilled_at = moment.at
            from answer, moment where trunk = $1 and answer.tokens is not null),
        kept as (
            insert into trunk_channels (trunk, instance, in_use)
            select $1, $2, $6 + case when $5 is null then 0 else granted end from answer where $6 is not null
            on conflict (trunk, instance) do update set in_use = excluded.in_use)
        select alive, granted, tokens - granted, channels - granted from answer
        """;

    // Trunks whose rows are there.
    private readonly ConcurrentDictionary<string, bool> _begun = new(StringComparer.Ordinal);

    /// <summary>Asks for calls, and tells the others what this replica uses.</summary>
    /// <param name="trunk">The trunk's name.</param>
    /// <param name="limit">Its limits, as this replica knows them.</param>
    /// <param name="claim">What is asked.</param>
    /// <param name="cancellationToken">Gives up; whether the claim was carried out is unknown then.</param>
    /// <exception cref="ReplicaNotAliveException">The others take this replica for dead and do not count what it uses; try later.</exception>
    /// <exception cref="NpgsqlException">The database cannot be asked.</exception>
    public async Task<ClaimAnswer> ClaimAsync(string trunk, TrunkLimit limit, Claim claim, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        // Before the lock is asked for, never after: a row that another replica makes in between would be counted under without a lock.
        if (!_begun.ContainsKey(trunk))
        {
            await BeginAsync(connection, trunk, limit, cancellationToken);
            _begun[trunk] = true;
        }
        // One round trip and one transaction: the lock is held until all of it is done, and never while the network is waited for.
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(Lock) { Parameters = { new() { Value = trunk } } },
                new NpgsqlBatchCommand(Count)
                {
                    Parameters =
                    {
                        new() { Value = trunk },
                        new() { Value = self.Instance },
                        new() { Value = limit.CallsPerSecond ?? 0, NpgsqlDbType = NpgsqlDbType.Double },
                        new() { Value = (double)limit.Burst, NpgsqlDbType = NpgsqlDbType.Double },
                        Integer(limit.Channels),
                        Integer(claim.Channels),
                        new() { Value = (double)claim.Unspent, NpgsqlDbType = NpgsqlDbType.Double },
                        new() { Value = claim.Wanted },
                    },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            _begun.TryRemove(trunk, out _);
            throw new NpgsqlException($"The row of trunk {trunk} was removed from trunk_limits by hand; the next claim makes it anew.");
        }
        if (!reader.GetBoolean(0) && claim.Wanted > 0)
            throw new ReplicaNotAliveException();
        return new ClaimAnswer(
            reader.GetInt32(1),
            reader.IsDBNull(2) ? null : reader.GetDouble(2),
            reader.IsDBNull(3) ? null : reader.GetInt32(3));
    }

    /// <summary>What all replicas together have of a trunk.</summary>
    /// <param name="trunk">The trunk's name.</param>
    /// <param name="limit">Its limits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Tokens in the bucket and channels in use; each null where it is not limited.</returns>
    /// <exception cref="NpgsqlException">The database cannot be asked.</exception>
    public async Task<(double? Tokens, int? Channels)> ReadAsync(string trunk, TrunkLimit limit, CancellationToken cancellationToken)
    {
        if (!limit.IsLimited)
            return default;
        await using var command = data.CreateCommand(
            """
            select
                (select least($2, tokens + $3 * greatest(0, extract(epoch from now() - refilled_at)::double precision))
                 from trunk_limits where trunk = $1),
                (select coalesce(sum(in_use), 0)::integer
                 from trunk_channels join replicas using (instance) where trunk = $1 and alive_until > now())
            """);
        command.Parameters.Add(new() { Value = trunk });
        command.Parameters.Add(new() { Value = (double)limit.Burst });
        command.Parameters.Add(new() { Value = limit.CallsPerSecond ?? 0 });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (
            limit.CallsPerSecond is null ? null : reader.IsDBNull(0) ? limit.Burst : reader.GetDouble(0),
            limit.Channels is null ? null : reader.GetInt32(1));
    }

    /// <summary>This replica uses nothing any longer.</summary>
    public async Task ClearAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("delete from trunk_channels where instance = $1");
        command.Parameters.Add(new() { Value = self.Instance });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task BeginAsync(
        NpgsqlConnection connection, string trunk, TrunkLimit limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "insert into trunk_limits (trunk, tokens, refilled_at) values ($1, $2, clock_timestamp()) on conflict do nothing", connection)
        {
            Parameters = { new() { Value = trunk }, new() { Value = (double)limit.Burst } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlParameter Integer(int? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer };
}

/// <summary>Removes what replicas left behind that are gone for good. One that only slept finds its rows as they were.</summary>
internal sealed class GoneReplicas(NpgsqlDataSource data) : ISweep
{
    public int BatchSize => 1000;

    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        // Replicas leave their own table an hour after their last sign of life, or as they end.
        await using var command = data.CreateCommand(
            """
            delete from trunk_channels where ctid = any(array(
                select trunk_channels.ctid from trunk_channels left join replicas using (instance)
                where replicas.instance is null limit $1 for update of trunk_channels skip locked))
            """);
        command.Parameters.Add(new() { Value = BatchSize });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
