namespace FlashCall.Fraud.Counting;

/// <summary>The buckets of a counter in order of time.</summary>
internal sealed class Series
{
    private const int Few = 4;

    private (long Bucket, long Amount)[] _buckets = new (long, long)[Few];
    private int _count;

    /// <summary>Adds to a bucket.</summary>
    /// <param name="bucket">Which one.</param>
    /// <param name="amount">How much more.</param>
    /// <param name="reach">How many buckets before the newest are kept when there is no room.</param>
    public void Add(long bucket, long amount, long reach)
    {
        var at = _count;
        while (at > 0 && _buckets[at - 1].Bucket > bucket)
            at--;
        if (at > 0 && _buckets[at - 1].Bucket == bucket)
        {
            _buckets[at - 1].Amount += amount;
            return;
        }
        if (_count == _buckets.Length)
        {
            var before = _count;
            Forget(Math.Max(bucket, _buckets[_count - 1].Bucket) - reach);
            at = Math.Max(0, at - (before - _count));
            // Room for a quarter at least: what is forgotten one by one would be moved each time.
            if (_count > _buckets.Length * 3 / 4)
                Array.Resize(ref _buckets, _buckets.Length * 2);
        }
        _buckets.AsSpan(at, _count - at).CopyTo(_buckets.AsSpan(at + 1));
        _buckets[at] = (bucket, amount);
        _count++;
    }

    /// <summary>The sum of buckets, first and last included.</summary>
    public long Sum(long first, long last)
    {
        var sum = 0L;
        var buckets = _buckets.AsSpan(0, _count);
        for (var i = buckets.Length - 1; i >= 0 && buckets[i].Bucket >= first; i--)
        {
            if (buckets[i].Bucket <= last)
                sum += buckets[i].Amount;
        }
        return sum;
    }

    /// <summary>Forgets what is older.</summary>
    /// <param name="oldest">The first bucket that stays.</param>
    /// <returns>True if nothing is left.</returns>
    public bool Forget(long oldest)
    {
        var gone = 0;
        while (gone < _count && _buckets[gone].Bucket < oldest)
            gone++;
        if (gone > 0)
        {
            _buckets.AsSpan(gone, _count - gone).CopyTo(_buckets);
            _count -= gone;
        }
        return _count == 0;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        _count = 0;
        // The next to use it is most likely small.
        if (_buckets.Length > 16 * Few)
            _buckets = new (long, long)[Few];
    }
}
