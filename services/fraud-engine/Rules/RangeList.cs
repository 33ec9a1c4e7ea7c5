using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Rules;

/// <summary>Ranges that are never rung: satellite, premium, unassigned; what the operator knows beyond the numbering plan.</summary>
internal sealed class RangeList(IReadOnlyList<NumberRange> ranges) : IRule
{
    /// <inheritdoc/>
    public string Name => "ranges";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs => [];

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings)
    {
        NumberRange? narrowest = null;
        foreach (var range in ranges)
        {
            if (range.Prefix.Length > (narrowest?.Prefix.Length ?? 0)
                && request.Number.StartsWith(range.Prefix, StringComparison.Ordinal))
            {
                narrowest = range;
            }
        }
        return narrowest is null
            ? []
            :
            [
                new Finding("range_not_allowed", Finding.Decisive,
                    $"This is {narrowest.Kind}, which is not rung. Ask for a mobile or fixed-line number.")
                {
                    HoldsForAll = true,
                    Evidence = [("range", narrowest.Prefix)],
                },
            ];
    }
}
