using FlashCall.Funnel;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;

namespace FlashCall.Verification.Analytics.Funnel;

/// <summary>The events of a session as the funnel sees them. Pure.</summary>
internal static class FunnelEvents
{
    /// <summary>The event as the funnel sees it; null for one that does not count.</summary>
    /// <param name="session">The session.</param>
    /// <param name="happened">The event.</param>
    public static FunnelEvent? Of(Guid session, VerificationEvent happened) => happened switch
    {
        SessionEvent.VerificationRequested asked => new FunnelEvent(session, FunnelStep.Requested, asked.At)
        {
            ApplicationId = asked.ApplicationId,
            Purpose = FunnelEvent.NameOf(asked.Purpose),
            Country = asked.To.Region,
            Prefix = FunnelEvent.PrefixOf(asked.To),
        },
        SessionEvent.AttemptStarted => new FunnelEvent(session, FunnelStep.Allowed, happened.At),
        FlashCallEvent.CallerIdLeased leased => new FunnelEvent(session, FunnelStep.Leased, happened.At) { Trunk = leased.Trunk },
        FlashCallEvent.CallRang => new FunnelEvent(session, FunnelStep.Rang, happened.At),
        FlashCallEvent.CallEnded ended => new FunnelEvent(session, FunnelStep.CallEnded, happened.At)
        {
            Trunk = ended.Trunk,
            Dialled = ended.InvitedAt is not null,
            RangAt = ended.RangAt,
            Answered = ended.Answered,
            Cost = ended.Cost,
            Currency = ended.Currency,
        },
        SessionEvent.ReportReceived => new FunnelEvent(session, FunnelStep.Reported, happened.At),
        SessionEvent.VerificationSucceeded => End(session, happened.At, FunnelOutcome.Verified, reason: null),
        SessionEvent.VerificationFailed failed => End(session, happened.At, FunnelOutcome.Failed, failed.Reason),
        SessionEvent.VerificationDenied denied => End(session, happened.At, FunnelOutcome.Denied, denied.Reason),
        SessionEvent.VerificationExpired => End(session, happened.At, FunnelOutcome.Expired, FunnelEvent.ReasonOf(FunnelOutcome.Expired)),
        SessionEvent.VerificationCancelled => End(session, happened.At, FunnelOutcome.Cancelled, FunnelEvent.ReasonOf(FunnelOutcome.Cancelled)),
        SessionEvent.VerificationSuperseded => End(session, happened.At, FunnelOutcome.Superseded, FunnelEvent.ReasonOf(FunnelOutcome.Superseded)),
        SessionEvent.VerificationErrored errored => End(session, happened.At, FunnelOutcome.Error, errored.Reason),
        _ => null,
    };

    private static FunnelEvent End(Guid session, DateTimeOffset at, string outcome, string? reason) =>
        new(session, FunnelStep.Ended, at) { Outcome = outcome, Reason = reason };
}
