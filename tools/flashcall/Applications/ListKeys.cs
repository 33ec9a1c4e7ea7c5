using System.CommandLine;
using FlashCall.Cli.Api;
using Spectre.Console;

namespace FlashCall.Cli.Applications;

/// <summary><c>flashcall applications keys list</c>: the keys of an application, without what is secret of them.</summary>
internal sealed class ListKeys : IApiCommand
{
    private readonly Argument<string> _id = ApplicationsCommand.IdArgument();

    public ListKeys() =>
        Command = new Command("list", "Lists the keys of an application; what is secret of them is not shown again.") { _id };

    public Command Command { get; }

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var document = await new ApplicationsApi(run.Api).ListKeysAsync(run.Parsed.GetRequiredValue(_id), cancellationToken);
        await run.PrintAsync(document, ApplicationsJson.Default.KeyPage, page => Print(run.Terminal.Rich(), page));
        return CommandLine.Succeeded;
    }

    /// <summary>Prints keys as a table.</summary>
    public static void Print(IAnsiConsole console, KeyPage page)
    {
        var keys = Tables.Of("key id", "name", "made", "ends");
        foreach (var key in page.Items)
            keys.Add(key.Id, key.Name, Tables.Time(key.CreatedAt), Tables.Time(key.ExpiresAt));
        Tables.Write(console, title: null, keys);
        if (page.Items.Count == 0)
            console.WriteLine("No keys: nobody can call for it. 'flashcall applications keys add' makes one.");
    }
}
