using FlashCall.Contracts;
using FlashCall.Fraud.Blocks;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Storage;
using FlashCall.Fraud.Versions;
using MassTransit;

namespace FlashCall.Fraud.Learning;

/// <summary>Counts what became of sessions, each piece of news once, whenever it comes: before its request, twice, or out of order. What comes
/// when its session is forgotten changes no window any more and is dropped.</summary>
internal sealed class LearnOutcomes(
    AssessmentStore store, PolicyDirectory policies, BlockNews blocks, FraudMetrics metrics, TimeProvider time)
{
    /// <summary>Takes the end of a session.</summary>
    public Task LearnAsync(VerificationCompleted completed, CancellationToken cancellationToken) =>
        // What was denied was blocked and never counted as let through.
        completed.Outcome is VerificationOutcome.Denied
            ? Task.CompletedTask
            : LearnAsync("ended", completed.VerificationId, completed.VerificationId, ToNews(completed), cancellationToken);

    /// <summary>Takes the end of a call.</summary>
    public Task LearnAsync(VerificationCallEnded ended, CancellationToken cancellationToken) => LearnAsync(
        "call", ended.VerificationId, ended.AttemptId, new SessionNews.CallOver(ended.EndedAt, ended.Trunk, ended.Answered),
        cancellationToken);

    private static SessionNews.Ended ToNews(VerificationCompleted completed) => new(
        completed.CompletedAt,
        completed.Outcome is VerificationOutcome.Succeeded,
        completed.WrongReports,
        // The release before did not say it; its sessions count as called unless the platform itself failed.
        completed.Called ?? completed.Outcome is not VerificationOutcome.Errored);

    private async Task LearnAsync(string kind, Guid session, Guid id, SessionNews news, CancellationToken cancellationToken)
    {
        var policy = await policies.CurrentAsync(cancellationToken);
        if (news.At < time.GetUtcNow() - Retention.OfSessions(policy))
        {
            metrics.Dropped(1);
            return;
        }
        var (learned, raised) = await store.LearnAsync(session, id, news, policy, cancellationToken);
        metrics.Took(kind, learned);
        // Looking for news of blocks costs as much as learning does.
        if (raised > 0)
            blocks.Wake();
    }
}

/// <summary>Takes what the verification service publishes.</summary>
internal sealed class OutcomeConsumer(LearnOutcomes outcomes) : IConsumer<VerificationCompleted>, IConsumer<VerificationCallEnded>
{
    /// <inheritdoc/>
    public Task Consume(ConsumeContext<VerificationCompleted> context) => outcomes.LearnAsync(context.Message, context.CancellationToken);

    /// <inheritdoc/>
    public Task Consume(ConsumeContext<VerificationCallEnded> context) => outcomes.LearnAsync(context.Message, context.CancellationToken);
}
