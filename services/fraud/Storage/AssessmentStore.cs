using System.Data;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using Npgsql;

namespace FlashCall.Fraud.Storage;

/// <summary>
/// History in PostgreSQL, and the one way to add to it: read what the engine asks for, let it decide, write all that it says, in one
/// transaction of two round trips. Requests for one number come one after the other over all replicas, and so does all that concerns one
/// session.
/// </summary>
internal sealed class AssessmentStore(NpgsqlDataSource data)
{
    // The number first and then the session, always: news of a session takes the second alone, so nobody waits in a circle.
    private const string Lock =
        "select pg_advisory_xact_lock(hashtextextended($1, 0)), pg_advisory_xact_lock(hashtextextended($2, 1))";

    private const string LockSession = "select pg_advisory_xact_lock(hashtextextended($1, 1))";

    private const string FindAnswer = """
        select answer::text, null::uuid, null::text from assessments where verification_id = $1
        union all
        select null, id, news::text from outcomes where verification_id = $1 and not counted
        """;

    private const string Insert =
        "insert into assessments (verification_id, requested_at, request, answer) values ($1, $2, $3, $4)";

    // Of a session that is known it is counted in this transaction, or not written down.
    private const string InsertNews = """
        insert into outcomes (verification_id, id, at, news, counted)
        values ($1, $2, $3, $4, exists (select from assessments where verification_id = $1)) on conflict do nothing returning true
        """;

    private const string MarkCounted = "update outcomes set counted = true where verification_id = $1 and id = $2";

    private const string Find = """
        select request::text, answer::text, counted_verified, genuine from assessments where verification_id = $1
        """;

    private const string Commit = "commit";

    private const string SetOutcome = "update assessments set counted_verified = $2, genuine = $3 where verification_id = $1";

    /// <summary>Assesses a request once.</summary>
    /// <param name="verificationId">The session.</param>
    /// <param name="request">The request.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="toAnswer">Makes the answer of what the engine says.</param>
    /// <param name="cancellationToken">Gives up; nothing is recorded then.</param>
    /// <returns>The answer that is recorded, now or before; whether it is new, and how many blocks it raised.</returns>
    public async Task<(RiskAssessed Answer, bool IsNew, int Raised)> AssessAsync(
        Guid verificationId, RiskRequest request, Policy policy, Func<Assessment, RiskAssessed> toAnswer, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        // Travels with the first statements.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        var questions = RiskEngine.Ask(policy, request);
        var waiting = new List<(Guid Id, SessionNews News)>();
        Readings readings;
        await using (var batch = connection.CreateBatch())
        {
            batch.BatchCommands.Add(new(Lock) { Parameters = { Parameters.Text(request.Number), LockOf(verificationId) } });
            batch.BatchCommands.Add(new(FindAnswer) { Parameters = { Parameters.Uuid(verificationId) } });
            var reading = Reading(batch, questions, request.ApplicationId);
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                if (!reader.IsDBNull(0))
                    return (Stored<RiskAssessed>(reader.GetString(0)), IsNew: false, Raised: 0);
                waiting.Add((reader.GetGuid(1), Stored<SessionNews>(reader.GetString(2))));
            }
            readings = await reading(reader, cancellationToken);
        }
        var assessment = RiskEngine.Assess(policy, request, readings);
        var answer = toAnswer(assessment);
        await using (var batch = connection.CreateBatch())
        {
            batch.BatchCommands.Add(new(Insert)
            {
                Parameters =
                {
                    Parameters.Uuid(verificationId), Parameters.Time(request.RequestedAt), Parameters.Json(request), Parameters.Json(answer),
                },
            });
            Write(batch, assessment.Changes, verificationId, policy.Version);
            if (waiting.Count == 0)
                batch.BatchCommands.Add(new(Commit));
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        if (waiting.Count > 0)
        {
            var session = new AssessedSession(verificationId, request, answer, CountedVerified: null, Genuine: null);
            foreach (var (id, news) in waiting)
                (session, _) = await CountAsync(connection, session, news, policy, cancellationToken, waited: id);
            await transaction.CommitAsync(cancellationToken);
        }
        return (answer, IsNew: true, assessment.Changes.Blocks.Count);
    }

