using System.Collections.Concurrent;

namespace FlashCall.Load.Verifications;

/// <summary>What came of one rate. Every time counts from when its step was due, not from when it was sent: a platform that holds up the
/// load generator does not shorten its own times by that.</summary>
/// <param name="Rate">Verifications a second that were due.</param>
/// <param name="Asked">Verifications that were due in all.</param>
internal sealed record RateResult(int Rate, int Asked)
{
    /// <summary>The tail breaks where one in a hundred waits longer for the INVITE (ms), or where it is not kept up with what is
    /// due.</summary>
    private const double MostP99 = 1_000;

    private const double LeastShare = 0.95;

    private int _verified;
    private int _underWay;

    /// <summary>How often which step did not come to its end.</summary>
    public ConcurrentDictionary<string, int> Failures { get; } = new(StringComparer.Ordinal);

    /// <summary>From when the POST was due to its answer.</summary>
    public Latency Answered { get; } = new();

    /// <summary>From when the POST was due to the INVITE at the carrier.</summary>
    public Latency Invited { get; } = new();

    /// <summary>From the ringing, when the report is due, to the answer that says verified.</summary>
    public Latency Verified { get; } = new();

    /// <summary>From when the POST was due to verified, the phone's own delay of 50 ms included.</summary>
    public Latency Whole { get; } = new();

    /// <summary>How much later than due the POST was sent: what the load generator itself was held up.</summary>
    public Latency Late { get; } = new();

    /// <summary>The most sessions that were neither verified nor given up.</summary>
    public int MostUnderWay { get; private set; }

    /// <summary>From the first that was due to the last one's end.</summary>
    public TimeSpan Took { get; set; }

    /// <summary>What it cost.</summary>
    public Usage.Difference? Cost { get; set; }

    /// <summary>The same while the funnel was rebuilt, right after; null where it was not.</summary>
    public RateResult? Beside { get; set; }

    /// <summary>Events a second that the rebuild beside it summed; 0 where there was none.</summary>
    public double RebuiltPerSecond { get; set; }

    public int VerifiedCount => _verified;

    public int Failed => Failures.Values.Sum();

    public double PerSecond => _verified / Took.TotalSeconds;

    /// <summary>Whether the rate is one that goes on.</summary>
    public bool Holds => Failed == 0 && Invited.P99 <= MostP99 && PerSecond >= LeastShare * Rate;

    /// <summary>One begins; said by one thread alone.</summary>
    public void Begin() => MostUnderWay = Math.Max(MostUnderWay, Interlocked.Increment(ref _underWay));

    public void End() => Interlocked.Decrement(ref _underWay);

    public void Succeed() => Interlocked.Increment(ref _verified);

    public void Fail(string step) => Failures.AddOrUpdate(step, 1, (_, count) => count + 1);
}
