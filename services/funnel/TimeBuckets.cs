namespace FlashCall.Funnel;

/// <summary>
/// Times in buckets that grow with them, eight to a doubling, so that counts of any hours, countries or trunks add up and percentiles come
/// from the sums. Bucket <c>b</c> has the times from 2^(b/8) to 2^((b+1)/8) ms and stands for their geometric mean: no time in it is
/// further away than <see cref="RelativeError"/>.
/// </summary>
internal static class TimeBuckets
{
    private const int InDoubling = 8;

    /// <summary>How far off a percentile may be, as a share of it: 2^(1/16) − 1.</summary>
    public static readonly double RelativeError = Math.Pow(2, 0.5 / InDoubling) - 1;

    /// <summary>The bucket of a time in milliseconds, 0 to 247. The first has all below its end, zero too.</summary>
    public static short Of(int milliseconds) =>
        milliseconds <= 1 ? (short)0 : (short)Math.Floor(Math.Log2(milliseconds) * InDoubling);

    /// <summary>The time that a bucket stands for, milliseconds.</summary>
    public static double Milliseconds(int bucket) => Math.Pow(2, (bucket + 0.5) / InDoubling);

    /// <summary>The time that a share of all took no longer than, milliseconds.</summary>
    /// <param name="share">0 to 1: 0.95 for the 95th percentile.</param>
    /// <param name="counts">How many took how long, by bucket.</param>
    /// <returns>Null where nothing was counted.</returns>
    public static double? Quantile(double share, IReadOnlyDictionary<short, long> counts)
    {
        var rank = Math.Max(1, Math.Ceiling(share * counts.Values.Sum()));
        var soFar = 0L;
        foreach (var (bucket, count) in counts.OrderBy(one => one.Key))
        {
            soFar += count;
            if (soFar >= rank)
                return Milliseconds(bucket);
        }
        return null;
    }
}
