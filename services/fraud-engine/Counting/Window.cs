using System.Globalization;
using System.Runtime.InteropServices;

namespace FlashCall.Fraud.Counting;

/// <summary>
/// A stretch of time before a moment. What happened is kept in buckets of a fixed length, its grain, which follows from the window's
/// length:
/// a window covers all buckets that it touches at its far end, so that it reaches back by up to one grain more.
/// </summary>
/// <param name="Length">How far back, 1 second to 30 days.</param>
/// <param name="Lag">It ends this long before the moment: what is younger is not yet known. Where it is not zero, a bucket counts only when
/// all of it is older.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Window(TimeSpan Length, TimeSpan Lag = default)
{
    /// <summary>The length of a bucket in seconds: 5 s for windows up to ten minutes, a minute up to two hours, a quarter of an hour up
    /// to two
    /// days, six hours beyond.</summary>
    public int GrainSeconds => Length switch
    {
        _ when Length <= TimeSpan.FromMinutes(10) => 5,
        _ when Length <= TimeSpan.FromHours(2) => 60,
        _ when Length <= TimeSpan.FromDays(2) => 900,
        _ => 21_600,
    };

    /// <summary>The window in words: <c>10 minutes</c>.</summary>
    public string Text
    {
        get
        {
            var (count, unit) = (
                Length.Ticks % TimeSpan.TicksPerDay, Length.Ticks % TimeSpan.TicksPerHour, Length.Ticks % TimeSpan.TicksPerMinute) switch
            {
                (0, _, _) => (Length.TotalDays, "day"),
                (_, 0, _) => (Length.TotalHours, "hour"),
                (_, _, 0) => (Length.TotalMinutes, "minute"),
                _ => (Length.TotalSeconds, "second"),
            };
            return string.Create(CultureInfo.InvariantCulture, $"{count} {unit}{(count == 1 ? "" : "s")}");
        }
    }

    /// <summary>The buckets that it covers at a moment, first and last.</summary>
    public (long First, long Last) BucketsAt(DateTimeOffset now)
    {
        var grain = GrainSeconds;
        var end = BucketOf(now - Lag, grain);
        return (BucketOf(now - Lag - Length, grain), Lag > TimeSpan.Zero ? end - 1 : end);
    }

    /// <summary>The bucket that a moment falls into: its Unix time in whole grains.</summary>
    public static long BucketOf(DateTimeOffset at, int grainSeconds) => Math.DivRem(at.ToUnixTimeSeconds(), grainSeconds) switch
    {
        (var bucket, < 0) => bucket - 1,
        var (bucket, _) => bucket,
    };
}
