using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using FlashCall.Funnel;

namespace FlashCall.Cli.Replay;

/// <summary><c>flashcall replay funnel</c>: sums the funnel anew from the event log, beside the one that is read, and swaps.</summary>
internal static class ReplayFunnel
{
    private const int LowestRate = 100;
    private const int HighestRate = 10_000_000;

    public static Command Create(Terminal terminal)
    {
        var rate = new Option<int?>("--rate")
        {
            Description = $"Events in a second at most, {LowestRate} to {HighestRate}; by default as many as go. Lower it where live traffic "
                + "shares the machine.",
        };
        rate.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < LowestRate or > HighestRate)
                result.AddError($"--rate: Give a whole number from {LowestRate} to {HighestRate}.");
        });
        var restart = new Option<bool>("--restart") { Description = "Begin anew where an earlier rebuild was interrupted." };
        var drop = new Option<bool>("--drop") { Description = "Rebuild nothing; drop what an interrupted rebuild left." };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var command = new Command("funnel",
            "Sums the funnel anew from the event log, into tables beside those that are read, and has them read in their stead. Interrupted, it "
            + "goes on where it was when it is run again.")
        {
            rate, restart, drop, json,
        };
        var database = new DatabaseOptions(terminal);
        database.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var data = database.Open(parsed);
            var display = new ReplayDisplay(terminal, TimeProvider.System, "Funnel");
            var rebuild = new FunnelRebuild(data, TimeProvider.System)
            {
                Rate = parsed.GetValue(rate),
                Restart = parsed.GetValue(restart),
                Progress = progress => display.Show(PlaceOf(progress)),
            };
            try
            {
                if (parsed.GetValue(drop))
                {
                    var dropped = await DatabaseOptions.WithAsync(() => rebuild.AbandonAsync(cancellationToken));
                    await terminal.Output.WriteLineAsync(dropped ? "What was built is dropped." : "There is nothing to drop.");
                    return dropped ? CommandLine.Succeeded : CommandLine.Declined;
                }
                var done = await DatabaseOptions.WithAsync(() => display.RunAsync(() => rebuild.RunAsync(cancellationToken)));
                await PrintAsync(terminal, PlaceOf(done), parsed.GetValue(json));
                return CommandLine.Succeeded;
            }
            catch (FunnelRebuildException exception)
            {
                throw new CommandException(exception.Message, exception);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                await terminal.Error.WriteLineAsync(
                    $"flashcall: Interrupted at {Tables.Count(display.Last.At)} of {Tables.Count(display.Last.Target)}. The funnel is as it was. "
                    + "Run it again to go on, or with --drop to drop what is built.");
                return CommandLine.Interrupted;
            }
        });
        return command;
    }

    private static ReplayPlace PlaceOf(FunnelProgress progress) =>
        new(progress.From, progress.At, progress.Target, progress.Events, progress.Elapsed);

    private static async Task PrintAsync(Terminal terminal, ReplayPlace done, bool json)
    {
        var seconds = Math.Round(done.Elapsed.TotalSeconds, 3);
        await terminal.Output.WriteLineAsync(json
            ? new JsonObject
            {
                ["from"] = done.From,
                ["through"] = done.At,
                ["events"] = done.Events,
                ["seconds"] = seconds,
                ["eventsPerSecond"] = Math.Round(done.Rate),
            }.ToJsonString()
            : string.Create(CultureInfo.InvariantCulture,
                $"The funnel is rebuilt up to {Tables.Count(done.At)}: {Tables.Count(done.Events)} events in {seconds:0.0} s, "
                + $"{Tables.Count((long)done.Rate)} a second."));
    }
}
