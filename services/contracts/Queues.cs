namespace FlashCall.Contracts;

/// <summary>The queue of each service: where its commands are sent and where the answers to its own commands arrive.</summary>
public static class Queues
{
    /// <summary>Takes <see cref="RiskAssessed"/>, <see cref="CallerIdLeased"/>, <see cref="CallerIdUnavailable"/>,
    /// <see cref="FlashCallRinging"/>, <see cref="FlashCallEnded"/> and <see cref="SubjectErased"/>.</summary>
    public const string Verification = "verification";

    /// <summary>Takes <see cref="AssessRisk"/> and <see cref="EraseSubject"/>, and what is published of <see cref="VerificationCompleted"/> and
    /// <see cref="VerificationCallEnded"/>.</summary>
    public const string Fraud = "fraud";

    /// <summary>Takes <see cref="LeaseCallerId"/>, <see cref="ReleaseCallerId"/>, <see cref="TrunkNews"/> and
    /// <see cref="EraseSubject"/>.</summary>
    public const string NumberPool = "number-pool";

    /// <summary>Takes <see cref="PlaceFlashCall"/> and <see cref="HangUp"/>.</summary>
    public const string Dialer = "dialer";

    /// <summary>Takes what is published of <see cref="VerificationCompleted"/>, for the webhooks of applications, and
    /// <see cref="EraseSubject"/>.</summary>
    public const string Gateway = "gateway";
}
