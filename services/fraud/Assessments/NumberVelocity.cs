using System.Globalization;
using FlashCall.Contracts;

namespace FlashCall.Fraud.Assessments;

/// <summary>No phone rings more often than a person who tries again would make it ring.</summary>
internal sealed class NumberVelocity : IRule
{
    /// <inheritdoc/>
    public RiskFactor? Assess(Policy policy, RiskRequest request, Counters counters)
    {
        // The longest window that is full tells best how long to wait.
        var full = policy.Limits
            .Where(limit => limit.Subject is VelocitySubject.Number && counters[limit] >= limit.Limit)
            .MaxBy(limit => limit.Window);
        return full is null
            ? null
            : new RiskFactor
            {
                Code = "number_velocity",
                Weight = RuleBook.Decisive,
                Detail = string.Create(CultureInfo.InvariantCulture,
                    $"This number was rung or about to be {full.Limit} times within {full.WindowText}, the limit. Ask again later."),
            };
    }
}
