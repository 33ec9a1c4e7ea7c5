using System.Data;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using Npgsql;

namespace FlashCall.Fraud.Storage;

/// <summary>A request that is to be assessed.</summary>
/// <param name="Session">The session.</param>
/// <param name="Request">The request.</param>
/// <param name="Questions">What the engine asks for it.</param>
/// <param name="Policy">The policy.</param>
/// <param name="ToAnswer">Makes the answer of what the engine says.</param>
internal sealed record RequestToAssess(
    Guid Session, RiskRequest Request, Questions Questions, Policy Policy, Func<Assessment, RiskAssessed> ToAnswer);

/// <summary>Assesses several requests in one transaction of two round trips, as if they came one after the other.</summary>
internal static class AssessingTransaction
{
    // Each looked up by itself: a plan made while the tables were empty would read them from end to end.
    private const string Find = """
        select asked.id, found.answer::text, null::uuid, null::text
        from unnest($1) as asked (id)
        cross join lateral (select answer from assessments where verification_id = asked.id limit 1) as found
        union all
        select asked.id, null, waiting.id, waiting.news::text
        from unnest($1) as asked (id)
        cross join lateral (select id, news from outcomes where verification_id = asked.id and not counted offset 0) as waiting
        """;

    private const string Insert = """
        insert into assessments (verification_id, requested_at, request, answer, counted_verified)
        select * from unnest($1, $2, $3, $4, $5)
        """;

    private const string MarkCounted = "update outcomes set counted = true where verification_id = $1 and id = $2";

    /// <summary>Assesses the requests, all or none.</summary>
    /// <param name="data">The database.</param>
    /// <param name="shard">The transaction's row of counters that many share.</param>
    /// <param name="requests">The requests, in the order in which they are decided.</param>
    /// <returns>The answer that is recorded, now or before; whether it is new, and how many blocks it raised: of each, in the same
    /// order.</returns>
    public static async Task<IReadOnlyList<(RiskAssessed Answer, bool IsNew, int Raised)>> DoAsync(
        NpgsqlDataSource data, int shard, IReadOnlyList<RequestToAssess> requests)
    {
        await using var connection = await data.OpenConnectionAsync(CancellationToken.None);
        // Travels with the first statements.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, CancellationToken.None);
        var (answers, waiting, history) = await ReadAsync(connection, requests);
        var decisions = new Decisions(history);
        var results = new (RiskAssessed Answer, bool IsNew, int Raised)[requests.Count];
        var assessed = new List<AssessedSession>();
        for (var i = 0; i < results.Length; i++)
        {
            var asked = requests[i];
            if (answers.TryGetValue(asked.Session, out var before))
            {
                results[i] = (before, IsNew: false, Raised: 0);
                continue;
            }
            var assessment = decisions.Assess(asked.Request, asked.Questions, asked.Policy);
            var raised = assessment.Changes.Blocks.Count;
            var session = new AssessedSession(
                asked.Session, asked.Request, asked.ToAnswer(assessment), CountedVerified: null, Genuine: null);
            foreach (var (_, _, news) in waiting.Where(one => one.Session == asked.Session))
            {
                (session, var more) = decisions.Count(session, news, asked.Policy);
                raised += more;
            }
            answers[asked.Session] = session.Answer;
            assessed.Add(session);
            results[i] = (session.Answer, IsNew: true, raised);
        }
        if (assessed.Count > 0)
            await WriteAsync(connection, shard, decisions, assessed, waiting);
        return results;
    }

    private static async Task<(Dictionary<Guid, RiskAssessed> Answers, List<(Guid Session, Guid Id, SessionNews News)> Waiting,
        KnownHistory History)> ReadAsync(NpgsqlConnection connection, IReadOnlyList<RequestToAssess> requests)
    {
        var history = new KnownHistory();
        var answers = new Dictionary<Guid, RiskAssessed>();
        var waiting = new List<(Guid Session, Guid Id, SessionNews News)>();
        await using (var batch = connection.CreateBatch())
        {
            batch.BatchCommands.Add(HistoryStatements.LockingNumbers(requests.Select(static asked => asked.Request.Number)));
            batch.BatchCommands.Add(HistoryStatements.LockingSessions(requests.Select(static asked => asked.Session)));
            batch.BatchCommands.Add(new(Find)
            {
                Parameters = { Parameters.Uuids(requests.Select(static asked => asked.Session).Distinct()) },
            });
            var reading = HistoryStatements.Reading(
                batch, [.. requests.Select(static asked => asked.Questions)], requests.Select(static asked => asked.Request.ApplicationId),
                history);
            await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None);
            await reader.NextResultAsync(CancellationToken.None);
            await reader.NextResultAsync(CancellationToken.None);
            while (await reader.ReadAsync(CancellationToken.None))
            {
                if (reader.IsDBNull(1))
                    waiting.Add((reader.GetGuid(0), reader.GetGuid(2), Parameters.Stored<SessionNews>(reader.GetString(3))));
                else
                    answers[reader.GetGuid(0)] = Parameters.Stored<RiskAssessed>(reader.GetString(1));
            }
            await reading(reader, CancellationToken.None);
        }
        await ReadTrunksAsync(connection, requests, waiting, history);
        return (answers, waiting, history);
    }

    /// <summary>News that was faster than its request is rare; what it needs is read when it is known.</summary>
    private static async Task ReadTrunksAsync(
        NpgsqlConnection connection, IReadOnlyList<RequestToAssess> requests, List<(Guid Session, Guid Id, SessionNews News)> waiting,
        KnownHistory history)
    {
        var questions = (
            from one in waiting
            let call = one.News as SessionNews.CallOver
            where call is not null
            from asked in requests
            where asked.Session == one.Session
            select RiskEngine.Ask(asked.Policy, call.Trunk, call.At)).ToList();
        await using var batch = connection.CreateBatch();
        var reading = HistoryStatements.Reading(batch, questions, [], history);
        if (batch.BatchCommands.Count == 0)
            return;
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None);
        await reading(reader, CancellationToken.None, isFirst: true);
    }

    private static async Task WriteAsync(
        NpgsqlConnection connection, int shard, Decisions decisions, List<AssessedSession> assessed,
        List<(Guid Session, Guid Id, SessionNews News)> waiting)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(new(Insert)
        {
            Parameters =
            {
                Parameters.Uuids(assessed.Select(static session => session.Id)),
                Parameters.Times(assessed.Select(static session => session.Request.RequestedAt)),
                Parameters.Jsons(assessed.Select(static session => session.Request)),
                Parameters.Jsons(assessed.Select(static session => session.Answer)),
                Parameters.Flags(assessed.Select(static session => session.CountedVerified)),
            },
        });
        foreach (var (session, id, _) in waiting)
            batch.BatchCommands.Add(new(MarkCounted) { Parameters = { Parameters.Uuid(session), Parameters.Uuid(id) } });
        HistoryStatements.WriteAndCommit(batch, decisions, shard);
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
