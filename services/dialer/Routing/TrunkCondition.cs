using System.Runtime.InteropServices;

namespace FlashCall.Dialer.Routing;

/// <summary>How a trunk is, as this replica sees it.</summary>
/// <param name="Admission">How many calls its breaker lets through.</param>
/// <param name="Reachability">What OPTIONS says.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TrunkCondition(Admission Admission, Reachability Reachability);

/// <summary>What OPTIONS says about an address or a trunk.</summary>
internal enum Reachability
{
    /// <summary>An answer came. Also where none is asked for (an interval of zero): nothing speaks against it.</summary>
    Up,

    /// <summary>The first OPTIONS is still under way.</summary>
    Unknown,

    /// <summary>No answer came, or one that says that there is no service.</summary>
    Down,
}
