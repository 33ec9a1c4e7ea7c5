using System.CommandLine;
using System.Text.Json.Nodes;

namespace FlashCall.Cli.DeadLetters;

/// <summary><c>flashcall dead-letters replay</c>: gives messages to their service once more.</summary>
internal static class ReplayDeadLetters
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("replay",
            "Puts dead letters back to the queue of their service, as they were first sent. First mend what made them fail.");
        var run = new DeadLetterRun(command, terminal, mustChoose: true);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var replayed = 0;
            try
            {
                await run.ForEachAsync(parsed, async (queue, letter) =>
                {
                    await queue.ReplayAsync(letter, cancellationToken);
                    replayed++;
                }, cancellationToken);
            }
            catch (CommandException exception) when (replayed > 0)
            {
                throw new CommandException($"{exception.Message} {Tables.Count(replayed)} were replayed before.", exception);
            }
            if (run.IsJson(parsed))
                await run.PrintAsync(new JsonObject { ["replayed"] = replayed });
            else
                await terminal.Output.WriteLineAsync($"{Tables.Count(replayed)} messages replayed.");
            return CommandLine.Succeeded;
        });
        return command;
    }
}
