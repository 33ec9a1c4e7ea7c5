using System.Diagnostics;
using Xunit;

namespace FlashCall.Api.Tests;

/// <summary>What the page on the API shows runs as it stands, in the language that it is written in.</summary>
public sealed class PageTests(WholePlatform platform)
{
    [Theory]
    [InlineData("sh", "bash", "-euo", "pipefail", "-c")]
    [InlineData("js", "node", "--input-type=module", "--eval")]
    [InlineData("python", "python3", "-c")]
    public async Task The_examples_of_the_page_verify_a_number(string language, string program, params string[] arguments)
    {
        using var phones = platform.Phones();
        var start = new ProcessStartInfo(program, [.. arguments, string.Join('\n', BlocksOf(language))])
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

        Assert.True(process.ExitCode == 0, $"It ended with {process.ExitCode}.\n{output}\n{await errors}");
        Assert.Contains("verified", output, StringComparison.Ordinal);
    }

    private static IEnumerable<string> BlocksOf(string language)
    {
        var inside = false;
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, "docs", "api.md")))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                inside = line == "```" + language;
            else if (inside)
                yield return line;
        }
    }
}
