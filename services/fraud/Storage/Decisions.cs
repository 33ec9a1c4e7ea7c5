using FlashCall.Contracts;
using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Storage;

/// <summary>A session as it was assessed, and what is counted of it.</summary>
/// <param name="Id">The session.</param>
/// <param name="Request">Its request.</param>
/// <param name="Answer">What it was answered.</param>
/// <param name="CountedVerified">How its end is counted; null while it has not ended, or ended without a call.</param>
/// <param name="Genuine">What feedback says; null without any.</param>
internal sealed record AssessedSession(Guid Id, RiskRequest Request, RiskAssessed Answer, bool? CountedVerified, bool? Genuine);

/// <summary>Decides one step after the other on what is known, and keeps what all of them change until it is written.</summary>
/// <param name="history">What was read for these steps.</param>
internal sealed class Decisions(KnownHistory history)
{
    private readonly List<CounterAddition> _additions = [];
    private readonly List<RaisedBlock> _raised = [];

    /// <summary>What is to be added, in the order of the decisions.</summary>
    public IReadOnlyList<CounterAddition> Additions => _additions;

    /// <summary>The blocks that were raised, in the order of the decisions.</summary>
    public IReadOnlyList<RaisedBlock> Raised => _raised;

    /// <summary>Assesses a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="questions">What the engine asks for it.</param>
    /// <param name="policy">The policy.</param>
    public Assessment Assess(RiskRequest request, Questions questions, Policy policy)
    {
        var assessment = RiskEngine.Assess(policy, request, history.Of(questions, request.ApplicationId));
        Apply(assessment.Changes, policy);
        return assessment;
    }

    /// <summary>Counts a piece of news.</summary>
    /// <param name="session">The session.</param>
    /// <param name="news">The news, which was not counted before.</param>
    /// <param name="policy">The policy.</param>
    /// <returns>The session after it, and how many blocks it raised.</returns>
    public (AssessedSession Session, int Raised) Count(AssessedSession session, SessionNews news, Policy policy)
    {
        // What was blocked was not counted as let through, so there is nothing to take back or to add.
        if (session.Answer.Verdict is Verdict.Block)
            return (session, 0);
        var outcome = news.OutcomeOf(session.Request);
        var raised = Learn(outcome, policy);
        return outcome is Outcome.Ended ended
            ? (Correct(session with { CountedVerified = ended.Verified }, news.At, policy), raised)
            : (session, raised);
    }

    /// <summary>Where feedback and the end of the session are both known and differ, feedback counts.</summary>
    /// <param name="session">The session.</param>
    /// <param name="at">When the later of them came.</param>
    /// <param name="policy">The policy.</param>
    /// <returns>The session after it.</returns>
    public AssessedSession Correct(AssessedSession session, DateTimeOffset at, Policy policy)
    {
        if (session is not { CountedVerified: { } counted, Genuine: { } genuine } || counted == genuine)
            return session;
        Learn(new Outcome.Feedback(session.Request, at, genuine, counted), policy);
        return session with { CountedVerified = genuine };
    }

    private int Learn(Outcome outcome, Policy policy)
    {
        var changes = RiskEngine.Learn(
            policy, outcome, history.Of(RiskEngine.Ask(policy, outcome), outcome.Request.ApplicationId));
        Apply(changes, policy);
        return changes.Blocks.Count;
    }

    private void Apply(Changes changes, Policy policy)
    {
        history.Apply(changes);
        _additions.AddRange(changes.Additions);
        foreach (var block in changes.Blocks)
            _raised.Add(new RaisedBlock(Guid.CreateVersion7(), block, policy.Version));
    }
}
