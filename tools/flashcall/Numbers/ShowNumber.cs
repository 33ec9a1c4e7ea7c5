using System.CommandLine;
using FlashCall.Cli.Api;
using Spectre.Console;

namespace FlashCall.Cli.Numbers;

/// <summary><c>flashcall numbers show</c>: all that is known of one number.</summary>
internal sealed class ShowNumber : IApiCommand
{
    private readonly Argument<string> _number = new("number") { Description = "The number, in E.164: +442079460123." };

    public ShowNumber() =>
        Command = new Command("show", "Shows a number: its state, what was done to it, what became of its calls.") { _number };

    public Command Command { get; }

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var path = $"v1/numbers/{Uri.EscapeDataString(run.Parsed.GetRequiredValue(_number))}";
        var document = await run.Api.GetAsync(path, NumbersJson.Default.JsonElement, cancellationToken);
        await run.PrintAsync(document, NumbersJson.Default.NumberDetail, known => Print(run.Terminal.Rich(), known));
        return CommandLine.Succeeded;
    }

    private static void Print(IAnsiConsole console, NumberDetail known)
    {
        var facts = Tables.Of("number", "country", "trunk", "tags", "state", "reason", "among");
        facts.Add(known.Number, known.Run.Country, known.Run.Trunk, string.Join(' ', known.Run.Tags),
            Tables.State(known.Run.State, known.Run.RestsUntil), known.Run.Reason, Tables.Span(known.Run.First, known.Run.Last));
        Tables.Write(console, title: null, facts);

        var history = Tables.Of("when", "what", "until", "who", "reason", "numbers");
        foreach (var past in known.History)
        {
            history.Add(Tables.Time(past.ChangedAt), past.Change, Tables.Time(past.RestsUntil), past.ChangedBy, past.Reason,
                Tables.Span(past.First, past.Last));
        }
        Tables.Write(console, "What was done to it", history);
        Tables.Write(console, "What became of its calls", WearTable.Of(known.Wear));
    }
}

/// <summary>What became of calls, as a table.</summary>
internal static class WearTable
{
    public static Table Of(IReadOnlyList<Wear> wear)
    {
        var table = Tables.Of("trunk", "destination", ">rang", ">answered", ">blocked", ">reported", ">verified", "last");
        foreach (var row in wear)
        {
            table.Add(row.Trunk, row.Destination, Tables.Count(row.Rang), Tables.Count(row.Answered), Tables.Count(row.Blocked),
                Tables.Count(row.Reported), Tables.Count(row.Verified), Tables.Time(row.LastAt));
        }
        return table;
    }
}
