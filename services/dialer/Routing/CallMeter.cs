namespace FlashCall.Dialer.Routing;

/// <summary>How many calls a second went out lately. Not safe for use by several threads at once.</summary>
internal sealed class CallMeter
{
    /// <summary>What counts as lately, in seconds.</summary>
    public const int Seconds = 10;

    private readonly long[] _second = new long[Seconds];
    private readonly int[] _calls = new int[Seconds];

    /// <summary>A call goes out.</summary>
    /// <param name="now">The time since any fixed moment.</param>
    public void Count(TimeSpan now)
    {
        var (second, at) = Of(now);
        if (_second[at] != second)
            (_second[at], _calls[at]) = (second, 0);
        _calls[at]++;
    }

    /// <summary>Calls a second over the last ten seconds, the present one included.</summary>
    /// <param name="now">The time since the same moment.</param>
    public double PerSecond(TimeSpan now)
    {
        var (second, _) = Of(now);
        var calls = 0;
        for (var at = 0; at < Seconds; at++)
            calls += _second[at] > second - Seconds ? _calls[at] : 0;
        return (double)calls / Seconds;
    }

    private static (long Second, int At) Of(TimeSpan now)
    {
        var second = (long)now.TotalSeconds;
        return (second, (int)(second % Seconds));
    }
}
