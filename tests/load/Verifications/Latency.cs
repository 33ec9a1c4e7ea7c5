using HdrHistogram;

namespace FlashCall.Load.Verifications;

/// <summary>How long something took, each time; to three digits, up to a minute. Safe for concurrent use.</summary>
internal sealed class Latency
{
    private const long LongestMicroseconds = 60_000_000;
    private readonly LongConcurrentHistogram _microseconds = new(1, LongestMicroseconds, 3);

    public double P50 => At(50);

    public double P95 => At(95);

    public double P99 => At(99);

    public double Most => _microseconds.TotalCount == 0 ? 0 : _microseconds.GetMaxValue() / 1000.0;

    public void Add(TimeSpan took) => _microseconds.RecordValue(Math.Clamp((long)took.TotalMicroseconds, 1, LongestMicroseconds));

    /// <summary>The milliseconds that so many in a hundred did not exceed; 0 where there were none.</summary>
    private double At(double percent) => _microseconds.TotalCount == 0 ? 0 : _microseconds.GetValueAtPercentile(percent) / 1000.0;
}
