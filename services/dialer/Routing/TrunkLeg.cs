using FlashCall.Dialer.Trunks;

namespace FlashCall.Dialer.Routing;

/// <summary>One call's turn on one trunk, from before its INVITE until it is over there. Dispose it then; it may be disposed
/// again.</summary>
internal sealed class TrunkLeg : IDisposable
{
    private readonly TrunkSlot _slot;
    private readonly TrunkConditions _conditions;
    private readonly DateTimeOffset _placedAt;
    private int _reported;

    /// <summary>A turn that the breaker and the limits allow.</summary>
    /// <param name="slot">The room on the trunk.</param>
    /// <param name="conditions">Where it is told what the call shows.</param>
    /// <param name="placedAt">When the breaker let it through.</param>
    public TrunkLeg(TrunkSlot slot, TrunkConditions conditions, DateTimeOffset placedAt)
    {
        _slot = slot;
        _conditions = conditions;
        _placedAt = placedAt;
    }

    /// <summary>The trunk.</summary>
    public Trunk Trunk => _slot.Trunk;

    /// <summary>Tells what the call shows about the trunk. May be told several times: a first 180, and later a 5xx.</summary>
    public void Report(TrunkOutcome outcome)
    {
        Volatile.Write(ref _reported, 1);
        _conditions.Report(Trunk.Name, outcome, _placedAt);
    }

    /// <summary>The call is over on this trunk.</summary>
    public void Dispose()
    {
        _slot.Dispose();
        EndUnreported();
    }

    /// <summary>No INVITE went out, for a reason that is not the trunk's: another call may go out in its stead.</summary>
    public void GiveBack()
    {
        _slot.GiveBack();
        EndUnreported();
    }

    private void EndUnreported()
    {
        if (Interlocked.Exchange(ref _reported, 1) == 0)
            _conditions.ReportNothing(Trunk.Name, _placedAt);
    }
}
