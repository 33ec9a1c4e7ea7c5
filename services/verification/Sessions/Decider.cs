using System.Collections.Immutable;
using FlashCall.Contracts;
using FlashCall.Verification.Channels;

namespace FlashCall.Verification.Sessions;

/// <summary>Decides what a command does to a session. Pure: no clock, no ids of its own, no I/O.</summary>
internal static class Decider
{
    /// <summary>How long the fraud service may take. A person waits in front of a screen.</summary>
    public static readonly TimeSpan RiskTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How often a client may tell what became of the call: enough for every attempt of a route, and no more than that.</summary>
    public const int MostTelemetry = 10;

    /// <summary>The events that a new session begins with.</summary>
    public static ImmutableList<VerificationEvent> Begin(SessionCommand.Start start)
    {
        var requested = new SessionEvent.VerificationRequested
        {
            At = start.Now,
            ApplicationId = start.ApplicationId,
            To = start.To,
            Purpose = start.Purpose,
            Reference = start.Reference,
            Metadata = start.Metadata,
            Client = start.Client,
            Policy = start.Policy,
            TransactionHash = start.TransactionHash,
        };
        return start.Denied is not { } reason
            ? [requested]
            : [requested, new SessionEvent.VerificationDenied
            {
                At = start.Now,
                Reason = reason,
                Detail = Reasons.Sentence(reason) ?? throw new InvalidOperationException($"The reason '{reason}' has no sentence."),
            }];
    }

    /// <summary>What a command does to a session that has begun. A repeat, or news that comes too late to matter, returns no
    /// events.</summary>
    public static Decision Decide(VerificationCommand command, VerificationSession state) => (command, state) switch
    {
        (SessionCommand.TakeRiskAssessment risk, VerificationSession.AwaitingRisk) => TakeRisk(risk, state),
        (SessionCommand.TakeRiskAssessment, _) => Decision.Nothing,

        (SessionCommand.Report, VerificationSession.Ended) => Decision.No(Rejection.Ended),
        (SessionCommand.Report, VerificationSession.AwaitingRisk) => Decision.No(Rejection.NothingToReportYet),
        (SessionCommand.Report report, VerificationSession.Attempting) => TakeReport(report, state, state.Attempts[^1]),

        (SessionCommand.Cancel, VerificationSession.Ended { Outcome: VerificationOutcome.Cancelled }) => Decision.Nothing,
        (SessionCommand.Cancel, VerificationSession.Ended) => Decision.No(Rejection.Ended),
        (SessionCommand.Cancel, _) => Decision.Of(new SessionEvent.VerificationCancelled { At = command.Now }),

        (SessionCommand.Supersede, VerificationSession.Ended) => Decision.Nothing,
        (SessionCommand.Supersede supersede, _) =>
            Decision.Of(new SessionEvent.VerificationSuperseded { At = command.Now, By = supersede.By }),

        (SessionCommand.TakeTelemetry told, _) => TakeTelemetry(told, state.Telemetry),

        (SessionCommand.DeadlinePassed deadline, _) => PassDeadline(deadline, state),

        (AttemptCommand news, _) => TakeNews(news, state),

        _ => throw new InvalidOperationException($"{command.GetType().Name} is not decided for {state.GetType().Name}."),
    };

    private static Decision TakeRisk(SessionCommand.TakeRiskAssessment risk, VerificationSession state)
    {
        var answer = risk.Answer;
        var assessed = new SessionEvent.RiskAssessed
        {
            At = answer.AssessedAt,
            Verdict = answer.Verdict,
            Score = answer.Score,
            Factors = answer.Factors,
            PolicyVersion = answer.PolicyVersion,
            LineType = answer.LineType,
            ShadowVerdict = answer.ShadowVerdict,
        };
        return answer.Verdict switch
        {
            Verdict.Block => Decision.Of(assessed, new SessionEvent.VerificationDenied
            {
                At = risk.Now,
                Reason = answer.Factors is [var heaviest, ..] ? heaviest.Code : "risk",
                Detail = answer.Factors is [var first, ..] ? first.Detail : "The risk of this request is too high.",
            }),
            // A challenge makes the rules of the attempts stricter: see SessionPolicy.Challenged.
            Verdict.Allow or Verdict.Challenge => Decision.Of(assessed, StartAttempt(state, risk.NextAttemptId, risk.Now)),
            _ => throw new InvalidOperationException($"Unknown verdict {answer.Verdict}."),
        };
    }

