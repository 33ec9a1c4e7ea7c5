namespace FlashCall.Funnel;

/// <summary>Folds what happened in a session into what the funnel knows of it. Pure; the daemon and a rebuild fold alike.</summary>
internal static class FunnelFold
{
    /// <summary>The version of these rules and of the tables: what was summed by another one is rebuilt.</summary>
    public const int Version = 1;

    private const long MicrosInUnit = 1_000_000;

    /// <summary>Folds one event.</summary>
    /// <param name="facts">What is known; null before the session's first event.</param>
    /// <param name="happened">The event. Those of one session come in the order of its stream.</param>
    /// <returns>Null for a session whose request is not there: there is nothing to count it by.</returns>
    public static FunnelFacts? Apply(FunnelFacts? facts, FunnelEvent happened)
    {
        if (happened.Step == FunnelStep.Requested)
        {
            return facts ?? new FunnelFacts
            {
                VerificationId = happened.VerificationId,
                RequestedAt = Stored(happened.At),
                ApplicationId = happened.ApplicationId,
                Purpose = happened.Purpose,
                Country = happened.Country,
                Prefix = happened.Prefix,
            };
        }
        if (facts is null)
            return null;
        return happened.Step switch
        {
            FunnelStep.Allowed => facts with { Allowed = true },
            FunnelStep.Leased => facts with { Leased = true, Trunk = happened.Trunk ?? facts.Trunk },
            FunnelStep.Rang => Ringing(facts with { Dialled = true }, happened.At),
            FunnelStep.CallEnded => CallEnded(facts, happened),
            FunnelStep.Reported => facts with { Reported = true },
            FunnelStep.Ended => Ended(facts, happened),
            FunnelStep.Requested => throw new InvalidOperationException("Handled above."),
            _ => throw new ArgumentOutOfRangeException(nameof(happened)),
        };
    }

    private static FunnelFacts Ringing(FunnelFacts facts, DateTimeOffset at) =>
        facts with { Rang = true, RingMs = facts.RingMs ?? Milliseconds(facts, at) };

    private static FunnelFacts CallEnded(FunnelFacts facts, FunnelEvent ended)
    {
        var after = facts with { Dialled = facts.Dialled || ended.Dialled, Trunk = ended.Trunk ?? facts.Trunk };
        if (ended.RangAt is { } rangAt)
            after = Ringing(after, rangAt);
        if (!ended.Answered)
            return after;
        after = after with { Rang = true, Answered = true, BilledCalls = after.BilledCalls + 1 };
        return ended is { Cost: { } cost, Currency: { } currency } && (after.Currency.Length == 0 || after.Currency == currency)
            ? after with { CostMicros = after.CostMicros + (long)decimal.Round(cost * MicrosInUnit), Currency = currency }
            : after with { UnpricedCalls = after.UnpricedCalls + 1 };
    }

    /// <summary>A session ends once; what would end it again says nothing new.</summary>
    private static FunnelFacts Ended(FunnelFacts facts, FunnelEvent ended)
    {
        if (facts.Outcome is not null)
            return facts;
        var verified = ended.Outcome == FunnelOutcome.Verified;
        return facts with
        {
            Outcome = ended.Outcome,
            Reason = ended.Reason,
            EndedAt = Stored(ended.At),
            Verified = verified,
            VerifyMs = verified ? Milliseconds(facts, ended.At) : null,
        };
    }

    /// <summary>The clocks of two services may differ: nothing takes less than no time.</summary>
    private static int Milliseconds(FunnelFacts facts, DateTimeOffset at) =>
        (int)Math.Clamp((Stored(at) - facts.RequestedAt).Ticks / TimeSpan.TicksPerMillisecond, 0, int.MaxValue);

    private static DateTimeOffset Stored(DateTimeOffset at) =>
        new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}

/// <summary>How sessions end, as the API spells it.</summary>
internal static class FunnelOutcome
{
    public const string Verified = "verified";
    public const string Failed = "failed";
    public const string Denied = "denied";
    public const string Expired = "expired";
    public const string Cancelled = "cancelled";
    public const string Superseded = "superseded";
    public const string Error = "error";
}
