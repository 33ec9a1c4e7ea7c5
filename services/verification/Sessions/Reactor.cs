using System.Collections.Immutable;
using FlashCall.Contracts;
using FlashCall.Verification.Channels;

namespace FlashCall.Verification.Sessions;

/// <summary>A message that leaves once the events that call for it are stored.</summary>
/// <param name="Id">The same however often the step is repeated.</param>
/// <param name="Queue">The queue of the service it is sent to; null to publish it for whoever listens.</param>
/// <param name="Body">The message, one of the contracts.</param>
internal sealed record OutgoingMessage(Guid Id, string? Queue, object Body);

/// <summary>
/// The process manager: what goes out, and when to stop waiting. Both follow from the states alone, so that each message is called for
/// by exactly one step of the session, whichever command took it there. Pure.
/// </summary>
internal static class Reactor
{
    /// <summary>The messages that a step from one state to the next calls for.</summary>
    /// <param name="before">Null for a session that begins.</param>
    /// <param name="after">The state after the step.</param>
    public static ImmutableList<OutgoingMessage> React(VerificationSession? before, VerificationSession after)
    {
        var messages = ImmutableList.CreateBuilder<OutgoingMessage>();
        if (before is null && after is VerificationSession.AwaitingRisk)
            messages.Add(AssessRisk(after));
        foreach (var attempt in after.Attempts)
        {
            var earlier = before?.Attempts.Find(one => one.Id == attempt.Id);
            messages.AddRange(Channel.Of(attempt).React(
                new AttemptStep(earlier, earlier is not null && before!.Wants(earlier)),
                new AttemptStep(attempt, after.Wants(attempt)),
                after));
        }
        if (before is not VerificationSession.Ended && after is VerificationSession.Ended ended)
            messages.Add(Completed(ended));
        return messages.ToImmutable();
    }

    /// <summary>When the session has to be looked at again if nothing happens until then; null when it is done for good.</summary>
    public static DateTimeOffset? Deadline(VerificationSession state)
    {
        var attempts = state.Attempts.Select(attempt => Channel.Of(attempt).Deadline(attempt, state.Asked));
        return state switch
        {
            VerificationSession.AwaitingRisk => state.Asked.At + Decider.RiskTimeout,
            VerificationSession.Attempting => attempts.Append(state.Asked.ExpiresAt).Min(),
            VerificationSession.Ended => attempts.Min(),
            _ => throw new InvalidOperationException($"Unknown state {state.GetType().Name}."),
        };
    }

    private static OutgoingMessage AssessRisk(VerificationSession session) => new(
        MessageId.Derive(session.Id, "assess-risk"),
        Queues.Fraud,
        new AssessRisk
        {
            VerificationId = session.Id,
            ApplicationId = session.Asked.ApplicationId,
            To = session.Asked.To,
            Purpose = session.Asked.Purpose,
            Client = session.Asked.Client,
            RequestedAt = session.Asked.At,
        });

    private static OutgoingMessage Completed(VerificationSession.Ended session) => new(
        MessageId.Derive(session.Id, "completed"),
        Queue: null,
        new VerificationCompleted
        {
            VerificationId = session.Id,
            ApplicationId = session.Asked.ApplicationId,
            To = session.Asked.To,
            Purpose = session.Asked.Purpose,
            Outcome = session.Outcome,
            Reason = session.Reason,
            CompletedAt = session.At,
            WrongReports = session.Attempts.Sum(attempt => attempt.Reports.Wrong),
            Called = session.Attempts.Exists(attempt => attempt.Called),
        });
}
