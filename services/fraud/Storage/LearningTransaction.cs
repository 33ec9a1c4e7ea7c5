using System.Data;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using Npgsql;

namespace FlashCall.Fraud.Storage;

/// <summary>What is said of a session after it was assessed.</summary>
/// <param name="Session">The session.</param>
/// <param name="Policy">The policy.</param>
internal abstract record Report(Guid Session, Policy Policy)
{
    /// <summary>What the platform says became of it, to be counted once.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Id">Names the news within the session.</param>
    /// <param name="Said">The news.</param>
    /// <param name="Policy">The policy.</param>
    internal sealed record News(Guid Session, Guid Id, SessionNews Said, Policy Policy) : Report(Session, Policy);

    /// <summary>What somebody who knows says of it.</summary>
    /// <param name="Session">The session.</param>
    /// <param name="Application">Null for whoever may speak of every session; otherwise the session has to be this application's.</param>
    /// <param name="Genuine">A person verified the number; false for fraud.</param>
    /// <param name="At">The time.</param>
    /// <param name="Policy">The policy.</param>
    internal sealed record Feedback(Guid Session, string? Application, bool Genuine, DateTimeOffset At, Policy Policy)
        : Report(Session, Policy);
}

/// <summary>What became of a report.</summary>
/// <param name="Learned">Whether it counts now.</param>
/// <param name="Raised">How many blocks it raised.</param>
/// <param name="Answer">What the session was answered; null where it is not known, or another application's.</param>
internal sealed record ReportTaken(Learned Learned, int Raised, RiskAssessed? Answer);

/// <summary>Takes several reports in one transaction of two round trips, as if they came one after the other.</summary>
internal static class LearningTransaction
{
    // News of a session that is known is counted in this transaction, or not written down. A scalar subquery, so that each is looked up
    // by itself.
    private const string InsertNews = """
        insert into outcomes (verification_id, id, at, news, counted)
        select told.session, told.id, told.at, told.news,
            (select true from assessments where verification_id = told.session) is not null
        from unnest($1, $2, $3, $4) as told (session, id, at, news)
        on conflict do nothing
        returning verification_id, id
        """;

    private const string Find = """
        select told.session, found.*
        from unnest($1) as told (session)
        cross join lateral (
            select request::text, answer::text, counted_verified, genuine from assessments where verification_id = told.session limit 1
        ) as found
        """;

    // One for each session and not one for all: a join that was planned while the table was small would read it from end to end.
    private const string SetOutcome = "update assessments set counted_verified = $2, genuine = $3 where verification_id = $1";

    /// <summary>Takes the reports, all or none.</summary>
    /// <param name="data">The database.</param>
    /// <param name="shard">The transaction's row of counters that many share.</param>
    /// <param name="reports">The reports, in the order in which they are counted.</param>
    /// <returns>What became of each, in the same order.</returns>
    public static async Task<IReadOnlyList<ReportTaken>> DoAsync(NpgsqlDataSource data, int shard, IReadOnlyList<Report> reports)
    {
        await using var connection = await data.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, CancellationToken.None);
        var (inserted, sessions, history) = await ReadAsync(connection, reports);
        var decisions = new Decisions(history);
        var changed = new HashSet<Guid>();
        var results = new ReportTaken[reports.Count];
        for (var i = 0; i < results.Length; i++)
        {
            var before = sessions.GetValueOrDefault(reports[i].Session);
            (results[i], var after) = reports[i] switch
            {
                Report.News news when !inserted.Remove((news.Session, news.Id)) =>
                    (new ReportTaken(Learned.Before, 0, before?.Answer), before),
                _ when before is null => (new ReportTaken(Learned.Waits, 0, null), null),
                Report.News news => Count(decisions, before, news),
                Report.Feedback { Application: { } application } when before.Request.ApplicationId != application =>
                    (new ReportTaken(Learned.Waits, 0, null), before),
                Report.Feedback feedback => (
                    new ReportTaken(Learned.Now, 0, before.Answer),
                    decisions.Correct(before with { Genuine = feedback.Genuine }, feedback.At, feedback.Policy)),
                var other => throw new ArgumentOutOfRangeException(nameof(reports), other, "Unknown report."),
            };
            if (after is not null && after != before)
            {
                sessions[after.Id] = after;
                changed.Add(after.Id);
            }
        }
        await WriteAsync(connection, shard, decisions, changed.Select(id => sessions[id]));
        return results;
    }

    private static (ReportTaken Taken, AssessedSession After) Count(Decisions decisions, AssessedSession before, Report.News news)
    {
        var (after, raised) = decisions.Count(before, news.Said, news.Policy);
        return (new ReportTaken(Learned.Now, raised, after.Answer), after);
    }

    private static async Task<(HashSet<(Guid Session, Guid Id)> Inserted, Dictionary<Guid, AssessedSession> Sessions, KnownHistory History)>
        ReadAsync(NpgsqlConnection connection, IReadOnlyList<Report> reports)
    {
        var history = new KnownHistory();
        var inserted = new HashSet<(Guid Session, Guid Id)>();
        var found = new Dictionary<Guid, AssessedSession>();
        var news = reports.OfType<Report.News>().ToList();
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(HistoryStatements.LockingSessions(reports.Select(static report => report.Session)));
        batch.BatchCommands.Add(new(InsertNews)
        {
            Parameters =
            {
                Parameters.Uuids(news.Select(static one => one.Session)), Parameters.Uuids(news.Select(static one => one.Id)),
                Parameters.Times(news.Select(static one => one.Said.At)), Parameters.Jsons(news.Select(static one => one.Said)),
            },
        });
        batch.BatchCommands.Add(new(Find)
        {
            Parameters = { Parameters.Uuids(reports.Select(static report => report.Session).Distinct()) },
        });
        // Known before the session is: of a call it is the trunk alone.
        var reading = HistoryStatements.Reading(
            batch,
            [
                .. from one in news
                   let call = one.Said as SessionNews.CallOver
                   where call is not null
                   select RiskEngine.Ask(one.Policy, call.Trunk, call.At),
            ],
            [], history);
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None);
        await reader.NextResultAsync(CancellationToken.None);
        while (await reader.ReadAsync(CancellationToken.None))
            inserted.Add((reader.GetGuid(0), reader.GetGuid(1)));
        await reader.NextResultAsync(CancellationToken.None);
        while (await reader.ReadAsync(CancellationToken.None))
        {
            var id = reader.GetGuid(0);
            found[id] = new AssessedSession(
                id, Parameters.Stored<RiskRequest>(reader.GetString(1)), Parameters.Stored<RiskAssessed>(reader.GetString(2)),
                reader.IsDBNull(3) ? null : reader.GetBoolean(3), reader.IsDBNull(4) ? null : reader.GetBoolean(4));
        }
        await reading(reader, CancellationToken.None);
        return (inserted, found, history);
    }

    private static async Task WriteAsync(
        NpgsqlConnection connection, int shard, Decisions decisions, IEnumerable<AssessedSession> changed)
    {
        await using var batch = connection.CreateBatch();
        foreach (var session in changed)
        {
            batch.BatchCommands.Add(new(SetOutcome)
            {
                Parameters =
                {
                    Parameters.Uuid(session.Id), Parameters.Flag(session.CountedVerified), Parameters.Flag(session.Genuine),
                },
            });
        }
        HistoryStatements.WriteAndCommit(batch, decisions, shard);
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
