using System.Text.Json.Serialization;

namespace FlashCall.Fraud.Engine;

/// <summary>What the platform says became of a session, as it is kept until it can be counted. Without personal data.</summary>
/// <param name="At">When it happened (UTC).</param>
[JsonDerivedType(typeof(Ended), "ended")]
[JsonDerivedType(typeof(CallOver), "call")]
internal abstract record SessionNews(DateTimeOffset At)
{
    /// <summary>What the engine learns from it.</summary>
    /// <param name="request">The session's request, which was let through.</param>
    public abstract Outcome OutcomeOf(RiskRequest request);

    /// <summary>The session reached its end.</summary>
    /// <param name="At">When.</param>
    /// <param name="Verified">The number was verified.</param>
    /// <param name="WrongReports">How many wrong caller IDs were reported.</param>
    /// <param name="Called">Whether any call was tried.</param>
    internal sealed record Ended(DateTimeOffset At, bool Verified, int WrongReports, bool Called) : SessionNews(At)
    {
        public override Outcome OutcomeOf(RiskRequest request) => Verified || Called
            ? new Outcome.Ended(request, At, Verified, WrongReports)
            : new Outcome.Withdrawn(request, At);
    }

    /// <summary>A call was over.</summary>
    /// <param name="At">When.</param>
    /// <param name="Trunk">The trunk that carried it; null if it was on none.</param>
    /// <param name="Answered">It was picked up.</param>
    internal sealed record CallOver(DateTimeOffset At, string? Trunk, bool Answered) : SessionNews(At)
    {
        public override Outcome OutcomeOf(RiskRequest request) => new Outcome.Called(request, At, Trunk, Answered);
    }
}
