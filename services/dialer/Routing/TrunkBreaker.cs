namespace FlashCall.Dialer.Routing;

/// <summary>
/// The circuit breaker of one trunk. Three failures in a row or a failed OPTIONS take the trunk out for ten seconds, then one call finds
/// out whether it is back; each time it is not, the time doubles, up to five minutes. Pure: the shell knows the clock and keeps the state.
/// </summary>
internal static class TrunkBreaker
{
    /// <summary>How long a trunk is out the first time.</summary>
    public static readonly TimeSpan FirstHold = TimeSpan.FromSeconds(10);

    /// <summary>The longest that a trunk is out at a time, also where it asks for more.</summary>
    public static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(5);

    private const int FailuresAllowed = 2;

    /// <summary>The state of a trunk that nothing is known of.</summary>
    public static BreakerState Initial { get; } = new BreakerState.Closed(0, WorkedAt: null);

    /// <summary>How many calls may go out on the trunk now.</summary>
    public static Admission Admits(BreakerState state, DateTimeOffset now) => state switch
    {
        BreakerState.Closed => Admission.All,
        BreakerState.Open open when now < open.Until => Admission.None,
        BreakerState.Open { Hold: var hold } => hold == TimeSpan.Zero ? Admission.All : Admission.One,
        BreakerState.Trying => Admission.None,
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    /// <summary>A call goes out; only where <see cref="Admits"/> allows it.</summary>
    public static BreakerState AfterAdmission(BreakerState state, DateTimeOffset now) => (state, Admits(state, now)) switch
    {
        (BreakerState.Open open, Admission.One) => new BreakerState.Trying(open.Reason, now, open.Hold),
        (BreakerState.Open, Admission.All) => Initial,
        (_, Admission.All) => state,
        _ => throw new InvalidOperationException("The trunk is held out; ask whether it admits calls before placing one."),
    };

    /// <summary>The call that was to find out ended without showing anything: the next one may try.</summary>
    public static BreakerState AfterNothing(BreakerState state, DateTimeOffset placedAt) => state switch
    {
        BreakerState.Trying trying when trying.Since == placedAt =>
            new BreakerState.Open(trying.Reason, trying.Since, trying.Since, trying.Hold),
        _ => state,
    };

    /// <summary>A call showed whether the trunk works.</summary>
    /// <param name="state">The state so far.</param>
    /// <param name="outcome">What it showed.</param>
    /// <param name="placedAt">When it was placed. What a call says that was placed before the state began is old news: silence, for one,
    /// is known 32 s later.</param>
    /// <param name="now">The time.</param>
    public static BreakerState After(BreakerState state, TrunkOutcome outcome, DateTimeOffset placedAt, DateTimeOffset now) =>
        (state, outcome) switch
        {
            (BreakerState.Closed, TrunkOutcome.Ok) => new BreakerState.Closed(0, now),
            (BreakerState.Closed closed, TrunkOutcome.Failed) => closed.Failures < FailuresAllowed
                ? closed with { Failures = closed.Failures + 1 }
                : Out(OutReason.CallsFailed, now, FirstHold),
            (BreakerState.Closed, TrunkOutcome.Busy busy) =>
                new BreakerState.Open(OutReason.RetryAfter, now, now + Capped(busy.RetryAfter), Hold: TimeSpan.Zero),

            (BreakerState.Trying trying, _) when placedAt < trying.Since => state,
            (BreakerState.Trying, TrunkOutcome.Ok) => new BreakerState.Closed(0, now),
            (BreakerState.Trying trying, TrunkOutcome.Failed) => Out(OutReason.CallsFailed, now, Doubled(trying.Hold)),
            (BreakerState.Trying trying, TrunkOutcome.Busy busy) =>
                new BreakerState.Open(OutReason.RetryAfter, now, now + Capped(busy.RetryAfter), trying.Hold),

            // Calls that were placed before still end; the trunk's own word on when to come back is worth hearing all the same.
            (BreakerState.Open open, TrunkOutcome.Busy busy) when now + Capped(busy.RetryAfter) > open.Until =>
                open with { Until = now + Capped(busy.RetryAfter) },
            (BreakerState.Open, _) => state,
            _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
        };

    /// <summary>One of the trunk's addresses answered an OPTIONS: it lives. A trunk that failed calls stays out for its time, since
    /// answering OPTIONS was not what it failed at.</summary>
    public static BreakerState AfterOptionsAnswered(BreakerState state, DateTimeOffset now) => state switch
    {
        BreakerState.Open { Reason: OutReason.OptionsFailed } => Initial,
        BreakerState.Open open when now >= open.Until => Initial,
        _ => state,
    };

    /// <summary>None of the trunk's addresses answers OPTIONS.</summary>
    /// <param name="state">The state so far.</param>
    /// <param name="sentAt">When the OPTIONS was sent.</param>
    /// <param name="now">The time.</param>
    public static BreakerState AfterOptionsFailed(BreakerState state, DateTimeOffset sentAt, DateTimeOffset now) => state switch
    {
        // Some carriers drop OPTIONS. Phones that ring through the trunk say more about it.
        BreakerState.Closed closed => closed.WorkedAt >= sentAt ? state : Out(OutReason.OptionsFailed, now, FirstHold),
        BreakerState.Open open when now >= open.Until => Out(OutReason.OptionsFailed, now, Doubled(open.Hold)),
        // The call that finds out has the last word.
        BreakerState.Open or BreakerState.Trying => state,
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    private static BreakerState.Open Out(OutReason reason, DateTimeOffset now, TimeSpan hold) => new(reason, now, now + hold, hold);

    private static TimeSpan Doubled(TimeSpan hold) => hold == TimeSpan.Zero ? FirstHold : Capped(2 * hold);

    private static TimeSpan Capped(TimeSpan hold) => hold < LongestHold ? hold : LongestHold;
}
