using FlashCall.Contracts;

namespace FlashCall.Verification.Tests.Support;

/// <summary>What the other services say when all goes well, and when it does not.</summary>
internal static class Answers
{
    public static readonly CallerId CallerId = CallerId.Parse("+442079460123");

    public static RiskAssessed Allow(AssessRisk command) => Risk(command.VerificationId, Verdict.Allow);

    public static RiskAssessed Block(AssessRisk command) => Risk(command.VerificationId, Verdict.Block,
        new RiskFactor { Code = "destination_not_allowed", Weight = 100, Detail = "Calls to SE are not enabled for this application. Allowed: GB." });

    public static RiskAssessed Risk(Guid session, Verdict verdict, params RiskFactor[] factors) => new()
    {
        VerificationId = session,
        Verdict = verdict,
        Score = verdict == Verdict.Allow ? 0 : 100,
        Factors = factors,
        PolicyVersion = "test",
        LineType = LineType.Mobile,
        AssessedAt = DateTimeOffset.UtcNow,
    };

    public static SubjectErased Erased(EraseSubject command, string service) => new()
    {
        ErasureId = command.ErasureId,
        Round = command.Round,
        Part = command.Part,
        Service = service,
        Erased = new Dictionary<string, long>(StringComparer.Ordinal) { ["rows"] = command.Round == 1 ? command.Sessions.Count : 0 },
        Kept = new Dictionary<string, long>(StringComparer.Ordinal) { ["list_entries"] = service == Queues.Fraud ? 1 : 0 },
    };

    public static CallerIdLeased Lease(LeaseCallerId command) => Lease(command.VerificationId, command.AttemptId);

    public static CallerIdLeased Lease(Guid session, Guid attempt, long candidates = 10_000) => new()
    {
        VerificationId = session,
        AttemptId = attempt,
        LeaseId = attempt,
        CallerId = CallerId,
        Trunk = "demo",
        DisclosedPrefix = "+44207946",
        Candidates = candidates,
        EnterDigits = 4,
        LeasedAt = DateTimeOffset.UtcNow,
        ExpiresAt = DateTimeOffset.UtcNow.AddMinutes(3),
    };

    public static FlashCallRinging Ringing(PlaceFlashCall command) => new()
    {
        VerificationId = command.VerificationId,
        AttemptId = command.AttemptId,
        InvitedAt = DateTimeOffset.UtcNow,
        RangAt = DateTimeOffset.UtcNow.AddMilliseconds(5),
    };

    public static FlashCallEnded Ended(HangUp command) => Ended(command.VerificationId, command.AttemptId, CallDisposition.Rang, rang: true);

    public static FlashCallEnded Ended(Guid session, Guid attempt, CallDisposition disposition, bool rang = false) => new()
    {
        VerificationId = session,
        AttemptId = attempt,
        Disposition = disposition,
        SipStatus = 487,
        InvitedAt = DateTimeOffset.UtcNow,
        RangAt = rang ? DateTimeOffset.UtcNow : null,
        EndedAt = DateTimeOffset.UtcNow,
        Answered = disposition == CallDisposition.Answered,
    };
}
