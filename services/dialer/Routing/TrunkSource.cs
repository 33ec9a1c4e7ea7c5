using FlashCall.Dialer.Trunks;

namespace FlashCall.Dialer.Routing;

/// <summary>Where the trunks of this moment come from.</summary>
/// <param name="current">Gives them; cheap, and safe to call at any time.</param>
internal sealed class TrunkSource(Func<IReadOnlyCollection<Trunk>> current)
{
    /// <summary>The trunks of this moment, those that are being drained included.</summary>
    public IReadOnlyCollection<Trunk> All => current();
}
