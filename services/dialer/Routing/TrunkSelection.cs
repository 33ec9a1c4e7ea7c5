using FlashCall.Contracts;
using FlashCall.Dialer.Trunks;

namespace FlashCall.Dialer.Routing;

/// <summary>Which trunks a call may take, and in which order. Pure.</summary>
internal static class TrunkSelection
{
    /// <summary>
    /// Chooses. Trunks that may carry the call come in groups, best first: by what OPTIONS says, then by priority; within a group in an
    /// order drawn by weight, so that each is first as often as its share of the weights.
    /// </summary>
    /// <remarks>
    /// OPTIONS goes before priority because a trunk that has not answered since the start may take 32 s to fail. A trunk that OPTIONS says
    /// is down and whose time out is over comes last: the next OPTIONS finds out without a person who waits. One that failed calls but
    /// answers OPTIONS has its usual place, since only a call can show that it is back.
    /// </remarks>
    /// <param name="trunks">All there are.</param>
    /// <param name="callee">The phone to ring.</param>
    /// <param name="callerId">The caller ID to present.</param>
    /// <param name="leasedOn">The trunk that the number pool names with it.</param>
    /// <param name="conditions">How a trunk is, by its name.</param>
    /// <param name="draw">A number from 0 up to but not including 1, another one each time.</param>
    public static Selected Select(
        IEnumerable<Trunk> trunks,
        PhoneNumber callee,
        CallerId callerId,
        string leasedOn,
        Func<string, TrunkCondition> conditions,
        Func<double> draw)
    {
        // One pass, which remembers how far the trunk came that came furthest.
        var why = NoTrunk.CallerId;
        var open = new List<(Trunk Trunk, TrunkCondition Condition)>(1);
        foreach (var trunk in trunks)
        {
            if (!trunk.MayPresent(callerId, leasedOn))
                continue;
            var furthest = !trunk.Reaches(callee) ? NoTrunk.Destination
                : trunk.State != TrunkState.Active ? NoTrunk.Draining
                : NoTrunk.Down;
            why = furthest > why ? furthest : why;
            if (furthest == NoTrunk.Down && conditions(trunk.Name) is { Admission: not Admission.None } condition)
                open.Add((trunk, condition));
        }
        // Most calls have one trunk, and nothing to draw or to put in order.
        return open.Count switch
        {
            0 => new Selected.None(why),
            1 => new Selected.Some([[open[0].Trunk]]),
            _ => InGroups(open, draw),
        };
    }

    private static Selected.Some InGroups(List<(Trunk Trunk, TrunkCondition Condition)> open, Func<double> draw) => new(
    [
        .. open.GroupBy(each => (each.Condition.Reachability, each.Trunk.Priority))
            .OrderBy(group => group.Key)
            .Select(group => (IReadOnlyList<Trunk>)[.. group.Select(each => each.Trunk).OrderBy(trunk => Key(trunk, draw()))]),
    ]);

    /// <summary>The key of a weighted draw without replacement: each trunk's waiting time if calls came to it at a rate of its weight
    /// (Efraimidis and Spirakis, Weighted random sampling with a reservoir, 2006).</summary>
    private static double Key(Trunk trunk, double drawn) => -Math.Log(1 - drawn) / trunk.Weight;
}

/// <summary>What was chosen.</summary>
internal abstract record Selected
{
    private Selected()
    {
    }

    /// <summary>These trunks, in groups to be tried one after another; no group is empty.</summary>
    internal sealed record Some(IReadOnlyList<IReadOnlyList<Trunk>> Groups) : Selected;

    /// <summary>None.</summary>
    internal sealed record None(NoTrunk Why) : Selected;
}

/// <summary>Why no trunk takes a call.</summary>
internal enum NoTrunk
{
    /// <summary>None may present the caller ID: the trunk that it was leased on is gone, or no trunk's caller IDs cover it.</summary>
    CallerId,

    /// <summary>Of those that may present it, none carries calls to this destination.</summary>
    Destination,

    /// <summary>All that would are being drained.</summary>
    Draining,

    /// <summary>All that would are held out by their breakers.</summary>
    Down,

    /// <summary>None that would had room within the wait.</summary>
    Congested,

    /// <summary>All that would have been tried.</summary>
    Exhausted,
}
