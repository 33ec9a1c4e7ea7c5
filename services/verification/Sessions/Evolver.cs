using FlashCall.Contracts;
using FlashCall.Verification.Channels;

namespace FlashCall.Verification.Sessions;

/// <summary>Folds what happened into where a session stands. Pure.</summary>
internal static class Evolver
{
    /// <summary>Folds one event into the state.</summary>
    /// <param name="state">The state before; null before the first event.</param>
    /// <param name="id">The session.</param>
    /// <param name="happened">The event.</param>
    public static VerificationSession Evolve(VerificationSession? state, Guid id, VerificationEvent happened) =>
        Fold(state, id, happened) with { Revision = (state?.Revision ?? 0) + 1, Trace = state?.Trace };

    private static VerificationSession Fold(VerificationSession? state, Guid id, VerificationEvent happened)
    {
        if (happened is SessionEvent.VerificationRequested asked)
        {
            return new VerificationSession.AwaitingRisk
            {
                Id = id,
                Asked = new VerificationSession.Request(
                    asked.ApplicationId, asked.To, asked.Purpose, asked.Reference, asked.Metadata, asked.Client, asked.Policy, asked.At,
                    asked.TransactionHash),
            };
        }
        if (state is null)
            throw new InvalidOperationException($"The stream {id} does not begin with VerificationRequested.");
        return happened switch
        {
            AttemptEvent attempt => state with
            {
                // How often it was reported is the session's to know, whatever the channel makes of the attempt.
                Attempts = state.Attempts.ConvertAll(one => one.Id == attempt.AttemptId
                    ? Channel.Of(one).Evolve(one, attempt) with { Reports = one.Reports }
                    : one),
            },
            SessionEvent session => Evolve(state, session),
            _ => throw new InvalidOperationException($"Unknown event {happened.GetType().Name}."),
        };
    }

    private static VerificationSession Evolve(VerificationSession state, SessionEvent happened) => happened switch
    {
        SessionEvent.RiskAssessed { Verdict: Verdict.Challenge } =>
            state with { Asked = state.Asked with { Policy = state.Asked.Policy.Challenged() } },
        SessionEvent.RiskAssessed or SessionEvent.RiskUnavailable => state,
        SessionEvent.AttemptStarted started => new VerificationSession.Attempting
        {
            Id = state.Id,
            Asked = state.Asked,
            Attempts = state.Attempts.Add(Channel.Named(started.Channel).Begin(started)),
            Telemetry = state.Telemetry,
        },
        SessionEvent.AttemptFailed => state,
        SessionEvent.ClientTelemetry told =>
            state with { Telemetry = new TelemetryTally(state.Telemetry.Told + 1, told.LateCall, told.NoCall) },
        SessionEvent.ReportReceived report => state with
        {
            Attempts = state.Attempts.ConvertAll(one =>
                one.Id == report.AttemptId ? one with { Reports = one.Reports.With(report.Matched) } : one),
        },
        SessionEvent.VerificationSucceeded proven =>
            End(state, VerificationOutcome.Succeeded, proven.At) with { ProvenBy = proven.AttemptId },
        SessionEvent.VerificationDenied denied =>
            End(state, VerificationOutcome.Denied, denied.At, denied.Reason) with { Detail = denied.Detail },
        SessionEvent.VerificationFailed failed => End(state, VerificationOutcome.Failed, failed.At, failed.Reason),
        SessionEvent.VerificationExpired expired => End(state, VerificationOutcome.Expired, expired.At, Reasons.NotReported),
        SessionEvent.VerificationCancelled cancelled => End(state, VerificationOutcome.Cancelled, cancelled.At, Reasons.CancelledByClient),
        SessionEvent.VerificationSuperseded superseded => End(state, VerificationOutcome.Superseded, superseded.At, Reasons.NewerSession),
        SessionEvent.VerificationErrored errored => End(state, VerificationOutcome.Errored, errored.At, errored.Reason),
        SessionEvent.VerificationRequested => throw new InvalidOperationException("A session begins once."),
        _ => throw new InvalidOperationException($"Unknown event {happened.GetType().Name}."),
    };

    private static VerificationSession.Ended End(
        VerificationSession state, VerificationOutcome outcome, DateTimeOffset at, string? reason = null) =>
        new()
        {
            Id = state.Id,
            Asked = state.Asked,
            Attempts = state.Attempts,
            Telemetry = state.Telemetry,
            Outcome = outcome,
            Reason = reason,
            At = at,
        };
}
