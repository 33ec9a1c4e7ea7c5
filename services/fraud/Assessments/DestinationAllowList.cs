using FlashCall.Contracts;

namespace FlashCall.Fraud.Assessments;

/// <summary>Only countries that the operator has listed are rung.</summary>
internal sealed class DestinationAllowList : IRule
{
    /// <inheritdoc/>
    public RiskFactor? Assess(Policy policy, RiskRequest request, Counters counters)
    {
        var allowed = policy.DestinationsOf(request.ApplicationId);
        var list = allowed.Count == 0 ? "none" : string.Join(", ", allowed);
        return allowed.Contains(request.Destination)
            ? null
            : new RiskFactor
            {
                Code = "destination_not_allowed",
                Weight = RuleBook.Decisive,
                Detail = $"Calls to {request.Destination} are not enabled for this application. Allowed: {list}.",
            };
    }
}
