using System.Diagnostics;
using Xunit;

namespace FlashCall.Api.Tests;

/// <summary>What the page on the API shows runs as it stands, in the language that it is written in.</summary>
public sealed class PageTests(WholePlatform platform)
{
    [Fact]
    public async Task The_commands_of_the_page_run()
    {
        // One shell for all of them: later ones use what earlier ones found.
        var output = await RunAsync("bash", "-euo", "pipefail", "-c", string.Join('\n', Blocks("sh")));

        Assert.Contains("\"status\":\"verified\"", output, StringComparison.Ordinal);
        Assert.Contains("\"resultToken\":", output, StringComparison.Ordinal);
        Assert.Contains("event: cancelled", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("js", "verified", "cancelled", "node", "--input-type=module", "--eval")]
    [InlineData("python", "verified", "verified", "python3", "-c")]
    public async Task The_programs_of_the_page_run(string language, string first, string last, string program, params string[] arguments)
    {
        var outputs = new List<string>();
        foreach (var block in Blocks(language))
            outputs.Add(await RunAsync(program, [.. arguments, block]));

        Assert.Contains(first, outputs[0], StringComparison.Ordinal);
        Assert.Contains(last, outputs[^1], StringComparison.Ordinal);
    }

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var phones = platform.Phones();
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["API"] = platform.Address.GetLeftPart(UriPartial.Authority);
        start.Environment["KEY"] = platform.Key;
        start.Environment["HANDSET"] = phones.BaseAddress!.GetLeftPart(UriPartial.Authority);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}.\n{output}\n{await errors}");
        return output;
    }

    /// <summary>The blocks of a language in the page, in order.</summary>
    private static List<string> Blocks(string language)
    {
        var blocks = new List<string>();
        List<string>? block = null;
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, "docs", "api.md")))
        {
            if (line == "```" + language && block is null)
            {
                block = [];
            }
            else if (line == "```" && block is not null)
            {
                blocks.Add(string.Join('\n', block));
                block = null;
            }
            else
            {
                block?.Add(line);
            }
        }
        return blocks;
    }
}
