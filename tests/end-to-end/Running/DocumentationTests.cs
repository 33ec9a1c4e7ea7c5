using System.Diagnostics;
using Xunit;

namespace FlashCall.EndToEnd.Tests.Running;

/// <summary>The commands of the documentation run as they stand.</summary>
[Collection(Platform.OneAtATime)]
public sealed class DocumentationTests(Platform platform)
{
    [Fact]
    public async Task The_commands_of_the_api_page_verify_a_number()
    {
        var script = "set -euo pipefail\n" + string.Join('\n', CommandsOf(Path.Combine(Program.Root, "docs", "api.md")));
        var start = new ProcessStartInfo("/bin/bash") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        start.Environment["API"] = Origin(platform.Of("gateway").Address);
        start.Environment["KEY"] = platform.Key;
        start.Environment["HANDSET"] = Origin(platform.Of("handset").Address);
        using var bash = Process.Start(start)!;
        var errors = bash.StandardError.ReadToEndAsync();
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();

        Assert.True(bash.ExitCode == 0, $"The commands ended with {bash.ExitCode}.\n{output}\n{await errors}");
        Assert.Contains("\"status\":\"verified\"", output, StringComparison.Ordinal);
        Assert.Contains("\"timeline\":", output, StringComparison.Ordinal);
        Assert.Contains("\"status\":\"cancelled\"", output, StringComparison.Ordinal);
    }

    private static string Origin(Uri address) => address.GetLeftPart(UriPartial.Authority);

    /// <summary>The shell blocks of a Markdown page, in order.</summary>
    private static IEnumerable<string> CommandsOf(string page)
    {
        var shell = false;
        foreach (var line in File.ReadLines(page))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                shell = line == "```sh";
            else if (shell)
                yield return line;
        }
    }
}
