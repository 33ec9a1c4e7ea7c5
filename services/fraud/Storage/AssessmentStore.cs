using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;
using Npgsql;

namespace FlashCall.Fraud.Storage;

/// <summary>
/// History in PostgreSQL, and the one way to add to it: read what the engine asks for, let it decide, write all that it says, in one
/// transaction of two round trips, shared by all that waits. Requests for one number come one after the other over all replicas, and so
/// does all that concerns one session.
/// </summary>
internal sealed class AssessmentStore
{
    /// <summary>Requests are what people wait for: they go at once. A second transaction, so that one that has to wait for another
    /// replica's does not hold up all.</summary>
    private const int AssessingAtOnce = 2;

    private readonly NpgsqlDataSource _data;
    private readonly Gathering<RequestToAssess, (RiskAssessed Answer, bool IsNew, int Raised)> _requests;
    private readonly Gathering<Report, ReportTaken> _reports;

    /// <param name="data">The database.</param>
    /// <param name="time">The clock of the window.</param>
    /// <param name="learningWindow">How long news and feedback gather before they share a transaction; nobody waits for their
    /// counts.</param>
    /// <param name="assessingAtOnce">Transactions under way that assess, 1 to 3.</param>
    public AssessmentStore(
        NpgsqlDataSource data, TimeProvider time, TimeSpan learningWindow = default, int assessingAtOnce = AssessingAtOnce)
    {
        _data = data;
        // Four rows of those that many share: transactions of one process never wait for each other there, and those of two replicas
        // seldom.
        const int Transactions = 4;
        var first = Random.Shared.Next(CounterTable.Shards / Transactions) * Transactions;
        _requests = new("assess", time, (slot, requests) => AssessingTransaction.DoAsync(data, first + slot, requests))
        {
            MostUnderWay = assessingAtOnce,
        };
        _reports = new("learn", time, (_, reports) => LearningTransaction.DoAsync(data, first + Transactions - 1, reports))
        {
            Window = learningWindow,
        };
    }

    /// <summary>Assesses a request once.</summary>
    /// <param name="verificationId">The session.</param>
    /// <param name="request">The request.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="toAnswer">Makes the answer of what the engine says. It may be asked again where others failed.</param>
    /// <param name="cancellationToken">Gives up; what was begun is recorded nonetheless.</param>
    /// <returns>The answer that is recorded, now or before; whether it is new, and how many blocks it raised.</returns>
    public Task<(RiskAssessed Answer, bool IsNew, int Raised)> AssessAsync(
        Guid verificationId, RiskRequest request, Policy policy, Func<Assessment, RiskAssessed> toAnswer,
        CancellationToken cancellationToken) =>
        _requests.DoAsync(
            new RequestToAssess(verificationId, request, RiskEngine.Ask(policy, request), policy, toAnswer), cancellationToken);

    /// <summary>Counts a piece of news of a session once; news of one that was not assessed yet waits for it.</summary>
    /// <param name="verificationId">The session.</param>
    /// <param name="id">Names the news within the session.</param>
    /// <param name="news">The news.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="cancellationToken">Gives up; what was begun is counted nonetheless.</param>
    /// <returns>What became of it, and how many blocks it raised.</returns>
    public async Task<(Learned Learned, int Raised)> LearnAsync(
        Guid verificationId, Guid id, SessionNews news, Policy policy, CancellationToken cancellationToken)
    {
        var taken = await _reports.DoAsync(new Report.News(verificationId, id, news, policy), cancellationToken);
        return (taken.Learned, taken.Raised);
    }

    /// <summary>Takes what somebody who knows says of a session.</summary>
    /// <param name="verificationId">The session.</param>
    /// <param name="application">Null for whoever may speak of every session; otherwise the session has to be this application's.</param>
    /// <param name="genuine">A person verified the number; false for fraud.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Gives up; what was begun is counted nonetheless.</param>
    /// <returns>What the session was answered; null where it is unknown, or was forgotten.</returns>
    public async Task<RiskAssessed?> TakeFeedbackAsync(
        Guid verificationId, string? application, bool genuine, Policy policy, DateTimeOffset now, CancellationToken cancellationToken) =>
        (await _reports.DoAsync(new Report.Feedback(verificationId, application, genuine, now, policy), cancellationToken)).Answer;

    /// <summary>Reads what a request would find, and counts nothing.</summary>
    public async Task<Readings> ReadAsync(Questions questions, string application, CancellationToken cancellationToken)
    {
        var history = new KnownHistory();
        await using var batch = _data.CreateBatch();
        var reading = HistoryStatements.Reading(batch, [questions], [application], history);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reading(reader, cancellationToken, isFirst: true);
        return history.Of(questions, application);
    }
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
