using System.Collections.Immutable;
using FlashCall.Contracts;
using FlashCall.Verification.Channels.FlashCalls;

namespace FlashCall.Verification.Sessions;

/// <summary>Where a session stands in one word, as clients see it and as the list of sessions is asked for it.</summary>
internal static class SessionStatus
{
    public const string Pending = "pending";
    public const string Ringing = "ringing";
    public const string AwaitingReport = "awaiting_report";

    /// <summary>All of them: while a session lives, then how it ended.</summary>
    public static readonly ImmutableArray<string> All =
        [Pending, Ringing, AwaitingReport, .. Enum.GetValues<VerificationOutcome>().Select(Of)];

    /// <summary>The status of a session.</summary>
    public static string Of(VerificationSession session) => session switch
    {
        VerificationSession.Ended ended => Of(ended.Outcome),
        { Current: FlashCallAttempt.Ringing } => Ringing,
        { Current: FlashCallAttempt.Over } => AwaitingReport,
        _ => Pending,
    };

    private static string Of(VerificationOutcome outcome) => outcome switch
    {
        VerificationOutcome.Succeeded => "verified",
        VerificationOutcome.Failed => "failed",
        VerificationOutcome.Denied => "denied",
        VerificationOutcome.Expired => "expired",
        VerificationOutcome.Cancelled => "cancelled",
        VerificationOutcome.Superseded => "superseded",
        VerificationOutcome.Errored => "error",
        _ => throw new InvalidOperationException($"Unknown outcome {outcome}."),
    };
}
