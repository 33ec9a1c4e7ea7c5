using System.CommandLine;
using System.Text.Json;
using FlashCall.Cli.Api;
using Spectre.Console;

namespace FlashCall.Cli.Applications;

/// <summary><c>flashcall applications show</c>: all that is known of one application, its keys' secrets excepted.</summary>
internal sealed class ShowApplication : IApiCommand
{
    private readonly Argument<string> _id = ApplicationsCommand.IdArgument();

    public ShowApplication() => Command = new Command("show", "Shows an application and its keys.") { _id };

    public Command Command { get; }

    public async Task<int> RunAsync(ApiRun run, CancellationToken cancellationToken)
    {
        var api = new ApplicationsApi(run.Api);
        var id = run.Parsed.GetRequiredValue(_id);
        var (document, _) = await api.GetAsync(id, cancellationToken);
        if (run.Json)
        {
            await run.PrintAsync(document);
            return CommandLine.Succeeded;
        }
        var console = run.Terminal.Rich();
        Print(console, ApiRun.Read(document, ApplicationsJson.Default.ApplicationView));
        ListKeys.Print(console, ApiRun.Read(await api.ListKeysAsync(id, cancellationToken), ApplicationsJson.Default.KeyPage));
        return CommandLine.Succeeded;
    }

    /// <summary>A rate for people: <c>600 per 00:01:00</c>.</summary>
    public static string Rate(ApplicationView.RateLimitView? rate) => rate is null ? "" : $"{Tables.Count(rate.Permits)} per {rate.Per}";

    private static void Print(IAnsiConsole console, ApplicationView application)
    {
        var facts = Tables.Of("", "");
        facts.Add("id", application.Id);
        facts.Add("name", application.Name);
        facts.Add("scopes", string.Join(' ', application.Scopes ?? []));
        facts.Add("accepts", application.MinimumAuthorization);
        facts.Add("requests", Rate(application.RateLimits?.Requests));
        facts.Add("with a client token", Rate(application.RateLimits?.ClientToken));
        facts.Add("origins", string.Join(' ', application.AllowedOrigins ?? []));
        if (application.Sinch?.CallbackUrl is { } callback)
            facts.Add("Sinch callback", callback);
        foreach (var (purpose, policy) in application.Policies?.AsEnumerable() ?? [])
            facts.Add($"policy {purpose}", Sentence(policy));
        facts.HideHeaders();
        Tables.Write(console, title: null, facts);
    }

    private static string Sentence(JsonElement policy) => policy.ValueKind == JsonValueKind.Object
        ? string.Join(", ", policy.EnumerateObject().Select(field => $"{field.Name} {field.Value}"))
        : policy.ToString();
}
