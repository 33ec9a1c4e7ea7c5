using System.CommandLine;
using System.Globalization;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Applications;

/// <summary><c>flashcall applications keys add</c>: makes a further key, so that the one in use can be replaced.</summary>
internal sealed class AddKey : IApiCommand
{
    private readonly Argument<string> _id = ApplicationsCommand.IdArgument();
    private readonly Option<string?> _name = new("--name") { Description = "What the key is for." };
    private readonly Option<string?> _expires = new("--expires") { Description = "When it ends: 2030-01-31T06:00:00Z. Left out: never." };
    private readonly KeyFiles.Options _files = new();

    public AddKey() => Command = new Command("add", "Makes a further key, which is shown once; those that there are go on.")
    {
        _id, _name, _expires, _files.ApiKey, _files.SigningKey,
    };

    public Command Command { get; }

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var id = run.Parsed.GetRequiredValue(_id);
        var key = new NewKey(run.Parsed.GetValue(_name), EndOf(run.Parsed.GetValue(_expires)));
        using var files = _files.Begin(run.Parsed);
        var made = await new ApplicationsApi(run.Api).AddKeyAsync(id, key, cancellationToken);
        await KeyReport.WriteAsync(run, files, made, $"The application {id} has a new key.");
        return CommandLine.Succeeded;
    }

    private static DateTimeOffset? EndOf(string? text)
    {
        if (text is null)
            return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end)
            ? end
            : throw new CommandException($"--expires is '{text}', which is no time. Expected something like 2030-01-31T06:00:00Z.");
    }
}
