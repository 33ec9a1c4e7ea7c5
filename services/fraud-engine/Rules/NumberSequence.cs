using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Rules;

/// <summary>The numbers next to this one were asked for: somebody counts up.</summary>
/// <param name="settings">Its own settings.</param>
internal sealed class NumberSequence(NumberSequenceSettings settings) : IRule
{
    private readonly Window _window = new(TimeSpan.FromSeconds(settings.WindowSeconds));

    /// <inheritdoc/>
    public string Name => "number_sequence";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs => [new(SubjectKind.Neighbour, Measure.Requests, _window)];

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings)
    {
        var asked = 0;
        foreach (var near in request.SubjectsOf(SubjectKind.Neighbour))
            asked += readings.Of(near, Measure.Requests, _window) > 0 ? 1 : 0;
        if (asked >= settings.Neighbours)
        {
            yield return new Finding("number_sequence", settings.Weight,
                $"{asked} of the numbers next to this one were asked for within {_window.Text}.")
            {
                Evidence = [("neighbours", Figures.Text(asked)), ("window_seconds", Figures.Text(settings.WindowSeconds))],
            };
        }
    }
}
