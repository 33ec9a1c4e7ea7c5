using System.CommandLine;
using System.Text.Json;
using FlashCall.Cli.Api;
using Spectre.Console;

namespace FlashCall.Cli.Applications;

/// <summary><c>flashcall applications list</c>: all that there are.</summary>
internal sealed class ListApplications : IApiCommand
{
    public Command Command { get; } = new("list", "Lists the applications.");

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var applications = await new ApplicationsApi(run.Api).ListAsync(cancellationToken);
        if (run.Json)
        {
            await run.PrintAsync(JsonSerializer.SerializeToElement(new Dictionary<string, object?> { ["items"] = applications }));
            return CommandLine.Succeeded;
        }
        var rows = Tables.Of("id", "name", "scopes", "accepts", "requests");
        foreach (var application in applications.Select(document => ApiRun.Read(document, ApplicationsJson.Default.ApplicationView)))
        {
            rows.Add(application.Id, application.Name, string.Join(' ', application.Scopes ?? []), application.MinimumAuthorization,
                ShowApplication.Rate(application.RateLimits?.Requests));
        }
        var console = run.Terminal.Rich();
        Tables.Write(console, title: null, rows);
        console.WriteLine($"{Tables.Count(applications.Count)} applications.");
        return CommandLine.Succeeded;
    }
}
