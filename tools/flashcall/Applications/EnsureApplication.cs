using System.CommandLine;
using System.Text.Json;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Applications;

/// <summary><c>flashcall applications ensure</c>: for scripts that set an installation up, and may run again. An application that is there
/// already stays as it is.</summary>
internal sealed class EnsureApplication : IApiCommand
{
    /// <summary>Between two looks; few enough that they are not taken for somebody who guesses keys.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(350);

    private readonly Argument<string> _id = new("id") { Description = "Its id: 1 to 64 of a-z, 0-9, - and _." };
    private readonly ApplicationOptions _options = new();
    private readonly KeyFiles.Options _files = new();

    public EnsureApplication()
    {
        Command = new Command("ensure",
            "Makes an application unless it is there, and saves a key of it unless the one in the file works. Ends when the key works.")
        {
            _id,
        };
        foreach (var option in _options.All)
            Command.Add(option);
        _files.ApiKey.Required = true;
        Command.Add(_files.ApiKey);
        Command.Add(_files.SigningKey);
    }

    public Command Command { get; }

    /// <summary>How long a new key may take to be known by the gateway, whose replicas look for changes every second.</summary>
    public TimeSpan KnownWithin { get; init; } = TimeSpan.FromSeconds(5);

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var api = new ApplicationsApi(run.Api);
        var id = run.Parsed.GetRequiredValue(_id);
        var isThere = await api.FindAsync(id, cancellationToken) is not null;
        if (isThere && await HasWorkingKeyAsync(api, id, run.Parsed, cancellationToken))
        {
            await run.Terminal.Output.WriteLineAsync($"The application {id} is there, and its saved key works.");
            return CommandLine.Succeeded;
        }
        using var files = _files.Begin(run.Parsed);
        var made = isThere
            ? await api.AddKeyAsync(id, new NewKey(Name: "flashcall applications ensure", ExpiresAt: null), cancellationToken)
            : await CreateAsync(api, id, run, cancellationToken);
        var done = isThere ? $"The application {id} has a new key." : $"The application {id} is made.";
        var key = await KeyReport.WriteAsync(run, files, made, done);
        await UntilKnownAsync(api, id, key.ApiKey, cancellationToken);
        return CommandLine.Succeeded;
    }

    private async Task<JsonElement> CreateAsync(ApplicationsApi api, string id, ApiRun run, CancellationToken cancellationToken)
    {
        var document = await _options.DocumentAsync(run.Parsed, run.Terminal, current: null, cancellationToken);
        document["id"] = id;
        return await api.CreateAsync(document, cancellationToken);
    }

    private async Task<bool> HasWorkingKeyAsync(ApplicationsApi api, string id, ParseResult parsed, CancellationToken cancellationToken)
    {
        if (ReadKey(parsed.GetRequiredValue(_files.ApiKey)!) is not { } apiKey || !await api.KnowsAsync(id, apiKey, cancellationToken))
            return false;
        if (parsed.GetValue(_files.SigningKey) is not { } file)
            return true;
        if (ReadKey(file) is not { } signingKey)
            return false;
        var keys = ApiRun.Read(await api.ListKeysAsync(id, cancellationToken), ApplicationsJson.Default.KeyPage);
        return keys.Items.Any(key => signingKey.StartsWith(key.Id + ":", StringComparison.OrdinalIgnoreCase));
    }

    private async Task UntilKnownAsync(ApplicationsApi api, string id, string apiKey, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; !await api.KnowsAsync(id, apiKey, cancellationToken); waited += Pause)
        {
            if (waited >= KnownWithin)
            {
                throw new CommandException(
                    $"The gateway made a key for {id} and does not know it after {KnownWithin.TotalSeconds:0} s. Look into its log.");
            }
            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>What could be a key: one line of visible signs. Null if the file has none, or is not there.</summary>
    private static string? ReadKey(string file)
    {
        if (!File.Exists(file))
            return null;
        try
        {
            var text = File.ReadAllText(file).Trim();
            return text.Length > 0 && text.All(sign => sign is > ' ' and <= '~') ? text : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The saved key cannot be read: {exception.Message}", exception);
        }
    }
}
