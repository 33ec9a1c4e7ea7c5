using FlashCall.Fraud.Versions;
using FlashCall.Hosting;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Fraud.Storage;

/// <summary>Forgets counters that no window reaches any longer.</summary>
internal sealed class OldCounters(NpgsqlDataSource data, PolicyDirectory policies, TimeProvider time) : ISweep
{
    private const string Sql = """
        delete from counters where ctid = any(array(
            select old.ctid from unnest($1, $2, $3) as ages (kind, grain, before)
            cross join lateral (
                select ctid from counters where kind = ages.kind and grain = ages.grain and bucket < ages.before
                limit $4 for update skip locked) as old
            limit $4))
        """;

    /// <inheritdoc/>
    public int BatchSize => 5000;

    /// <inheritdoc/>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var policy = await policies.CurrentAsync(cancellationToken);
        var ages = Retention.CountersAt(policy, time.GetUtcNow()).ToList();
        await using var command = data.CreateCommand(Sql);
        command.Parameters.AddRange((NpgsqlParameter[])
        [
            Parameters.Smalls(ages.Select(age => (int)age.Kind)), Parameters.Smalls(ages.Select(age => age.GrainSeconds)),
            new() { Value = ages.Select(age => (int)age.Before).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
            Parameters.Integer(BatchSize),
        ]);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>Forgets sessions that can no longer change a verdict, and what became of them.</summary>
internal sealed class OldSessions(NpgsqlDataSource data, PolicyDirectory policies, FraudMetrics metrics, TimeProvider time) : ISweep
{
    /// <summary>News that nobody asked about for this long is of a session that never will be assessed.</summary>
    private const string Sql = """
        with old as (
            delete from assessments where verification_id in (
                select verification_id from assessments where requested_at < $1 order by requested_at limit $2 for update skip locked)
            returning 1),
        news as (
            delete from outcomes where (verification_id, id) in (
                select verification_id, id from outcomes where at < $1 order by at limit $2 for update skip locked)
            returning counted)
        select (select count(*) from old), (select count(*) from news), (select count(*) from news where not counted)
        """;

    /// <inheritdoc/>
    public int BatchSize => 1000;

    /// <inheritdoc/>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var policy = await policies.CurrentAsync(cancellationToken);
        await using var command = data.CreateCommand(Sql);
        command.Parameters.AddRange((NpgsqlParameter[])
            [Parameters.Time(time.GetUtcNow() - Retention.OfSessions(policy)), Parameters.Integer(BatchSize)]);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        metrics.Dropped(reader.GetInt64(2));
        return (int)Math.Max(reader.GetInt64(0), reader.GetInt64(1));
    }
}

/// <summary>Forgets blocks that the policy no longer remembers, and entries of the lists that have expired.</summary>
internal sealed class OldStanding(NpgsqlDataSource data, PolicyDirectory policies, TimeProvider time) : ISweep
{
    private const string Sql = """
        with blocked as (
            delete from blocks where (kind, subject) in (
                select kind, subject from blocks where until < $1 order by until limit $3 for update skip locked)
            returning 1),
        listed as (
            delete from list_entries where id in (
                select id from list_entries where expires_at < $2 order by expires_at limit $3 for update skip locked)
            returning 1)
        select (select count(*) from blocked), (select count(*) from listed)
        """;

    /// <summary>An entry that has expired is shown for a while, so that whoever wonders finds it.</summary>
    private static readonly TimeSpan ShowExpired = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public int BatchSize => 1000;

    /// <inheritdoc/>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var policy = await policies.CurrentAsync(cancellationToken);
        var now = time.GetUtcNow();
        await using var command = data.CreateCommand(Sql);
        command.Parameters.AddRange((NpgsqlParameter[])
        [
            Parameters.Time(now - TimeSpan.FromSeconds(policy.Document.Blocks.MemorySeconds)), Parameters.Time(now - ShowExpired),
            Parameters.Integer(BatchSize),
        ]);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (int)Math.Max(reader.GetInt64(0), reader.GetInt64(1));
    }
}

/// <summary>Forgets the requests that replicas of the release before wrote, when they are older than a day.</summary>
internal sealed class RequestsOfTheReleaseBefore(NpgsqlDataSource data, TimeProvider time) : ISweep
{
    private static readonly TimeSpan Memory = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public int BatchSize => 1000;

    /// <inheritdoc/>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("""
            delete from requests where verification_id in (
                select verification_id from requests where requested_at < $1 order by requested_at limit $2 for update skip locked)
            """);
        command.Parameters.AddRange((NpgsqlParameter[])[Parameters.Time(time.GetUtcNow() - Memory), Parameters.Integer(BatchSize)]);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
