
namespace FlashCall.Fraud.Assessments;

/// <summary>How often the number, the address and the network of a request asked before it, within each window of the policy.</summary>
/// <param name="counts">The count for each limit, up to <see cref="VelocityLimit.CountAtMost"/>.</param>
internal sealed class Counters(IReadOnlyDictionary<VelocityLimit, long> counts)
{
    /// <summary>Requests before this one within the limit's window.</summary>
    /// <exception cref="KeyNotFoundException">The limit is not one of the policy that was counted for.</exception>
    public long this[VelocityLimit limit] => counts[limit];

    /// <summary>Nothing happened before.</summary>
    public static Counters None(Policy policy) => new(policy.Limits.ToDictionary(limit => limit, _ => 0L));
}
