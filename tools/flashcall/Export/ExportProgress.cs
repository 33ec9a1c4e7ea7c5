using System.Diagnostics;
using Spectre.Console;

namespace FlashCall.Cli.Export;

/// <summary>Shows a person before a terminal how an export goes. Elsewhere it says nothing.</summary>
internal sealed class ExportProgress(Terminal terminal)
{
    private const int Every = 500;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private Action _show = static () => { };
    private string _at = "";

    /// <summary>Events that were read.</summary>
    public long Events { get; private set; }

    /// <summary>Notes an event.</summary>
    /// <param name="storedAt">When it was stored.</param>
    public void Read(string? storedAt)
    {
        _at = storedAt ?? _at;
        if (++Events % Every == 0)
            _show();
    }

    /// <summary>Shows it for as long as the work lasts, whose result this is.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> work) => !terminal.ErrorIsTerminal
        ? work()
        : terminal.RichError().Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ElapsedTimeColumn(), new SpinnerColumn())
            .StartAsync(async shown =>
            {
                var task = shown.AddTask("Exporting");
                task.IsIndeterminate = true;
                _show = () =>
                {
                    var rate = (long)(Events / _clock.Elapsed.TotalSeconds);
                    task.Description = Markup.Escape($"Exporting: {Tables.Count(Events)} events, {Tables.Count(rate)}/s, up to {_at}");
                };
                return await work();
            });
}
