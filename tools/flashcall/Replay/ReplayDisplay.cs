using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Spectre.Console;

namespace FlashCall.Cli.Replay;

/// <summary>How far a replay is.</summary>
/// <param name="From">Where it began, or went on, in the log.</param>
/// <param name="At">Where it is.</param>
/// <param name="Target">Where it is to end.</param>
/// <param name="Events">Events that this run has read.</param>
/// <param name="Elapsed">How long it has run.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ReplayPlace(long From, long At, long Target, long Events, TimeSpan Elapsed)
{
    /// <summary>Events in a second.</summary>
    public double Rate => Events / Math.Max(0.001, Elapsed.TotalSeconds);

    /// <summary>How long it will go on, at the pace so far; null as long as there is none.</summary>
    public TimeSpan? Left => At > From && Target > At
        ? TimeSpan.FromSeconds(Elapsed.TotalSeconds * (Target - At) / (At - From))
        : null;
}

/// <summary>Shows how a replay goes: a bar with the rate and the time of its end before a person, a line every two seconds
/// elsewhere.</summary>
internal sealed class ReplayDisplay(Terminal terminal, TimeProvider time, string what)
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(2);

    private Action<ReplayPlace> _show = static _ => { };

    /// <summary>Where it was last.</summary>
    public ReplayPlace Last { get; private set; }

    /// <summary>Notes how far it is.</summary>
    public void Show(ReplayPlace place)
    {
        Last = place;
        _show(place);
    }

    /// <summary>Shows it for as long as the work lasts, whose result this is.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        if (!terminal.ErrorIsTerminal)
        {
            var clock = Stopwatch.StartNew();
            var next = LineEvery;
            _show = place =>
            {
                if (clock.Elapsed < next)
                    return;
                next = clock.Elapsed + LineEvery;
                terminal.Error.WriteLine($"{what}: {Describe(place)}");
            };
            return work();
        }
        return terminal.RichError().Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new SpinnerColumn())
            .StartAsync(async shown =>
            {
                var task = shown.AddTask(what);
                _show = place =>
                {
                    task.MaxValue = Math.Max(1, place.Target);
                    task.Value = place.At;
                    task.Description = Markup.Escape($"{what}: {Describe(place)}");
                };
                return await work();
            });
    }

    private string Describe(ReplayPlace place)
    {
        var end = place.Left is { } left
            ? string.Create(CultureInfo.InvariantCulture, $", done {(time.GetUtcNow() + left).UtcDateTime:HH:mm:ss'Z'}")
            : "";
        return $"{Tables.Count(place.At)} of {Tables.Count(place.Target)}, {Tables.Count((long)place.Rate)} events/s{end}";
    }
}
