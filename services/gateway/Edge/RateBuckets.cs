using System.Collections.Concurrent;
using FlashCall.Gateway.Applications;

namespace FlashCall.Gateway.Edge;

/// <summary>What asking for a permit comes to.</summary>
/// <param name="IsGranted">Whether it may go on.</param>
/// <param name="Left">How many more may go on at once.</param>
/// <param name="FullIn">When all may again.</param>
/// <param name="RetryIn">When the next one may; zero where it was granted.</param>
internal readonly record struct Permit(bool IsGranted, int Left, TimeSpan FullIn, TimeSpan RetryIn)
{
    /// <summary><see cref="RetryIn"/> for a <c>Retry-After</c> header: whole seconds, 1 at least.</summary>
    public int RetryAfterSeconds => Math.Max(1, SecondsOf(RetryIn));

    /// <summary><see cref="FullIn"/> in whole seconds, rounded up.</summary>
    public int FullInSeconds => SecondsOf(FullIn);

    private static int SecondsOf(TimeSpan time) => (int)Math.Ceiling(time.TotalSeconds);
}

/// <summary>
/// Token buckets, one a key, each a single moment: when it will be full again (the generic cell rate algorithm, ITU-T I.371 Annex A). So
/// a limit may change from one request to the next, and a bucket that is full is the same as none and can be forgotten.
/// </summary>
/// <param name="time">The clock; its monotonic side is used.</param>
/// <param name="most">Buckets at most. Keys that find no room share one bucket until there is some.</param>
internal sealed class RateBuckets<TKey>(TimeProvider time, int most) where TKey : notnull
{
    private const int ForgetFrom = 1024;
    private static readonly long ForgetEvery = TimeSpan.TicksPerSecond;

    private readonly long _origin = time.GetTimestamp();
    private readonly ConcurrentDictionary<TKey, long> _fullAt = new();
    private readonly ConcurrentDictionary<bool, long> _others = new();
    private int _count;
    private int _forgetAt = Math.Min(ForgetFrom, most);
    private long _forgottenAt = long.MinValue / 2;

    /// <summary>How many buckets are kept.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes a permit, if there is one.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="limit">The rate; its burst is what one period allows.</param>
    /// <param name="share">What part of the limit is given here, over 0 to 1. One permit can be had at a time, however small it is.</param>
    public Permit Take(TKey key, RateLimit limit, double share)
    {
        var now = time.GetElapsedTime(_origin).Ticks;
        var cost = Math.Max(1, (long)(limit.Per.Ticks / (limit.Permits * share)));
        var depth = Math.Max(cost, limit.Per.Ticks);
        if (Count >= _forgetAt && !_fullAt.ContainsKey(key))
        {
            Forget(now);
            if (Count >= most)
                return TakeFrom(_others, key: true, now, cost, depth, out _);
        }
        var permit = TakeFrom(_fullAt, key, now, cost, depth, out var isNew);
        if (isNew)
            Interlocked.Increment(ref _count);
        return permit;
    }

    private static Permit TakeFrom<T>(ConcurrentDictionary<T, long> buckets, T key, long now, long cost, long depth, out bool isNew)
        where T : notnull
    {
        while (true)
        {
            isNew = !buckets.TryGetValue(key, out var fullAt);
            var next = Math.Max(isNew ? now : fullAt, now) + cost;
            if (next - now > depth)
            {
                isNew = false;
                return new Permit(IsGranted: false, 0, TimeSpan.FromTicks(fullAt - now), TimeSpan.FromTicks(next - depth - now));
            }
            if (isNew ? buckets.TryAdd(key, next) : buckets.TryUpdate(key, next, fullAt))
                return new Permit(IsGranted: true, (int)((depth - (next - now)) / cost), TimeSpan.FromTicks(next - now), TimeSpan.Zero);
        }
    }

    /// <summary>Drops the buckets that are full, at most once a second.</summary>
    private void Forget(long now)
    {
        var last = Volatile.Read(ref _forgottenAt);
        if (now - last < ForgetEvery || Interlocked.CompareExchange(ref _forgottenAt, now, last) != last)
            return;
        foreach (var bucket in _fullAt)
        {
            if (bucket.Value <= now && _fullAt.TryRemove(bucket))
                Interlocked.Decrement(ref _count);
        }
        _forgetAt = Math.Min(most, Math.Max(ForgetFrom, 2 * Count));
    }
}
