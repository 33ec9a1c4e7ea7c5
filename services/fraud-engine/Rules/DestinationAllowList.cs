using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Rules;

/// <summary>Only countries that the operator has listed are rung.</summary>
internal sealed class DestinationAllowList(DestinationLists lists) : IRule
{
    /// <inheritdoc/>
    public string Name => "destination";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs => [];

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings)
    {
        var allowed = lists.Of(request.ApplicationId, request.Purpose);
        if (allowed.Contains(request.Destination))
            yield break;
        var list = allowed.Count == 0 ? "none" : string.Join(", ", allowed);
        yield return new Finding("destination_not_allowed", Finding.Decisive,
            $"Calls to {request.Destination} are not enabled for this application and purpose. Allowed: {list}.")
        {
            HoldsForAll = true,
            Evidence = [("destination", request.Destination)],
        };
    }
}
