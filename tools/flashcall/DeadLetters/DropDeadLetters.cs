using System.CommandLine;
using System.Text.Json.Nodes;

namespace FlashCall.Cli.DeadLetters;

/// <summary><c>flashcall dead-letters drop</c>: removes messages that nobody needs any more.</summary>
internal static class DropDeadLetters
{
    public static Command Create(Terminal terminal)
    {
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = new Command("drop", "Removes dead letters for good, after a question.") { yes };
        var run = new DeadLetterRun(command, terminal, mustChoose: true);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var asked = parsed.GetValue(yes) ? null : await AskAsync(run, parsed, terminal, cancellationToken);
            if (asked is { Count: 0 })
            {
                await terminal.Error.WriteLineAsync("Nothing is dropped.");
                return CommandLine.Declined;
            }
            var dropped = 0;
            await run.ForEachAsync(parsed, async (queue, letter) =>
            {
                // What has come since the question was not agreed to.
                if (asked?.Contains(KeyOf(letter)) == false)
                    return;
                await queue.RemoveAsync(letter, cancellationToken);
                dropped++;
            }, cancellationToken);
            if (run.IsJson(parsed))
                await run.PrintAsync(new JsonObject { ["dropped"] = dropped });
            else
                await terminal.Output.WriteLineAsync($"{Tables.Count(dropped)} messages dropped.");
            return CommandLine.Succeeded;
        });
        return command;
    }

    /// <returns>Those that may go; none if the person says no or there are none.</returns>
    private static async Task<HashSet<string>> AskAsync(
        DeadLetterRun run, ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        var letters = new List<DeadLetter>();
        await run.ForEachAsync(parsed, (_, letter) =>
        {
            letters.Add(letter);
            return Task.CompletedTask;
        }, cancellationToken);
        if (letters.Count == 0)
            return [];
        Tables.Write(terminal.RichError(), title: null, ListDeadLetters.Table(letters));
        await terminal.Error.WriteAsync($"Drop {Tables.Count(letters.Count)} messages for good? Type yes: ");
        var answer = await terminal.Input.ReadLineAsync(cancellationToken)
            ?? throw new CommandException("There is nobody to ask. Give --yes to drop them all the same.");
        return answer.Trim() == "yes" ? [.. letters.Select(KeyOf)] : [];
    }

    private static string KeyOf(DeadLetter letter) => $"{letter.Queue} {letter.MessageId} {letter.FailedAt}";
}
