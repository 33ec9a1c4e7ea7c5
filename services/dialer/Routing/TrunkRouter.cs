using FlashCall.Contracts;
using FlashCall.Dialer.Attempts;
using FlashCall.Dialer.Trunks;
using Npgsql;

namespace FlashCall.Dialer.Routing;

/// <summary>Finds trunks for calls.</summary>
/// <param name="limits">Room on the trunks.</param>
/// <param name="conditions">How the trunks are.</param>
/// <param name="settings">How long a call waits for room.</param>
/// <param name="metrics">The figures.</param>
internal sealed class TrunkRouter(TrunkLimits limits, TrunkConditions conditions, DialerSettings settings, RoutingMetrics metrics)
{
    private readonly Func<string, TrunkCondition> _conditionOf = conditions.Of;
    private readonly Func<double> _draw = Random.Shared.NextDouble;

    /// <summary>The way of one call over the trunks there are now.</summary>
    /// <param name="trunks">All trunks.</param>
    /// <param name="callee">The phone to ring.</param>
    /// <param name="callerId">The caller ID to present.</param>
    /// <param name="leasedOn">The trunk that the number pool names with it.</param>
    public TrunkRoute Plan(IEnumerable<Trunk> trunks, PhoneNumber callee, CallerId callerId, string leasedOn) => new(
        TrunkSelection.Select(trunks, callee, callerId, leasedOn, _conditionOf, _draw),
        limits, conditions, settings.CongestionWait, metrics);
}

/// <summary>
/// The way of one call: the trunks that it may take, each at most once. For one task at a time.
/// <para>Priority is the operator's wish, room comes after it: of the trunks of the first priority any that has room at once is taken, in
/// the order drawn by weight; if none has, the call waits a moment for the first of them that gets some; only then the next priority is
/// looked at in the same way. So a call waits at most <c>Dialer:CongestionWait</c> for each priority there is.</para>
/// </summary>
internal sealed class TrunkRoute
{
    private readonly NoTrunk _why;
    private readonly TrunkLimits _limits;
    private readonly TrunkConditions _conditions;
    private readonly TimeSpan _wait;
    private readonly RoutingMetrics _metrics;
    // Null once there is none left: most calls have one trunk, and while it rings nothing more is kept.
    private Queue<List<Trunk>>? _groups;
    private bool _congested;
    private bool _tried;

    internal TrunkRoute(
        Selected selected, TrunkLimits limits, TrunkConditions conditions, TimeSpan wait, RoutingMetrics metrics)
    {
        _limits = limits;
        _conditions = conditions;
        _wait = wait;
        _metrics = metrics;
        if (selected is Selected.None none)
            _why = none.Why;
        else if (selected is Selected.Some some)
            (_why, _groups) = (NoTrunk.Down, InOrder(some.Groups));
    }

    /// <summary>The next trunk of the call: the first time, and again when the one before has failed it.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ReplicaNotAliveException">The others take this replica for dead and would not count its calls; try
    /// later.</exception>
    /// <exception cref="NpgsqlException">The database cannot be asked for room. The limits are kept rather than the call
    /// placed.</exception>
    /// <exception cref="OperationCanceledException">Given up, or the process stops.</exception>
    public async ValueTask<RouteStep> NextAsync(CancellationToken cancellationToken)
    {
        while (_groups is { } groups)
        {
            var group = groups.Peek();
            var leg = await FirstWithRoomAsync(group, cancellationToken);
            if (leg is null || group.Count == 0)
                groups.Dequeue();
            if (groups.Count == 0)
                _groups = null;
            if (leg is not null)
            {
                _tried = true;
                return new RouteStep.Go(leg);
            }
        }
        return new RouteStep.None(Why());
    }

    private static Queue<List<Trunk>> InOrder(IReadOnlyList<IReadOnlyList<Trunk>> groups)
    {
        var queue = new Queue<List<Trunk>>(groups.Count);
        for (var i = 0; i < groups.Count; i++)
            queue.Enqueue([.. groups[i]]);
        return queue;
    }

    private NoTrunk Why() => _congested ? NoTrunk.Congested : _tried ? NoTrunk.Exhausted : _why;

    private async ValueTask<TrunkLeg?> FirstWithRoomAsync(List<Trunk> group, CancellationToken cancellationToken)
    {
        for (var index = 0; index < group.Count;)
        {
            var trunk = group[index];
            if (_conditions.Of(trunk.Name).Admission == Admission.None)
                group.RemoveAt(index);
            else if (await _limits.TakeAsync(trunk, TimeSpan.Zero, cancellationToken) is { } slot)
                return Admitted(slot, group) ?? await FirstWithRoomAsync(group, cancellationToken);
            else
                index++;
        }
        while (group.Count > 0)
        {
            if (_wait == TimeSpan.Zero || await FirstToGetRoomAsync(group, cancellationToken) is not { } slot)
            {
                _congested = true;
                foreach (var trunk in group)
                    _metrics.Congested(trunk.Name);
                return null;
            }
            if (Admitted(slot, group) is { } leg)
                return leg;
        }
        return null;
    }

    /// <returns>Null if the breaker has been closed to further calls in the meantime.</returns>
    private TrunkLeg? Admitted(TrunkSlot slot, List<Trunk> group)
    {
        group.Remove(slot.Trunk);
        if (_conditions.TryAdmit(slot.Trunk.Name, out var placedAt))
            return new TrunkLeg(slot, _conditions, placedAt);
        slot.GiveBack();
        return null;
    }

    /// <summary>Waits on all trunks of a group at once. What a second one grants in the same moment goes back.</summary>
    private async Task<TrunkSlot?> FirstToGetRoomAsync(List<Trunk> group, CancellationToken cancellationToken)
    {
        if (group is [var only])
            return await _limits.TakeAsync(only, _wait, cancellationToken);
        using var settled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waiting = group.Select(trunk => _limits.TakeAsync(trunk, _wait, settled.Token).AsTask()).ToList();
        TrunkSlot? first = null;
        try
        {
            await foreach (var each in Task.WhenEach(waiting))
            {
                if (await each is not { } slot)
                    continue;
                first = slot;
                break;
            }
        }
        finally
        {
            await settled.CancelAsync();
            foreach (var each in waiting)
            {
                await ((Task)each).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (each.IsCompletedSuccessfully && each.Result is { } slot && slot != first)
                    slot.GiveBack();
            }
        }
        return first;
    }
}

/// <summary>What a call does next.</summary>
internal abstract record RouteStep
{
    private RouteStep()
    {
    }

    /// <summary>Go out on this trunk.</summary>
    internal sealed record Go(TrunkLeg Leg) : RouteStep;

    /// <summary>No trunk takes it.</summary>
    internal sealed record None(NoTrunk Why) : RouteStep;
}
