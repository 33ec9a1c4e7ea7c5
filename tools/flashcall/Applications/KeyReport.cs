using System.Text.Json;
using System.Text.Json.Nodes;
using FlashCall.Cli.Api;

namespace FlashCall.Cli.Applications;

/// <summary>How a new key reaches the person: into files, and what is not saved onto the terminal.</summary>
internal static class KeyReport
{
    /// <summary>Saves and prints the key of an answer: of an application that was made, or the key itself.</summary>
    /// <param name="run">The run that made it.</param>
    /// <param name="files">Where it is saved.</param>
    /// <param name="answer">The API's answer.</param>
    /// <param name="done">What was done, for people.</param>
    /// <returns>The key.</returns>
    public static async Task<ShownKey> WriteAsync(ApiRun run, KeyFiles files, JsonElement answer, string done)
    {
        var document = answer.TryGetProperty("key", out var inside) ? inside : answer;
        var key = ApiRun.Read(document, ApplicationsJson.Default.ShownKey);
        files.Write(key);
        if (run.Json)
        {
            await run.PrintAsync(JsonSerializer.SerializeToElement(WithoutSaved(answer, files), ApplicationsJson.Default.JsonObject));
            return key;
        }
        var output = run.Terminal.Output;
        await output.WriteLineAsync(done);
        if (!files.TakeApiKey || !files.TakeSigningKey)
        {
            await output.WriteLineAsync("Its key, which is not shown again:");
            await output.WriteLineAsync();
            await output.WriteLineAsync($"  key id          {key.Id}");
            if (!files.TakeApiKey)
                await output.WriteLineAsync($"  API key         {key.ApiKey}");
            if (!files.TakeSigningKey)
                await output.WriteLineAsync($"  signing secret  {key.SigningSecret}");
            if (files.Paths.Any())
                await output.WriteLineAsync();
        }
        foreach (var path in files.Paths)
            await output.WriteLineAsync($"saved {path}");
        return key;
    }

    private static JsonObject WithoutSaved(JsonElement answer, KeyFiles files)
    {
        var shown = JsonObject.Create(answer)!;
        var key = shown["key"] as JsonObject ?? shown;
        if (files.TakeApiKey)
            key.Remove("apiKey");
        if (files.TakeSigningKey)
            key.Remove("signingSecret");
        return shown;
    }
}
