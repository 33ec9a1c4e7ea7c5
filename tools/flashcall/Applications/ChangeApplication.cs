using System.CommandLine;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Applications;

/// <summary><c>flashcall applications change</c>: changes what the options name, and nothing that somebody else changed
/// meanwhile.</summary>
internal sealed class ChangeApplication : IApiCommand
{
    private readonly Argument<string> _id = ApplicationsCommand.IdArgument();
    private readonly ApplicationOptions _options = new();

    public ChangeApplication()
    {
        Command = new Command(
            "change", "Changes what the options name of an application, or with --file all of it; its keys stay.") { _id };
        foreach (var option in _options.All)
            Command.Add(option);
    }

    public Command Command { get; }

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        if (!_options.AreGiven(run.Parsed))
        {
            throw new CommandException(
                "Nothing to change. Say what by one of the options that 'flashcall applications change --help' lists.");
        }
        var api = new ApplicationsApi(run.Api);
        var id = run.Parsed.GetRequiredValue(_id);
        var (current, version) = await api.GetAsync(id, cancellationToken);
        var document = await _options.DocumentAsync(run.Parsed, run.Terminal, current, cancellationToken);
        var changed = await api.ChangeAsync(id, version, document, cancellationToken);
        await run.PrintAsync(changed, ApplicationsJson.Default.ApplicationView,
            application => run.Terminal.Output.WriteLine($"The application {application.Id} is changed."));
        return CommandLine.Succeeded;
    }
}
