using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Storage;
using Npgsql;

namespace FlashCall.Fraud.Subjects;

/// <summary>
/// What is kept of a person: the sessions as they were assessed, and what is counted under the number. Both go. What is counted of prefixes,
/// blocks of numbers, networks and applications is of many and stays; what operators put on the lists stays until they take it off, since it
/// is there so that the number is found again.
/// </summary>
internal sealed class SubjectData(NpgsqlDataSource data)
{
    private const string SessionsSql =
        """
        with assessed as (
            delete from assessments where verification_id in (
                select verification_id from assessments where verification_id = any($1) order by verification_id for update)
            returning request),
        asked as (delete from requests where verification_id = any($1) or (number = $2 and rings) returning 1)
        select (select coalesce(json_agg(request), '[]')::text from assessed), (select count(*) from asked),
            (select count(*) from list_entries where kind = $3 and subject = $2)
        """;

    // Locked in the order in which counts are added, so that neither waits for the other.
    private const string CountersSql =
        """
        delete from counters where ctid = any(array(
            select ctid from counters where key = any($1) order by key, grain, bucket, shard for update))
        """;

    /// <summary>Erases a number.</summary>
    /// <returns>How many rows went, and how many stay, by table.</returns>
    public async Task<(IReadOnlyDictionary<string, long> Erased, IReadOnlyDictionary<string, long> Kept)> EraseAsync(
        PhoneNumber number, IEnumerable<Guid> sessions, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var (requests, asked, listed) = await EraseSessionsAsync(connection, number, sessions, cancellationToken);

        var subjects = requests.SelectMany(request => request.SubjectsOf(SubjectKind.DeviceWithNumber))
            .Append(new Subject(SubjectKind.Number, number.E164));
        await using var counters = new NpgsqlCommand(CountersSql, connection)
        {
            Parameters = { Parameters.Uuids(subjects.Select(CounterTable.KeyOf).Distinct()) },
        };
        var counted = await counters.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (
            new Dictionary<string, long>(StringComparer.Ordinal)
            {
                ["assessments"] = requests.Count,
                ["counters"] = counted,
                ["requests"] = asked,
            },
            new Dictionary<string, long>(StringComparer.Ordinal) { ["list_entries"] = listed });
    }

    private static async Task<(IReadOnlyList<RiskRequest> Requests, long Asked, long Listed)> EraseSessionsAsync(
        NpgsqlConnection connection, PhoneNumber number, IEnumerable<Guid> sessions, CancellationToken cancellationToken)
    {
        await using var erase = new NpgsqlCommand(SessionsSql, connection)
        {
            Parameters = { Parameters.Uuids(sessions), Parameters.Text(number.E164), Parameters.Small((int)SubjectKind.Number) },
        };
        await using var row = await erase.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (
            JsonSerializer.Deserialize<IReadOnlyList<RiskRequest>>(row.GetString(0), Parameters.StoredForm)!,
            row.GetInt64(1), row.GetInt64(2));
    }
}
