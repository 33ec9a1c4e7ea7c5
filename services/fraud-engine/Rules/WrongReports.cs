using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Rules;

/// <summary>
/// Wrong caller IDs are reported again and again: somebody guesses. A person mistypes now and then, so that wrong reports also have to be
/// more
/// than half as many as the sessions in which somebody reported. A client that guesses is blocked for a while; a number that is guessed
/// at is
/// left alone until the window has passed.
/// </summary>
internal sealed class WrongReports : IRule
{
    private readonly Window _window;
    private readonly (SubjectKind Kind, int Limit)[] _limits;

    /// <param name="settings">Its own settings.</param>
    public WrongReports(WrongReportsSettings settings)
    {
        _window = new Window(TimeSpan.FromSeconds(settings.WindowSeconds));
        _limits =
        [
            (SubjectKind.Device, settings.PerDevice), (SubjectKind.Address, settings.PerAddress),
            (SubjectKind.Network, settings.PerNetwork), (SubjectKind.Number, settings.PerNumber),
        ];
        Needs =
        [
            .. _limits.SelectMany(limit => (Need[])
                [new(limit.Kind, Measure.WrongReports, _window), new(limit.Kind, Measure.Reported, _window)]),
        ];
    }

    /// <inheritdoc/>
    public string Name => "wrong_reports";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs { get; }

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings)
    {
        foreach (var (kind, limit) in _limits)
        {
            foreach (var subject in request.SubjectsOf(kind))
            {
                var wrong = readings.Of(subject, Measure.WrongReports, _window);
                var reported = readings.Of(subject, Measure.Reported, _window);
                if (wrong < limit || wrong * 2 <= reported)
                    continue;
                var who = kind is SubjectKind.Number ? "For this number" : $"From the client's {kind.ToString().ToLowerInvariant()}";
                yield return new Finding("wrong_reports", Finding.Decisive,
                    $"{who} {wrong} wrong caller IDs were reported within {_window.Text}. Ask again later.")
                {
                    Raises = kind is SubjectKind.Number ? null : subject,
                    Evidence =
                    [
                        ("wrong", Figures.Text(wrong)), ("reported", Figures.Text(reported)), ("limit", Figures.Text(limit)),
                        ("of", kind.ToString().ToLowerInvariant()),
                    ],
                };
                yield break;
            }
        }
    }
}
