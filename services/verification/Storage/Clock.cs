namespace FlashCall.Verification.Storage;

/// <summary>The time that is kept.</summary>
internal static class Clock
{
    /// <summary>Now (UTC), as exact as PostgreSQL keeps a time, whole microseconds: an event says the very time that rows beside it
    /// do.</summary>
    public static DateTimeOffset Now(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
