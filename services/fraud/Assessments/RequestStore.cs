using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using FlashCall.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace FlashCall.Fraud.Assessments;

/// <summary>The requests of the last day and their answers, in PostgreSQL.</summary>
internal sealed class RequestStore
{
    private readonly NpgsqlDataSource _data;
    private readonly Policy _policy;
    private readonly string _count;

    /// <param name="data">The database.</param>
    /// <param name="policy">Says what is counted.</param>
    public RequestStore(NpgsqlDataSource data, Policy policy)
    {
        _data = data;
        _policy = policy;
        _count = CountStatement(policy.Limits);
    }

    /// <summary>Records a request once and counts the others before it, in one round trip.</summary>
    /// <returns>The answer it was given before, if it was, and the counts.</returns>
    public async Task<(RiskAssessed? Answer, Counters Counters)> RecordAsync(
        Guid verificationId, PhoneNumber number, ClientAddress? address, DateTimeOffset requestedAt, CancellationToken cancellationToken)
    {
        await using var batch = _data.CreateBatch();
        // Requests for one number are recorded one after the other, over all replicas, so that each counts those before it. The statements
        // of a batch are one transaction, and each sees what was committed when it began.
        // This commit need not wait for the disk: the commit of the answer does, and takes it along. Should the server die in between, the
        // message comes again.
        batch.BatchCommands.Add(new("select pg_advisory_xact_lock(hashtextextended($1, 0)), set_config('synchronous_commit', 'off', true)")
        {
            Parameters = { Text(number.E164) },
        });
        batch.BatchCommands.Add(new("""
            insert into requests (verification_id, requested_at, number, address, network) values ($1, $2, $3, $4, $5)
            on conflict do nothing
            """)
        {
            Parameters =
            {
                Uuid(verificationId), Time(requestedAt), Text(number.E164), Network(address?.Subscriber), Network(address?.Network),
            },
        });
        var count = new NpgsqlBatchCommand(_count)
        {
            Parameters =
            {
                Uuid(verificationId), Time(requestedAt), Text(number.E164), Network(address?.Subscriber), Network(address?.Network),
            },
        };
        foreach (var limit in _policy.Limits)
            count.Parameters.Add(Time(requestedAt - limit.Window));
        batch.BatchCommands.Add(count);

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        // The lock is the first result; the insert has none.
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var counts = new Dictionary<VelocityLimit, long>();
        for (var i = 0; i < _policy.Limits.Count; i++)
            counts[_policy.Limits[i]] = reader.GetInt64(i + 1);
        return (ReadAnswer(reader), new Counters(counts));
    }

    /// <summary>Records the answer, unless another replica was first.</summary>
    /// <returns>The answer that is recorded, this one or the other's.</returns>
    public async Task<RiskAssessed> AnswerAsync(RiskAssessed answer, CancellationToken cancellationToken)
    {
        await using var batch = _data.CreateBatch();
        batch.BatchCommands.Add(new("update requests set answer = $2, rings = $3 where verification_id = $1 and answer is null")
        {
            Parameters =
            {
                Uuid(answer.VerificationId),
                new() { Value = JsonSerializer.Serialize(answer), NpgsqlDbType = NpgsqlDbType.Jsonb },
                new() { Value = answer.Verdict is not Verdict.Block, NpgsqlDbType = NpgsqlDbType.Boolean },
            },
        });
        batch.BatchCommands.Add(new("select answer from requests where verification_id = $1")
        {
            Parameters = { Uuid(answer.VerificationId) },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        // Swept in between, if the request was older than all windows: then this answer is the only one.
        return await reader.ReadAsync(cancellationToken) && ReadAnswer(reader) is { } recorded ? recorded : answer;
    }

    /// <summary>Deletes up to <paramref name="limit"/> requests from before the given time.</summary>
    /// <returns>How many it deleted.</returns>
    public async Task<int> DeleteOldAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        await using var command = _data.CreateCommand("""
            delete from requests where verification_id in (
                select verification_id from requests where requested_at < $1 order by requested_at limit $2 for update skip locked)
            """);
        command.Parameters.AddRange((NpgsqlParameter[])[Time(before), new() { Value = limit, NpgsqlDbType = NpgsqlDbType.Integer }]);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>One count for each limit, each an index range that ends at <see cref="VelocityLimit.CountAtMost"/>.</summary>
    private static string CountStatement(IReadOnlyList<VelocityLimit> limits)
    {
        var sql = new StringBuilder("select (select answer from requests where verification_id = $1)");
        for (var i = 0; i < limits.Count; i++)
        {
            var subject = limits[i].Subject switch
            {
                VelocitySubject.Number => "number = $3 and rings",
                VelocitySubject.Address => "address = $4",
                VelocitySubject.Network => "network = $5",
                _ => throw new ArgumentOutOfRangeException(nameof(limits)),
            };
            sql.Append(CultureInfo.InvariantCulture, $"""
                , (select count(*) from (
                    select from requests where {subject} and requested_at > ${i + 6} and requested_at <= $2 and verification_id <> $1
                    limit {limits[i].CountAtMost}) counted)
                """);
        }
        return sql.ToString();
    }

    private static RiskAssessed? ReadAnswer(NpgsqlDataReader reader) =>
        reader.IsDBNull(0) ? null : JsonSerializer.Deserialize<RiskAssessed>(reader.GetString(0));

    private static NpgsqlParameter Uuid(Guid value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Uuid };

    private static NpgsqlParameter Text(string value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Time(DateTimeOffset value) =>
        new() { Value = value.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static NpgsqlParameter Network(IPNetwork? value) =>
        new() { Value = value is { } network ? network : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Cidr };
}
