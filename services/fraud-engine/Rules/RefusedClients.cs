using FlashCall.Fraud.Counting;
using FlashCall.Fraud.Engine;
using FlashCall.Fraud.Policies;

namespace FlashCall.Fraud.Rules;

/// <summary>
/// Most of what a client asked for was refused, for one reason or another: it is a machine that tries its luck, and the next request will
/// be
/// no better though nothing else speaks against it. Refusals because of the destination or the kind of number do not count, since honest
/// mistakes bring them, nor those by a standing block, since a block would keep itself up.
/// </summary>
internal sealed class RefusedClients : IRule
{
    private static readonly SubjectKind[] Kinds = [SubjectKind.Device, SubjectKind.Address, SubjectKind.Network];

    private readonly RefusedClientsSettings _settings;
    private readonly BlockSettings _blocks;
    private readonly Window[] _windows;

    /// <param name="settings">Its own settings.</param>
    /// <param name="blocks">How blocks are remembered.</param>
    public RefusedClients(RefusedClientsSettings settings, BlockSettings blocks)
    {
        _settings = settings;
        _blocks = blocks;
        _windows = [.. settings.WindowsSeconds.Order().Select(seconds => new Window(TimeSpan.FromSeconds(seconds)))];
        Needs =
        [
            .. _windows.SelectMany(window => Kinds.SelectMany(
                kind => (Need[])[new(kind, Measure.Refused, window), new(kind, Measure.Requests, window)])),
        ];
    }

    /// <inheritdoc/>
    public string Name => "refused_clients";

    /// <inheritdoc/>
    public IReadOnlyList<Need> Needs { get; }

    /// <inheritdoc/>
    public IEnumerable<Finding> Judge(RiskRequest request, Readings readings)
    {
        foreach (var kind in Kinds)
        {
            foreach (var client in request.SubjectsOf(kind))
            {
                if (Judge(client, readings) is { } finding)
                    return [finding];
            }
        }
        return [];
    }

    private Finding? Judge(Subject client, Readings readings)
    {
        var standard = Shares.StandardOf(_blocks, readings, client, _windows, _settings.Deviations, _settings.LeastRefused);
        foreach (var window in standard.Windows)
        {
            var refused = readings.Of(client, Measure.Refused, window);
            var requests = readings.Of(client, Measure.Requests, window);
            if (refused < standard.Least)
                continue;
            if (Shares.Lower(Math.Min(refused, requests), requests, standard.Deviations) * 100 < _settings.Percent)
                continue;
            var who = client.Kind.ToString().ToLowerInvariant();
            return new Finding("refused_client", Finding.Decisive, $"Most requests of the client's {who} were refused. Ask again later.")
            {
                Raises = client,
                Evidence =
                [
                    ("refused", Figures.Text(refused)), ("requests", Figures.Text(requests)), ("of", who),
                    ("window_seconds", Figures.Text((long)window.Length.TotalSeconds)),
                ],
            };
        }
        return null;
    }
}
