using System.CommandLine;
using FlashCall.Cli.Api;
using Spectre.Console;

namespace FlashCall.Cli.Numbers;

/// <summary><c>flashcall numbers strength</c>: how hard the codes are to guess, and what to buy to make them harder.</summary>
internal sealed class ShowStrength : IApiCommand
{
    private readonly Option<string?> _to = new("--to")
    {
        Description = "Of the trunks alone that carry calls to this phone: +46701740605.",
    };

    public ShowStrength() =>
        Command = new Command("strength", "Shows how strong the codes are, and how many numbers are missing to more.") { _to };

    public Command Command { get; }

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var to = run.Parsed.GetValue(_to);
        var path = to is null ? "v1/numbers/strength" : $"v1/numbers/strength?to={Uri.EscapeDataString(to)}";
        var document = await run.Api.GetAsync(path, NumbersJson.Default.JsonElement, cancellationToken);
        await run.PrintAsync(document, NumbersJson.Default.Strength, known => Print(run.Terminal.Rich(), known));
        return CommandLine.Succeeded;
    }

    private static void Print(IAnsiConsole console, Strength known)
    {
        var goals = known.All.Missing.Select(missing => missing.Bits).ToList();
        var table = Tables.Of(
        [
            "of", "", ">active", ">bits", "weakest prefix told", "strongest", .. goals.Select(bits => $">buy for {Tables.Bits(bits)}"),
        ]);
        Add(table, goals, "all", [known.All]);
        Add(table, goals, "country", known.Countries);
        Add(table, goals, "trunk", known.Trunks);
        Add(table, goals, "tag", known.Tags);
        Tables.Write(console, title: null, table);
        console.WriteLine("A code of 10 bits is guessed once in 1,024 times, one of 20 bits once in 1,048,576. What counts is the prefix told:");
        console.WriteLine("buy numbers that are told by the same prefix, such as whole blocks of 10,000. - stands for enough.");
    }

    private static void Add(Table table, List<double> goals, string kind, IReadOnlyList<GroupStrength> groups)
    {
        foreach (var group in groups)
        {
            table.Add([kind, group.Name, Tables.Count(group.Active), Tables.Bits(group.Bits), Told(group.Least), Told(group.Most),
                .. goals.Select(bits => Missing(group, bits))]);
        }
    }

    private static string Told(ToldPrefix? prefix) =>
        prefix is null ? "" : $"{prefix.Prefix}… {Tables.Count(prefix.Active)} ({Tables.Bits(prefix.Bits)})";

    private static string Missing(GroupStrength group, double bits) =>
        group.Missing.FirstOrDefault(missing => missing.Bits.Equals(bits)) is { Numbers: > 0 } missing
            ? Tables.Count(missing.Numbers)
            : "-";
}
