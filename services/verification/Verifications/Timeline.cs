using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;

namespace FlashCall.Verification.Verifications;

/// <summary>One thing that happened, as clients see it.</summary>
/// <param name="Step">Stable name in snake_case.</param>
/// <param name="At">When.</param>
/// <param name="Detail">A few words more.</param>
internal sealed record TimelineStep(string Step, DateTimeOffset At, string? Detail = null)
{
    /// <summary>The step as a device is told of it: how risky a request looked is nothing for whoever made it, since a fraudster would
    /// learn from it what to change (OWASP API Security Top 10 2023, API3).</summary>
    public TimelineStep ForDevice() => Step == Timeline.RiskAssessed ? this with { Detail = null } : this;
}

/// <summary>The events of a session in the words of a client: no caller ID, no internal ids.</summary>
internal static class Timeline
{
    /// <summary>The step at which fraud scoring answered.</summary>
    public const string RiskAssessed = "risk_assessed";

    public static IReadOnlyList<TimelineStep> Of(IEnumerable<VerificationEvent> events) =>
        [.. events.SelectMany(StepsOf).OrderBy(step => step.At)];

    /// <summary>The steps that one event is in the words of a client; none, one or two.</summary>
    public static IEnumerable<TimelineStep> StepsOf(VerificationEvent happened) => happened switch
    {
        SessionEvent.VerificationRequested asked => [new("requested", asked.At)],
        SessionEvent.RiskUnavailable unavailable =>
            [new("risk_unavailable", unavailable.At, unavailable.Done is RiskFallback.Allow ? "went on without it" : "refused")],
        SessionEvent.RiskAssessed risk =>
            [new(RiskAssessed, risk.At, $"{risk.Verdict.ToString().ToLowerInvariant()}, score {risk.Score}")],
        SessionEvent.AttemptStarted => [],
        SessionEvent.AttemptFailed failed => [new("attempt_failed", failed.At, failed.Reason)],
        SessionEvent.ReportReceived report => [new("reported", report.At, JudgementOf(report))],
        SessionEvent.ClientTelemetry told => [new("client_telemetry", told.At, WordsOf(told))],
        SessionEvent.VerificationSucceeded => [new("verified", happened.At)],
        SessionEvent.VerificationDenied denied => [new("denied", denied.At, denied.Reason)],
        SessionEvent.VerificationFailed failed => [new("failed", failed.At, failed.Reason)],
        SessionEvent.VerificationExpired => [new("expired", happened.At)],
        SessionEvent.VerificationCancelled => [new("cancelled", happened.At)],
        SessionEvent.VerificationSuperseded => [new("superseded", happened.At)],
        SessionEvent.VerificationErrored errored => [new("error", errored.At, errored.Reason)],
        FlashCallEvent.CallerIdLeased lease =>
            [new("caller_id_leased", lease.At, string.Create(
                CultureInfo.InvariantCulture, $"1 of {lease.Candidates:N0}, {Math.Log2(lease.Candidates):F1} bits"))],
        FlashCallEvent.CallerIdRefused refused => [new("caller_id_refused", refused.At, refused.Reason)],
        FlashCallEvent.CallNotPlaced not => [new("call_not_placed", not.At, not.Reason)],
        FlashCallEvent.CallRang rang => [new("invited", rang.InvitedAt), new("ringing", rang.At)],
        FlashCallEvent.CallEnded ended => EndOf(ended),
        FlashCallEvent.CallerIdWithheld => [new("caller_id_withheld", happened.At)],
        FlashCallEvent.NewsOverdue => [new("overdue", happened.At)],
        _ => throw new InvalidOperationException($"Unknown event {happened.GetType().Name}."),
    };

    private static string JudgementOf(SessionEvent.ReportReceived report) => report switch
    {
        { Matched: true } => "match",
        { Reason: { } reason } => $"no match, {reason}",
        _ => "no match",
    };

    private static string WordsOf(SessionEvent.ClientTelemetry told) => (told.LateCall, told.NoCall) switch
    {
        (true, true) => "late call, no call",
        (true, _) => "late call",
        (_, true) => "no call",
        _ => "nothing unusual",
    };

    private static IEnumerable<TimelineStep> EndOf(FlashCallEvent.CallEnded ended)
    {
        if (ended is { InvitedAt: { } invitedAt, RangAt: null })
            yield return new TimelineStep("invited", invitedAt);
        yield return ended.Disposition switch
        {
            CallDisposition.Rang when ended.RangAt is { } rangAt =>
                new TimelineStep("hung_up", ended.At, string.Create(
                    CultureInfo.InvariantCulture, $"rang {(ended.At - rangAt).TotalMilliseconds:F0} ms")),
            CallDisposition.Answered => new TimelineStep("answered", ended.At, "picked up; billed"),
            var disposition => new TimelineStep("call_ended", ended.At, disposition.ToString()),
        };
    }
}
