using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace FlashCall.Cli.DeadLetters;

/// <summary><c>flashcall dead-letters list</c>: which there are, since when, and why.</summary>
internal static class ListDeadLetters
{
    public static Command Create(Terminal terminal)
    {
        var limit = new Option<int>("--limit")
        {
            Description = "How many to show at most; all are counted.",
            DefaultValueFactory = _ => 100,
        };
        var command = new Command("list", "Lists dead letters, the oldest of each queue first.") { limit };
        var run = new DeadLetterRun(command, terminal, mustChoose: false);
        limit.Validators.Add(parsed =>
        {
            if (parsed.GetValue(limit) < 1)
                parsed.AddError("--limit is less than 1. Give how many are wanted.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (count, shown) = (0, new List<DeadLetter>());
            await run.ForEachAsync(parsed, (_, letter) =>
            {
                if (count++ < parsed.GetValue(limit))
                    shown.Add(letter);
                return Task.CompletedTask;
            }, cancellationToken);
            if (run.IsJson(parsed))
            {
                await run.PrintAsync(new JsonObject
                {
                    ["count"] = count,
                    ["deadLetters"] = new JsonArray([.. shown.Select(letter => letter.ToJson(whole: false))]),
                });
                return CommandLine.Succeeded;
            }
            var console = terminal.Rich();
            Tables.Write(console, title: null, Table(shown));
            console.WriteLine(count switch
            {
                0 => "No dead letters.",
                _ when count > shown.Count =>
                    $"{Tables.Count(count)} dead letters, {Tables.Count(shown.Count)} of them shown: give --limit.",
                _ => $"{Tables.Count(count)} dead letters.",
            });
            return CommandLine.Succeeded;
        });
        return command;
    }

    /// <summary>A row for each.</summary>
    public static Table Table(IEnumerable<DeadLetter> letters)
    {
        var rows = Tables.Of("queue", "message id", "type", "session", "failed", "why");
        foreach (var letter in letters)
        {
            var failed = DateTimeOffset.TryParse(letter.FailedAt, System.Globalization.CultureInfo.InvariantCulture, out var at)
                ? Tables.Time(at)
                : letter.FailedAt;
            rows.Add(letter.Queue, letter.MessageId, letter.Type, letter.Session, failed, letter.Reason.Split('\n')[0]);
        }
        return rows;
    }
}
