namespace FlashCall.Dialer.Routing;

/// <summary>Whether this replica gives calls to a trunk. Times are UTC.</summary>
internal abstract record BreakerState
{
    private BreakerState()
    {
    }

    /// <summary>It does.</summary>
    /// <param name="Failures">Calls that failed one after another, 0 to 2.</param>
    /// <param name="WorkedAt">When a call last showed that the trunk works; null if none did since the replica started.</param>
    internal sealed record Closed(int Failures, DateTimeOffset? WorkedAt) : BreakerState;

    /// <summary>It does not until a time; then one call is let through, or all of them where the trunk itself named the time.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Since">From when on.</param>
    /// <param name="Until">When it is over.</param>
    /// <param name="Hold">How long the trunk was last held out for failing; zero if it has not failed and only asked for the time.</param>
    internal sealed record Open(OutReason Reason, DateTimeOffset Since, DateTimeOffset Until, TimeSpan Hold) : BreakerState;

    /// <summary>The time is over and one call is on its way, to find out.</summary>
    /// <param name="Reason">Why the trunk was out.</param>
    /// <param name="Since">When the call was let through.</param>
    /// <param name="Hold">How long the trunk was last held out.</param>
    internal sealed record Trying(OutReason Reason, DateTimeOffset Since, TimeSpan Hold) : BreakerState;
}

/// <summary>Why a trunk gets no calls.</summary>
internal enum OutReason
{
    /// <summary>Three calls failed in a row, or the one that was to find out did.</summary>
    CallsFailed,

    /// <summary>None of its addresses answered OPTIONS.</summary>
    OptionsFailed,

    /// <summary>It asked for it with 503 and Retry-After.</summary>
    RetryAfter,
}

/// <summary>How many calls a breaker lets through.</summary>
internal enum Admission
{
    /// <summary>Any.</summary>
    All,

    /// <summary>One, to find out whether the trunk works again.</summary>
    One,

    /// <summary>None.</summary>
    None,
}
