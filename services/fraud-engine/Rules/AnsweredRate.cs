using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Rules;

/// <summary>
/// Calls are answered that should only ring: the sign of revenue share, where money flows when a call is answered. The share of answered
/// calls under a prefix is held against the destination's baseline. For a trunk see <see cref="TrunkAnswers"/>.
/// </summary>
internal sealed class AnsweredRate : IRule
{
    /// <summary>What the policy calls it.</summary>
    public const string RuleName = "answered_rate";

    /// <summary>Two answered calls in a row are rare enough where there was an anomaly before.</summary>
    private const int ProbationCalls = 2;

    private readonly AnsweredRateSettings _settings;
    private readonly BlockSettings _blocks;
    private readonly Window[] _windows;
    private readonly int[] _digits;

    /// <param name="settings">Its own settings.</param>
    /// <param name="blocks">How blocks are remembered.</param>
    public AnsweredRate(AnsweredRateSettings settings, BlockSettings blocks)
    {
        _settings = settings;
        _blocks = blocks with { ProbationRequests = ProbationCalls };
        _digits = [.. settings.PrefixDigits.OrderDescending()];
        _windows = [.. settings.WindowsSeconds.Order().Select(seconds => new Window(TimeSpan.FromSeconds(seconds)))];
        Need[] calls =
        [
            .. _windows.SelectMany(window => settings.PrefixDigits.Select(
                digits => new Need(SubjectKind.Prefix, Measure.Calls, window, digits))),
            new(SubjectKind.Destination, Measure.Calls, Shares.Baseline),
            .. TrunkAnswers.WindowsOf(settings).Select(window => new Need(SubjectKind.Trunk, Measure.Calls, window)),
        ];
        Needs = [.. Prefixes.NeedsOf(settings.PrefixDigits), .. calls, .. calls.Select(need => need with { Measure = Measure.Answered })];
    }

    /// <inheritdoc/>
    public string Name => RuleName;

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs { get; }

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings)
    {
        var destination = new Subject(SubjectKind.Destination, request.Destination);
        var usual = Shares.Usual(
            readings.Of(destination, Measure.Answered, Shares.Baseline), readings.Of(destination, Measure.Calls, Shares.Baseline),
            _settings.UsualPercent);
        foreach (var prefix in Prefixes.ToJudge(_digits, request, readings))
        {
            if (Judge(prefix, usual, readings) is { } finding)
                return [finding];
        }
        return [];
    }

    private Finding? Judge(Subject prefix, double usual, Readings readings)
    {
        var standard = Shares.StandardOf(
            _blocks, readings, prefix, _windows, _settings.Deviations, _settings.LeastCalls);
        foreach (var window in standard.Windows)
        {
            if (TooMany(readings, prefix, window, usual, standard, _settings) is not { } counts)
                continue;
            return new Finding("prefix_answered_rate", Finding.Decisive,
                $"Far more calls to numbers that begin with {prefix.Key} are answered than is usual.")
            {
                Raises = prefix,
                Evidence =
                [
                    ("calls", Figures.Text(counts.Calls)), ("answered", Figures.Text(counts.Answered)),
                    ("usual_percent", Figures.Percent(usual)), ("window_seconds", Figures.Text((long)window.Length.TotalSeconds)),
                    ("prefix", prefix.Key),
                ],
            };
        }
        return null;
    }

    /// <summary>The counts, where more was answered than an honest share explains.</summary>
    internal static (long Calls, long Answered)? TooMany(
        Readings readings, Subject subject, Window window, double usual, Standard standard, AnsweredRateSettings settings)
    {
        var calls = readings.Of(subject, Measure.Calls, window);
        var answered = Math.Clamp(readings.Of(subject, Measure.Answered, window), 0, Math.Max(0, calls));
        return calls >= standard.Least
            && Shares.Lower(answered, calls, standard.Deviations) > Math.Min(0.9, usual * settings.TimesUsual)
            ? (calls, answered)
            : null;
    }
}

/// <summary>
/// The same for a trunk: one on which everything is answered is a carrier that bills what nobody picked up. Which trunk will carry a call
/// is
/// not known when it is asked for, so this is looked at when a call ends; the block that it raises is an alarm for the operator and stops
/// no
/// request.
/// </summary>
/// <param name="settings">Those of the answered rate.</param>
/// <param name="blocks">How blocks are remembered.</param>
internal sealed class TrunkAnswers(AnsweredRateSettings settings, BlockSettings blocks)
{
    private readonly Window[] _windows = WindowsOf(settings);

    /// <summary>What is read of a trunk, the shortest window first and the baseline last.</summary>
    public static Window[] WindowsOf(AnsweredRateSettings settings) =>
        [.. settings.WindowsSeconds.Order().Select(seconds => new Window(TimeSpan.FromSeconds(seconds))), Shares.Baseline];

    /// <summary>What has to be read for a call on a trunk that is over.</summary>
    public Questions Ask(string name, DateTimeOffset at)
    {
        var trunk = new Subject(SubjectKind.Trunk, name);
        return new Questions(
            [.. _windows.SelectMany(window => (CounterQuery[])[new(trunk, Measure.Calls, window), new(trunk, Measure.Answered, window)])],
            [trunk], at);
    }

    /// <summary>What is wrong with the trunk, or null.</summary>
    public Finding? Judge(Outcome.Called call, Readings readings)
    {
        if (call.Trunk is null)
            return null;
        var trunk = new Subject(SubjectKind.Trunk, call.Trunk);
        if (readings.BlockOf(trunk)?.StandsAt(readings.At) == true)
            return null;
        var usual = Shares.Usual(
            readings.Of(trunk, Measure.Answered, Shares.Baseline), readings.Of(trunk, Measure.Calls, Shares.Baseline),
            settings.UsualPercent);
        var standard = Shares.StandardOf(blocks, readings, trunk, _windows[..^1], settings.Deviations, settings.LeastCalls);
        return standard.Windows.Any(window => AnsweredRate.TooMany(readings, trunk, window, usual, standard, settings) is not null)
            ? new Finding("trunk_answered_rate", Finding.Decisive, $"Far more calls on trunk {call.Trunk} are answered than is usual.")
            {
                Raises = trunk,
            }
            : null;
    }
}
