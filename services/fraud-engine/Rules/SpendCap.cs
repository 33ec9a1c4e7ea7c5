using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Rules;

/// <summary>What an application's calls cost within a day has reached its cap: the last line against a drained budget.</summary>
/// <param name="settings">Prices and caps.</param>
internal sealed class SpendCap(SpendSettings settings) : IRule
{
    private static readonly Window Day = new(TimeSpan.FromDays(1));

    /// <inheritdoc/>
    public string Name => "spend";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs => [new(SubjectKind.Application, Measure.Spend, Day)];

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings)
    {
        var spent = readings.Of(new(SubjectKind.Application, request.ApplicationId), Measure.Spend, Day);
        if (settings.CapOf(request.ApplicationId) is { } cap && spent + (settings.PriceOf(request.Number)?.AttemptMicros ?? 0) > cap)
        {
            yield return new Finding("spend_cap", Finding.Decisive,
                "The application has spent what its calls may cost within a day. Raise its cap in the policy, or wait.")
            {
                HoldsForAll = true,
                Evidence = [("spent_micros", Figures.Text(spent)), ("cap_micros", Figures.Text(cap)), ("currency", settings.Currency)],
            };
        }
    }
}
