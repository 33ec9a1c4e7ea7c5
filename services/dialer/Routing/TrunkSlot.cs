using FlashCall.Dialer.Trunks;

namespace FlashCall.Dialer.Routing;

/// <summary>The room that one call has on a trunk: one of its channels, from now until it is disposed. Disposing it again changes
/// nothing.</summary>
internal sealed class TrunkSlot : IDisposable
{
    private readonly Action<bool> _release;
    private int _released;

    /// <summary>Room that was granted.</summary>
    /// <param name="trunk">The trunk.</param>
    /// <param name="release">Called once, with whether a call went out.</param>
    public TrunkSlot(Trunk trunk, Action<bool> release)
    {
        Trunk = trunk;
        _release = release;
    }

    /// <summary>The trunk.</summary>
    public Trunk Trunk { get; }

    /// <summary>The call is over.</summary>
    public void Dispose() => Release(placed: true);

    /// <summary>The call did not go out: another one may go out in its stead at once.</summary>
    public void GiveBack() => Release(placed: false);

    private void Release(bool placed)
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
            _release(placed);
    }
}
