namespace FlashCall.Dialer.Routing;

/// <summary>What the last OPTIONS to one of a trunk's addresses brought.</summary>
/// <param name="Address">The address as the trunk has it.</param>
/// <param name="Reachability">What it shows.</param>
/// <param name="Status">The SIP status of the answer; null if there was none.</param>
/// <param name="RoundTrip">From the first sending to the answer; null if there was none. Longer by a repeat where a message was
/// lost.</param>
/// <param name="AskedAt">When it was sent (UTC); null before the first.</param>
internal sealed record AddressHealth(
    string Address, Reachability Reachability, int? Status = null, TimeSpan? RoundTrip = null, DateTimeOffset? AskedAt = null)
{
    /// <summary>An address that was not asked yet.</summary>
    public static AddressHealth Unasked(string address) => new(address, Reachability.Unknown);

    /// <summary>What a final status shows. Whoever refuses, lives: 404, 405 and 481 are usual answers to OPTIONS. 408 and 503 are what a
    /// timeout and a transport failure count as (RFC 3261 §8.1.3.1), and a proxy gives them for just these.</summary>
    /// <param name="status">The status; null for no answer.</param>
    public static Reachability OfStatus(int? status) => status is null or 408 or 503 ? Reachability.Down : Reachability.Up;

    /// <summary>A trunk is up while one of its addresses is, and down when all are.</summary>
    public static Reachability OfAll(IEnumerable<AddressHealth> addresses) => addresses.Min(address => address.Reachability);
}