    /// <summary>Counts a piece of news of a session once; news of one that was not assessed yet waits for it.</summary>
    /// <param name="verificationId">The session.</param>
    /// <param name="id">Names the news within the session.</param>
    /// <param name="news">The news.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="cancellationToken">Gives up; nothing is counted then.</param>
    /// <returns>What became of it, and how many blocks it raised.</returns>
    public async Task<(Learned Learned, int Raised)> LearnAsync(
        Guid verificationId, Guid id, SessionNews news, Policy policy, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        var isNew = false;
        AssessedSession? session;
        await using (var batch = connection.CreateBatch())
        {
            batch.BatchCommands.Add(new(LockSession) { Parameters = { LockOf(verificationId) } });
            batch.BatchCommands.Add(new(InsertNews)
            {
                Parameters = { Parameters.Uuid(verificationId), Parameters.Uuid(id), Parameters.Time(news.At), Parameters.Json(news) },
            });
            batch.BatchCommands.Add(new(Find) { Parameters = { Parameters.Uuid(verificationId) } });
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            isNew = await reader.ReadAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            session = await ReadSessionAsync(reader, verificationId, cancellationToken);
        }
        if (!isNew)
            return (Learned.Before, Raised: 0);
        if (session is null)
        {
            await transaction.CommitAsync(cancellationToken);
            return (Learned.Waits, Raised: 0);
        }
        var (_, raised) = await CountAsync(connection, session, news, policy, cancellationToken, andCommit: true);
        return (Learned.Now, raised);
    }

    /// <summary>Takes what somebody who knows says of a session.</summary>
    /// <param name="verificationId">The session.</param>
    /// <param name="application">Null for whoever may speak of every session; otherwise the session has to be this application's.</param>
    /// <param name="genuine">A person verified the number; false for fraud.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Gives up; nothing is counted then.</param>
    /// <returns>What the session was answered; null where it is unknown, or was forgotten.</returns>
    public async Task<RiskAssessed?> TakeFeedbackAsync(
        Guid verificationId, string? application, bool genuine, Policy policy, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        AssessedSession? session;
        await using (var batch = connection.CreateBatch())
        {
            batch.BatchCommands.Add(new(LockSession) { Parameters = { LockOf(verificationId) } });
            batch.BatchCommands.Add(new(Find) { Parameters = { Parameters.Uuid(verificationId) } });
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            session = await ReadSessionAsync(reader, verificationId, cancellationToken);
        }
        if (session is null || (application is not null && session.Request.ApplicationId != application))
            return null;
        await CorrectAsync(connection, session with { Genuine = genuine }, policy, now, andCommit: true, cancellationToken);
        return session.Answer;
    }

    /// <summary>Reads what a request would find, and counts nothing.</summary>
    public async Task<Readings> ReadAsync(Questions questions, string application, CancellationToken cancellationToken)
    {
        await using var batch = data.CreateBatch();
        var reading = Reading(batch, questions, application);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        return await reading(reader, cancellationToken, isFirst: true);
    }

