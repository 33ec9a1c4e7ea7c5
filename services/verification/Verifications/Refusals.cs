using FlashCall.Hosting;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Verifications;

/// <summary>What a client is told when a session does not take what it asks.</summary>
internal static class Refusals
{
    /// <summary>Unknown, or another application's: the answer does not tell which.</summary>
    public static ProblemHttpResult NoSuchSession() =>
        Problems.Problem(404, "verification_not_found", "No such verification", "This application has no verification with this id.");

    /// <summary>The application has a session under way for the number, and its policy lets no second one begin.</summary>
    public static ProblemHttpResult InProgress(Guid running)
    {
        var problem = Problems.Create(409, "verification_in_progress", "A verification is in progress",
            "One is under way for this number. Follow that, or cancel it and start anew.");
        problem.Extensions["verificationId"] = running;
        return TypedResults.Problem(problem);
    }

    public static ProblemHttpResult Of(Rejection rejection, VerificationSession session) => rejection switch
    {
        Rejection.Ended => Problems.Problem(409, "verification_ended", "The verification has ended",
            $"It ended as '{VerificationView.Of(session).Status}'. Start a new one."),
        Rejection.NothingToReportYet => Problems.Problem(409, "nothing_to_report_yet", "Nothing to report yet",
            "No call has been placed yet. Report when the phone has rung."),
        Rejection.TooFewDigits => Problems.Problem(422, "too_few_digits", "Too few digits",
            $"Give the last {(session.Current as FlashCallAttempt.WithCallerId)?.EnterDigits} digits of the number that called."),
        Rejection.WholeNumberNeeded => Problems.Problem(422, "whole_number_needed", "The whole number is needed",
            "The last digits do not tell the number that called from others here. Send it whole, as callerId."),
        Rejection.OtherChannel => Problems.Problem(409, "other_channel", "Another channel",
            $"The attempt under way goes over '{session.Current?.Channel}', which takes another kind of report."),
        Rejection.TooMuchTelemetry => Problems.Problem(409, "too_much_telemetry", "Too much telemetry",
            $"A verification keeps {Decider.MostTelemetry} pieces of it, and has them."),
        _ => throw new InvalidOperationException($"Unknown rejection {rejection}."),
    };
}
