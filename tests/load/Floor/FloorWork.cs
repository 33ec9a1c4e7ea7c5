using FlashCall.Load.Verifications;

namespace FlashCall.Load.Floor;

/// <summary>What one verification has done by others, as the platform was seen to do it: nothing but that is done again without the
/// platform.</summary>
/// <param name="Reads">Transactions that only read.</param>
/// <param name="Writes">Transactions that write.</param>
/// <param name="Inserted">Rows, in all writing transactions together.</param>
/// <param name="Updated">Rows, as before.</param>
/// <param name="Deleted">Rows, as before.</param>
/// <param name="LogBytes">Bytes of PostgreSQL's log.</param>
/// <param name="Messages">Messages sent, confirmed by the broker, taken and acknowledged.</param>
/// <param name="Requests">HTTP requests, those between services included.</param>
/// <param name="Calls">Calls over SIP.</param>
internal sealed record FloorWork(
    double Reads, double Writes, double Inserted, double Updated, double Deleted, double LogBytes, int Messages, int Requests, int Calls)
{
    /// <summary>The application's POST and report, and each of them once more from the gateway to the service.</summary>
    private const int RequestsOfOne = 4;

    /// <summary>The work of one verification at a rate, without what the platform does while it is idle.</summary>
    /// <param name="result">What was measured.</param>
    /// <param name="idle">What was used while nobody asked for anything.</param>
    /// <param name="messages">How many messages one verification sends: the broker does not tell without a plugin.</param>
    public static FloorWork Of(RateResult result, Usage.Difference idle, int messages)
    {
        var cost = result.Cost ?? throw new ArgumentException("The rate's cost was not measured.", nameof(result));
        var writes = Each(one => one.Writes);
        return new FloorWork(
            Math.Max(0, Each(one => one.Commits) - writes), writes, Each(one => Sum(one, use => use.Inserted)),
            Each(one => Sum(one, use => use.Updated)), Each(one => Sum(one, use => use.Deleted)), Each(one => one.LogBytes), messages,
            RequestsOfOne, Calls: 1);

        double Each(Func<Usage.Difference, double> of) => Math.Max(
            0, (of(cost) - (of(idle) / idle.Took.TotalSeconds * cost.Took.TotalSeconds)) / result.VerifiedCount);
    }

    /// <summary>How many of a thing fall to one of several that share it: 2.5 things of two are 2 and then 3 in the long run.</summary>
    /// <param name="all">How many there are for each round.</param>
    /// <param name="shares">Among how many they are shared in a round.</param>
    /// <param name="turn">Which share this is, over all rounds, from 0.</param>
    public static int Share(double all, double shares, long turn) =>
        shares <= 0 ? 0 : (int)((long)Math.Floor((turn + 1) * (all / shares)) - (long)Math.Floor(turn * (all / shares)));

    private static double Sum(Usage.Difference cost, Func<DatabaseUse, long> of) => cost.Databases.Values.Sum(of);
}
