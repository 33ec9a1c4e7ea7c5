using System.Globalization;
using FlashCall.Contracts;

namespace FlashCall.Fraud.Assessments;

/// <summary>
/// Many requests from one address or network. Honest people share addresses, so that the weight grows with the excess: 50 at the limit, 100
/// at twice the limit. Address and network see the same flood, so the heavier of them counts, not the sum.
/// </summary>
internal sealed class AddressVelocity : IRule
{
    private const int WeightAtLimit = 50;

    /// <inheritdoc/>
    public RiskFactor? Assess(Policy policy, RiskRequest request, Counters counters) => policy.Limits
        .Where(limit => limit.Subject is VelocitySubject.Address or VelocitySubject.Network && counters[limit] >= limit.Limit)
        .Select(limit => (Limit: limit, Weight: (int)Math.Min(RuleBook.Decisive, WeightAtLimit * counters[limit] / limit.Limit)))
        .OrderByDescending(excess => excess.Weight)
        .Select(excess => new RiskFactor
        {
            Code = "address_velocity",
            Weight = excess.Weight,
            Detail = Describe(excess.Limit),
        })
        .FirstOrDefault();

    private static string Describe(VelocityLimit limit)
    {
        var subject = limit.Subject is VelocitySubject.Address ? "address" : "network";
        return string.Create(CultureInfo.InvariantCulture,
            $"The client's {subject} has sent its {limit.Limit} requests within {limit.WindowText}. Ask again later.");
    }
}
