using System.CommandLine;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Applications;

/// <summary><c>flashcall applications</c>: says who may call the API, and with which keys.</summary>
internal static class ApplicationsCommand
{
    public static Command Create(Terminal terminal)
    {
        var keys = new Command("keys", "Adds, lists and revokes the keys of an application.");
        ApiRun.Add(keys, terminal, new AddKey(), new ListKeys(), new RevokeKey());
        var command = new Command(
            "applications", "Says who may call the API, and with which keys: docs/applications.md. Needs the scope admin.") { keys };
        ApiRun.Add(command, terminal,
            new ListApplications(), new ShowApplication(), new CreateApplication(), new EnsureApplication(), new ChangeApplication(),
            new DeleteApplication());
        return command;
    }

    /// <summary>Names an application.</summary>
    public static Argument<string> IdArgument() => new("id") { Description = "The application's id." };
}