    private static Decision TakeReport(SessionCommand.Report report, VerificationSession state, Attempt attempt)
    {
        if (attempt.ReportsAllowed == 0)
            return Decision.No(Rejection.NothingToReportYet);
        var judgement = Channel.Of(attempt).Judge(report.Code, attempt, state.Asked);
        if (judgement is Judgement.Unfit unfit)
            return Decision.No(unfit.Why);
        if (judgement is Judgement.NoCode)
            return WithConsequences(state, [Channel.Of(attempt).NoCodeCame(attempt, report)], report.Now, report.NextAttemptId);
        var matched = judgement is Judgement.Match;
        var received = new SessionEvent.ReportReceived
        {
            At = report.Now,
            AttemptId = attempt.Id,
            Source = report.Source,
            Matched = matched,
            Reason = (judgement as Judgement.NoMatch)?.Reason,
            SourceText = report.SourceText,
        };
        if (matched)
            return Decision.Of(received, new SessionEvent.VerificationSucceeded { At = report.Now, AttemptId = attempt.Id });
        return state.ReportsLeft > 1
            ? Decision.Of(received)
            : Decision.Of(received, new SessionEvent.VerificationFailed { At = report.Now, Reason = Reasons.TooManyReports });
    }

    private static Decision TakeTelemetry(SessionCommand.TakeTelemetry told, TelemetryTally known)
    {
        if (known.Told > 0 && (known.LateCall, known.NoCall) == (told.LateCall, told.NoCall))
            return Decision.Nothing;
        return known.Told < MostTelemetry
            ? Decision.Of(new SessionEvent.ClientTelemetry { At = told.Now, LateCall = told.LateCall, NoCall = told.NoCall })
            : Decision.No(Rejection.TooMuchTelemetry);
    }

    private static Decision TakeNews(AttemptCommand news, VerificationSession state) =>
        state.Attempts.Find(one => one.Id == news.AttemptId) is { } attempt
            ? WithConsequences(
                state, Channel.Of(attempt).Decide(news, attempt, state.Wants(attempt), state.Asked), news.Now, news.NextAttemptId)
            : Decision.Nothing;

    private static Decision PassDeadline(SessionCommand.DeadlinePassed deadline, VerificationSession state)
    {
        if (state is not VerificationSession.Ended && deadline.Now >= state.Asked.ExpiresAt)
            return Decision.Of(new SessionEvent.VerificationExpired { At = deadline.Now });
        if (state is VerificationSession.AwaitingRisk)
        {
            return deadline.Now >= state.Asked.At + RiskTimeout ? GoWithoutRisk(deadline, state) : Decision.Nothing;
        }
        var overdue = state.Attempts
            .Where(attempt => Channel.Of(attempt).Deadline(attempt, state.Asked) <= deadline.Now)
            .SelectMany(attempt => Channel.Of(attempt).GiveUp(attempt, deadline.Now));
        return WithConsequences(state, [.. overdue], deadline.Now, deadline.NextAttemptId);
    }

    private static Decision GoWithoutRisk(SessionCommand.DeadlinePassed deadline, VerificationSession state)
    {
        var fallback = state.Asked.Policy.OnRiskUnavailable ?? RiskFallback.Refuse;
        return Decision.Of(
            new SessionEvent.RiskUnavailable { At = deadline.Now, Done = fallback },
            fallback switch
            {
                RiskFallback.Refuse => new SessionEvent.VerificationErrored { At = deadline.Now, Reason = Reasons.RiskUnavailable },
                RiskFallback.Allow => StartAttempt(state, deadline.NextAttemptId, deadline.Now),
                _ => throw new InvalidOperationException($"Unknown fallback {fallback}."),
            });
    }

    /// <summary>Adds what follows for the session from events of an attempt: when the current one failed, the next of the route, or the
    /// end.</summary>
    private static Decision WithConsequences(
        VerificationSession state, ImmutableList<VerificationEvent> events, DateTimeOffset now, Guid nextAttemptId)
    {
        var after = events.Aggregate(state, (folded, happened) => Evolver.Evolve(folded, state.Id, happened));
        if (after is not VerificationSession.Attempting || after.Current is not { Failure: { } reason } failed)
            return new Decision.Accepted(events);
        events = events.Add(new SessionEvent.AttemptFailed { At = now, AttemptId = failed.Id, Reason = reason });
        return new Decision.Accepted(events.Add(after.Attempts.Count < after.Asked.Policy.Route.Count
            ? StartAttempt(after, nextAttemptId, now)
            : Channel.Of(failed).IsOurFault(reason)
                ? new SessionEvent.VerificationErrored { At = now, Reason = reason }
                : new SessionEvent.VerificationFailed { At = now, Reason = reason }));
    }

    private static SessionEvent.AttemptStarted StartAttempt(VerificationSession state, Guid attemptId, DateTimeOffset now) => new()
    {
        At = now,
        AttemptId = attemptId,
        Position = state.Attempts.Count,
        Channel = state.Asked.Policy.Route[state.Attempts.Count],
    };
}
