using System.Runtime.InteropServices;

namespace FlashCall.NumberPool.Wear;

/// <summary>All calls over one trunk to one destination: what each of their numbers is measured by.</summary>
/// <param name="trials">Calls of the last days that count.</param>
/// <param name="verified">Of them, those that were verified.</param>
/// <param name="trend">How they have done lately.</param>
internal sealed class PeerGroup(long trials, long verified, Trend trend)
{
    private long _trials = trials;
    private long _verified = verified;

    /// <summary>How they have done lately.</summary>
    public Trend Trend { get; set; } = trend;

    /// <summary>What the group lets expect of one of its numbers.</summary>
    /// <param name="test">The test.</param>
    /// <param name="own">The calls of the number itself.</param>
    /// <param name="pace">How the group does at the moment against its last days.</param>
    /// <returns>Null if that says nothing.</returns>
    public Expectation? Expect(WearTest test, RecentDays own, double pace) =>
        test.Expect(_trials - own.Trials, _verified - own.Verified, pace);

    /// <summary>What the group's last days let expect of its next call, whichever number makes it.</summary>
    public Expectation? Expect(WearTest test) => test.Expect(_trials, _verified, pace: 1);

    /// <summary>Adds a call.</summary>
    public void Add(bool isVerified)
    {
        _trials++;
        if (isVerified)
            _verified++;
    }
}

/// <summary>
/// How a group does lately against its own last days. When all of its numbers fail at once, it is not the numbers: the carrier filters, or
/// the app does not report. Then less is expected of each, within some dozen calls, and the group is said to fall.
/// </summary>
/// <param name="Verified">The mean of the last calls that were verified, each weighing a little less than the one after it.</param>
/// <param name="Expected">The same of what was expected of them; 0 before the first.</param>
/// <param name="Against">The cumulative sum against the group, as of a number.</param>
/// <param name="FallsSince">Since when the sum has been too much, until it is 0 again (UTC); null if it is not.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Trend(double Verified, double Expected, double Against, DateTimeOffset? FallsSince)
{
    /// <summary>About how many calls the means go over: few, so that numbers do not rest for what befalls all of them, and enough that
    /// chance moves them by a tenth or so only.</summary>
    private const double Memory = 50;

    /// <summary>What is verified over what was expected, lately; 1 before the first call.</summary>
    public double Pace => Expected > 0 ? Verified / Expected : 1;

    /// <summary>Adds a call.</summary>
    /// <param name="test">The test.</param>
    /// <param name="expected">The probability that it is verified if all is as it was, 0.02 to 0.98.</param>
    /// <param name="isVerified">Whether it was.</param>
    /// <param name="at">When (UTC).</param>
    public Trend Add(WearTest test, double expected, bool isVerified, DateTimeOffset at)
    {
        // Begins as if all had been as expected so far.
        var (verified, mean) = Expected > 0 ? (Verified, Expected) : (expected, expected);
        // Not above twice the limit, so that a group that recovers is soon seen to.
        var against = Math.Clamp(Against + test.Weigh(expected, isVerified), 0, 2 * test.Limit);
        return new Trend(
            verified + ((isVerified ? 1 : 0) - verified) / Memory,
            mean + (expected - mean) / Memory,
            against,
            against == 0 ? null : FallsSince ?? (against >= test.Limit ? at : null));
    }
}
