namespace FlashCall.Gateway.Webhooks.Deliveries;

/// <summary>When a delivery that failed is tried again.</summary>
internal static class RetrySchedule
{
    /// <summary>No try begins later than this after the first was due.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromHours(24);

    private const double Jitter = 0.2;

    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1),
        TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12),
    ];

    /// <summary>The first try and one after each wait.</summary>
    public static int MostTries => Waits.Length + 1;

    /// <summary>When to try again.</summary>
    /// <param name="began">When the first try was due.</param>
    /// <param name="tries">How many there were, 1 or more; the last one failed.</param>
    /// <param name="now">The time.</param>
    /// <param name="retryAfter">For how long the receiver asks to be left alone. It gets that, up to the wait after the next try.</param>
    /// <param name="chance">0 to 1: where in the span of a fifth to either side the wait is, so that what failed together does not come
    /// back together.</param>
    /// <returns>Null when it has been tried for long enough.</returns>
    public static DateTimeOffset? Next(DateTimeOffset began, int tries, DateTimeOffset now, TimeSpan? retryAfter, double chance)
    {
        var last = began + Within;
        if (tries >= MostTries || now >= last)
            return null;
        var wait = Waits[tries - 1] * (1 - Jitter + 2 * Jitter * chance);
        var longest = Waits[Math.Min(tries, Waits.Length - 1)];
        if (retryAfter is { } asked && asked > wait)
            wait = asked < longest ? asked : longest;
        var due = now + wait;
        return due < last ? due : last;
    }
}
