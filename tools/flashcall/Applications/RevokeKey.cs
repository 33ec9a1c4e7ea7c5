using System.CommandLine;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Applications;

/// <summary><c>flashcall applications keys revoke</c>: ends a key at once.</summary>
internal sealed class RevokeKey : IApiCommand
{
    private readonly Argument<string> _id = ApplicationsCommand.IdArgument();
    private readonly Argument<string> _key = new("key") { Description = "The key's id, as 'flashcall applications keys list' shows it." };

    public RevokeKey() => Command = new Command("revoke", "Revokes a key: within about a second nobody is let in with it.") { _id, _key };

    public Command Command { get; }

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var key = run.Parsed.GetRequiredValue(_key);
        await new ApplicationsApi(run.Api).RevokeKeyAsync(run.Parsed.GetRequiredValue(_id), key, cancellationToken);
        if (!run.Json)
            await run.Terminal.Output.WriteLineAsync($"The key {key} is revoked.");
        return CommandLine.Succeeded;
    }
}
