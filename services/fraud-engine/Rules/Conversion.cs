using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Rules;

/// <summary>
/// Hardly anybody verifies: calls are wanted, not verifications. Of the requests let through under a prefix, from a network or by an
/// application, the share that verified the number is held against the baseline of the destination or the application. An anomaly of a
/// prefix or network blocks it for a while; one of an application weighs, since good and bad cannot be told apart there.
/// After a block only a few unverified requests are let through at a time until they show what they are.
/// </summary>
internal sealed class Conversion : IRule
{
    private readonly ConversionSettings _settings;
    private readonly BlockSettings _blocks;
    private readonly Window[] _windows;
    private readonly int[] _digits;
    private readonly Window _inFlight;

    /// <param name="settings">Its own settings.</param>
    /// <param name="blocks">How blocks are remembered.</param>
    public Conversion(ConversionSettings settings, BlockSettings blocks)
    {
        _settings = settings;
        _blocks = blocks;
        var lag = TimeSpan.FromSeconds(settings.LagSeconds);
        _digits = [.. settings.PrefixDigits.OrderDescending()];
        _windows = [.. settings.WindowsSeconds.Order().Select(seconds => new Window(TimeSpan.FromSeconds(seconds), lag))];
        _inFlight = new Window(_windows[0].Length);
        Need[] windows =
        [
            .. _windows.Append(_inFlight).SelectMany(window => (Need[])
            [
                .. settings.PrefixDigits.Select(digits => new Need(SubjectKind.Prefix, Measure.Rings, window, digits)),
                new(SubjectKind.Network, Measure.Rings, window),
                new(SubjectKind.Application, Measure.Rings, window),
            ]),
            new(SubjectKind.Destination, Measure.Rings, Shares.Baseline),
            new(SubjectKind.Application, Measure.Rings, Shares.Baseline),
        ];
        Needs =
        [
            .. Prefixes.NeedsOf(settings.PrefixDigits), .. windows, .. windows.Select(need => need with { Measure = Measure.Verified }),
        ];
    }

    /// <inheritdoc/>
    public string Name => "conversion";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs { get; }

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings)
    {
        var ofDestination = BaselineOf(new(SubjectKind.Destination, request.Destination), readings);
        var application = new Subject(SubjectKind.Application, request.ApplicationId);
        var ofApplication = BaselineOf(application, readings);
        foreach (var prefix in Prefixes.ToJudge(_digits, request, readings))
        {
            if (Judge(prefix, ofDestination, readings) is not { } finding)
                continue;
            yield return finding;
            break;
        }
        foreach (var network in request.SubjectsOf(SubjectKind.Network))
        {
            if (Judge(network, ofApplication, readings) is { } finding)
                yield return finding;
        }
        if (_settings.ApplicationWeight > 0 && Judge(application, ofApplication, readings) is { } all)
            yield return all;
    }

    private double BaselineOf(Subject subject, Readings readings) => Shares.Usual(
        readings.Of(subject, Measure.Verified, Shares.Baseline), readings.Of(subject, Measure.Rings, Shares.Baseline),
        _settings.UsualPercent);

    private Finding? Judge(Subject subject, double baseline, Readings readings)
    {
        var low = baseline * _settings.LowPercent / 100;
        var standard = Shares.StandardOf(_blocks, readings, subject, _windows, _settings.Deviations, _settings.LeastRequests);
        foreach (var window in standard.Windows)
        {
            var trials = readings.Of(subject, Measure.Rings, window);
            var verified = Math.Clamp(readings.Of(subject, Measure.Verified, window), 0, Math.Max(0, trials));
            if (trials >= standard.Least && Shares.Upper(verified, trials, standard.Deviations) < low)
                return Find(subject, window, trials, verified, baseline, raises: true);
        }
        if (!standard.OnProbation)
            return null;
        var rings = readings.Of(subject, Measure.Rings, _inFlight);
        var known = readings.Of(subject, Measure.Verified, _inFlight);
        return rings - known >= _blocks.ProbationRequests + 1 && known * 100 < rings * _settings.LowPercent
            ? Find(subject, _inFlight, rings, known, baseline, raises: false)
            : null;
    }

    private Finding Find(Subject subject, Window window, long trials, long verified, double baseline, bool raises)
    {
        var isApplication = subject.Kind is SubjectKind.Application;
        var who = subject.Kind switch
        {
            SubjectKind.Prefix => $"numbers that begin with {subject.Key}",
            SubjectKind.Network => "the client's network",
            _ => "the application",
        };
        return new Finding($"{subject.Kind.ToString().ToLowerInvariant()}_conversion",
            isApplication ? _settings.ApplicationWeight : Finding.Decisive,
            $"Far fewer requests of {who} end with a verified number than is usual.")
        {
            Raises = raises && !isApplication ? subject : null,
            Evidence =
            [
                ("requests", Figures.Text(trials)), ("verified", Figures.Text(verified)),
                ("usual_percent", Figures.Percent(baseline)),
                ("window_seconds", Figures.Text((long)window.Length.TotalSeconds)),
                .. subject.Kind is SubjectKind.Prefix ? [("prefix", subject.Key)] : ((string, string)[])[],
            ],
        };
    }
}
