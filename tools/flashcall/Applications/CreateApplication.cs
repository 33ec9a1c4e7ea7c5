using System.CommandLine;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Applications;

/// <summary><c>flashcall applications create</c>: makes an application with a first key.</summary>
internal sealed class CreateApplication : IApiCommand
{
    private readonly Argument<string> _id = new("id") { Description = "Its id: 1 to 64 of a-z, 0-9, - and _." };
    private readonly ApplicationOptions _options = new();
    private readonly KeyFiles.Options _files = new();

    public CreateApplication()
    {
        Command = new Command("create", "Makes an application, and a first key for it, which is shown once.") { _id };
        foreach (var option in _options.All)
            Command.Add(option);
        Command.Add(_files.ApiKey);
        Command.Add(_files.SigningKey);
    }

    public Command Command { get; }

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var id = run.Parsed.GetRequiredValue(_id);
        var document = await _options.DocumentAsync(run.Parsed, run.Terminal, current: null, cancellationToken);
        document["id"] = id;
        using var files = _files.Begin(run.Parsed);
        var made = await new ApplicationsApi(run.Api).CreateAsync(document, cancellationToken);
        await KeyReport.WriteAsync(run, files, made, $"The application {id} is made.");
        return CommandLine.Succeeded;
    }
}
