using System.CommandLine;
using FlashCall.Cli.Api;
using Spectre.Console;

namespace FlashCall.Cli.Numbers;

/// <summary><c>flashcall numbers statistics</c>: how many numbers there are, and how they do.</summary>
internal sealed class ShowStatistics : IApiCommand
{
    public Command Command { get; } = new("statistics", "Counts the numbers by state, and shows what became of their calls.");

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var document = await run.Api.GetAsync("v1/numbers/statistics", NumbersJson.Default.JsonElement, cancellationToken);
        await run.PrintAsync(document, NumbersJson.Default.Statistics, known => Print(run.Terminal.Rich(), known));
        return CommandLine.Succeeded;
    }

    private static void Print(IAnsiConsole console, Statistics known)
    {
        var table = Tables.Of("of", "", ">numbers", ">active", ">resting", ">on trial", ">retired");
        Add(table, "all", [known.All]);
        Add(table, "country", known.Countries);
        Add(table, "trunk", known.Trunks);
        Add(table, "tag", known.Tags);
        Tables.Write(console, title: null, table);
        console.WriteLine($"{Tables.Count(known.LeasesOfLastHour)} leases in the last hour.");
        Tables.Write(console, "What became of calls", WearTable.Of(known.Wear));
    }

    private static void Add(Table table, string kind, IReadOnlyList<StateCount> counts)
    {
        foreach (var count in counts)
        {
            table.Add(kind, count.Name, Tables.Count(count.Numbers), Tables.Count(count.Active), Tables.Count(count.Resting),
                Tables.Count(count.OnTrial), Tables.Count(count.Retired));
        }
    }
}