    /// <summary>Counts a piece of news.</summary>
    /// <param name="connection">In the transaction that has the session's lock.</param>
    /// <param name="session">The session.</param>
    /// <param name="news">The news.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="waited">Names the news where it stands there as not counted.</param>
    /// <param name="andCommit">Whether this ends the transaction, in the same round trip.</param>
    /// <returns>The session after it, and how many blocks it raised.</returns>
    private static async Task<(AssessedSession Session, int Raised)> CountAsync(
        NpgsqlConnection connection, AssessedSession session, SessionNews news, Policy policy, CancellationToken cancellationToken,
        Guid? waited = null, bool andCommit = false)
    {
        var after = session;
        var changes = new Changes([], []);
        // What was blocked was not counted as let through, so there is nothing to take back or to add.
        if (session.Answer.Verdict is not Verdict.Block)
        {
            var outcome = ToOutcome(session.Request, news);
            changes = await LearnAsync(connection, policy, outcome, cancellationToken);
            if (outcome is Outcome.Ended ended)
                after = session with { CountedVerified = ended.Verified };
        }
        var isCorrected = after != session && session.Genuine is not null;
        await using (var batch = connection.CreateBatch())
        {
            if (waited is { } id)
                batch.BatchCommands.Add(new(MarkCounted) { Parameters = { Parameters.Uuid(session.Id), Parameters.Uuid(id) } });
            Write(batch, changes, session.Id, policy.Version);
            if (after != session)
                batch.BatchCommands.Add(Setting(after));
            if (andCommit && !isCorrected)
                batch.BatchCommands.Add(new(Commit));
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        if (isCorrected)
            after = await CorrectAsync(connection, after, policy, news.At, andCommit, cancellationToken);
        return (after, changes.Blocks.Count);
    }

    /// <summary>Where feedback and the end of the session are both known and differ, feedback counts.</summary>
    private static async Task<AssessedSession> CorrectAsync(
        NpgsqlConnection connection, AssessedSession session, Policy policy, DateTimeOffset at, bool andCommit,
        CancellationToken cancellationToken)
    {
        var after = session;
        await using var batch = connection.CreateBatch();
        if (session is { CountedVerified: { } counted, Genuine: { } genuine } && counted != genuine)
        {
            var feedback = new Outcome.Feedback(session.Request, at, genuine, counted);
            Write(batch, await LearnAsync(connection, policy, feedback, cancellationToken), session.Id, policy.Version);
            after = session with { CountedVerified = genuine };
        }
        batch.BatchCommands.Add(Setting(after));
        if (andCommit)
            batch.BatchCommands.Add(new(Commit));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return after;
    }

    private static async Task<Changes> LearnAsync(
        NpgsqlConnection connection, Policy policy, Outcome outcome, CancellationToken cancellationToken)
    {
        var questions = RiskEngine.Ask(policy, outcome);
        if (questions is { Counters.Count: 0, Standing.Count: 0 })
            return RiskEngine.Learn(policy, outcome, Readings.Empty(questions));
        await using var batch = connection.CreateBatch();
        var reading = Reading(batch, questions, outcome.Request.ApplicationId);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        return RiskEngine.Learn(policy, outcome, await reading(reader, cancellationToken, isFirst: true));
    }

    private static NpgsqlBatchCommand Setting(AssessedSession session) => new(SetOutcome)
    {
        Parameters = { Parameters.Uuid(session.Id), Parameters.Flag(session.CountedVerified), Parameters.Flag(session.Genuine) },
    };

    private static Outcome ToOutcome(RiskRequest request, SessionNews news) => news switch
    {
        SessionNews.Ended { Verified: false, Called: false } => new Outcome.Withdrawn(request, news.At),
        SessionNews.Ended ended => new Outcome.Ended(request, ended.At, ended.Verified, ended.WrongReports),
        SessionNews.CallOver call => new Outcome.Called(request, call.At, call.Trunk, call.Answered),
        _ => throw new ArgumentOutOfRangeException(nameof(news)),
    };

    private delegate Task<Readings> TakeReadings(NpgsqlDataReader reader, CancellationToken cancellationToken, bool isFirst = false);

    /// <summary>Adds the statements that answer the engine's questions to a batch.</summary>
    private static TakeReadings Reading(NpgsqlBatch batch, Questions questions, string application)
    {
        batch.BatchCommands.Add(CounterTable.Reading(questions, out var ranges));
        batch.BatchCommands.Add(StandingTable.Reading(questions.Standing, application));
        return async (reader, cancellationToken, isFirst) =>
        {
            if (!isFirst)
                await reader.NextResultAsync(cancellationToken);
            var counts = await CounterTable.ReadAsync(reader, questions, ranges, cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            var (blocks, entries) = await StandingTable.ReadAsync(reader, cancellationToken);
            return new Readings(questions.At, counts, blocks, entries);
        };
    }

    private static void Write(NpgsqlBatch batch, Changes changes, Guid session, string policyVersion)
    {
        if (CounterTable.Adding(changes.Additions, session) is { } adding)
            batch.BatchCommands.Add(adding);
        foreach (var block in changes.Blocks.OrderBy(block => block.Subject.Kind).ThenBy(block => block.Subject.Key, StringComparer.Ordinal))
            batch.BatchCommands.Add(StandingTable.Raising(new RaisedBlock(Guid.CreateVersion7(), block, policyVersion)));
    }

    private static async Task<AssessedSession?> ReadSessionAsync(
        NpgsqlDataReader reader, Guid verificationId, CancellationToken cancellationToken) => await reader.ReadAsync(cancellationToken)
        ? new AssessedSession(
            verificationId, Stored<RiskRequest>(reader.GetString(0)), Stored<RiskAssessed>(reader.GetString(1)),
            reader.IsDBNull(2) ? null : reader.GetBoolean(2), reader.IsDBNull(3) ? null : reader.GetBoolean(3))
        : null;

    private static NpgsqlParameter LockOf(Guid session) => Parameters.Text(session.ToString("N"));

    private static T Stored<T>(string json) => JsonSerializer.Deserialize<T>(json, Parameters.StoredForm)
        ?? throw new InvalidOperationException($"A stored {typeof(T).Name} is null.");

    private sealed record AssessedSession(Guid Id, RiskRequest Request, RiskAssessed Answer, bool? CountedVerified, bool? Genuine);
}

/// <summary>What became of a piece of news.</summary>
internal enum Learned
{
    /// <summary>It counts now.</summary>
    Now,

    /// <summary>It was counted before.</summary>
    Before,

    /// <summary>The session is not known yet.</summary>
    Waits,
}
