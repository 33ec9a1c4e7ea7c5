namespace FlashCall.Fraud.Engine;

/// <summary>What became of a request that was let through. The history sees each once: a repeat is dropped before it comes here.</summary>
/// <param name="Request">The request as it was assessed.</param>
/// <param name="At">When it happened (UTC).</param>
internal abstract record Outcome(RiskRequest Request, DateTimeOffset At)
{
    /// <summary>The session reached its end.</summary>
    /// <param name="Request">The request.</param>
    /// <param name="At">When.</param>
    /// <param name="Verified">The number was verified.</param>
    /// <param name="WrongReports">How many wrong caller IDs were reported, 0 or more.</param>
    internal sealed record Ended(RiskRequest Request, DateTimeOffset At, bool Verified, int WrongReports) : Outcome(Request, At);

    /// <summary>The session ended before any call was tried: no caller ID, an error of the platform, a challenge that was passed elsewhere.
    /// It counts as if it had not been let through.</summary>
    /// <param name="Request">The request.</param>
    /// <param name="At">When.</param>
    internal sealed record Withdrawn(RiskRequest Request, DateTimeOffset At) : Outcome(Request, At);

    /// <summary>A call was over.</summary>
    /// <param name="Request">The request.</param>
    /// <param name="At">When.</param>
    /// <param name="Trunk">The trunk that carried it; null if it was on none.</param>
    /// <param name="Answered">It was picked up, and is billed.</param>
    internal sealed record Called(RiskRequest Request, DateTimeOffset At, string? Trunk, bool Answered) : Outcome(Request, At);

    /// <summary>Somebody knows better what the request was worth.</summary>
    /// <param name="Request">The request.</param>
    /// <param name="At">When.</param>
    /// <param name="Genuine">A person verified the number, perhaps in another way; false for fraud, though it may have been
    /// verified.</param>
    /// <param name="CountedAsVerified">How it is counted so far.</param>
    internal sealed record Feedback(RiskRequest Request, DateTimeOffset At, bool Genuine, bool CountedAsVerified) : Outcome(Request, At);
}
