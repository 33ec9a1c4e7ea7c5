using System.CommandLine;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Applications;

/// <summary><c>flashcall applications delete</c>: ends an application and all its keys.</summary>
internal sealed class DeleteApplication : IApiCommand
{
    private readonly Argument<string> _id = ApplicationsCommand.IdArgument();

    public DeleteApplication() =>
        Command = new Command("delete", "Deletes an application and its keys; verifications under way go on.") { _id };

    public Command Command { get; }

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var id = run.Parsed.GetRequiredValue(_id);
        await new ApplicationsApi(run.Api).DeleteAsync(id, cancellationToken);
        if (!run.Json)
            await run.Terminal.Output.WriteLineAsync($"The application {id} is deleted.");
        return CommandLine.Succeeded;
    }
}
