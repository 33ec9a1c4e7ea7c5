using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Rules;

/// <summary>A session for the same number is open already: an impatient person, or somebody else's try to get in between.</summary>
/// <param name="settings">Its own settings.</param>
internal sealed class LiveSession(LiveSessionSettings settings) : IRule
{
    private readonly Window _window = new(TimeSpan.FromSeconds(settings.WindowSeconds));

    /// <inheritdoc/>
    public string Name => "live_session";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs => [new(SubjectKind.Number, Measure.Open, _window)];

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings)
    {
        var open = readings.Of(new(SubjectKind.Number, request.Number), Measure.Open, _window);
        if (open > 0)
        {
            yield return new Finding("live_session", (int)Math.Min(Finding.Decisive - 1, settings.Weight * open),
                "A verification of this number is under way. Wait for its end, or cancel it.")
            {
                Evidence = [("open", Figures.Text(open))],
            };
        }
    }
}
