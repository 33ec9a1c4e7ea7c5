using System.CommandLine;
using System.Text.Json.Nodes;

namespace FlashCall.Cli.DeadLetters;

/// <summary><c>flashcall dead-letters show</c>: all that is known of one.</summary>
internal static class ShowDeadLetter
{
    public static Command Create(Terminal terminal)
    {
        var id = new Argument<Guid>("id") { Description = "The message's id, from 'dead-letters list'." };
        var command = new Command("show", "Shows a dead letter: what was sent, numbers masked, and where it failed.") { id };
        var run = new DeadLetterRun(command, terminal, mustChoose: null);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // A message that failed, was replayed and failed again by another hand may be there twice.
            var found = new List<JsonObject>();
            await run.ForEachAsync(parsed, (_, letter) =>
            {
                if (Selection.IsSame(letter.MessageId, parsed.GetValue(id)))
                    found.Add(letter.ToJson(whole: true));
                return Task.CompletedTask;
            }, cancellationToken);
            if (found.Count == 0)
            {
                throw new CommandException(
                    $"No dead letter has the id {parsed.GetValue(id)}. 'flashcall dead-letters list' shows those there are.");
            }
            if (run.IsJson(parsed))
            {
                await run.PrintAsync(new JsonObject { ["deadLetters"] = new JsonArray([.. found]) });
                return CommandLine.Succeeded;
            }
            foreach (var letter in found)
            {
                foreach (var (name, value) in letter)
                {
                    if (value is JsonValue text)
                        await terminal.Output.WriteLineAsync($"{name,-11}{text}");
                    else if (value is not null)
                        await run.PrintAsync(value);
                }
                await terminal.Output.WriteLineAsync();
            }
            return CommandLine.Succeeded;
        });
        return command;
    }
}
