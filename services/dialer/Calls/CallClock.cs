namespace FlashCall.Dialer.Calls;

/// <summary>The time of one call: the wall clock at its beginning plus what has passed since, so that a clock set anew in between neither
/// lengthens nor shortens it. In whole microseconds, as the store keeps times, so that a report sent again is the same to the
/// tick.</summary>
internal readonly struct CallClock(TimeProvider time)
{
    private readonly DateTimeOffset _beginning = time.GetUtcNow();
    private readonly long _timestamp = time.GetTimestamp();

    /// <summary>Now (UTC).</summary>
    public DateTimeOffset Now
    {
        get
        {
            var now = _beginning + time.GetElapsedTime(_timestamp);
            return now - TimeSpan.FromTicks(now.Ticks % TimeSpan.TicksPerMicrosecond);
        }
    }
}
