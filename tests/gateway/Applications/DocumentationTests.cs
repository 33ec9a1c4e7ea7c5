using System.Diagnostics;
using System.Text.RegularExpressions;

namespace FlashCall.Gateway.Tests.Applications;

/// <summary>The commands of docs/applications.md run as they stand.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public async Task The_commands_of_the_applications_page_add_change_and_remove_one()
    {
        await using var database = await GatewayDatabase.CreateAsync();
        await using var gateway = await RunningGateway.StartAsync(database, [new Uri("http://127.0.0.1:1")]);
        var page = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "docs", "applications.md"));
        var commands = string.Join('\n', ShellBlocks().Matches(page).Select(block => block.Groups["commands"].Value));

        var output = await RunAsync(commands, gateway.Address);

        Assert.Contains("\"apiKey\":\"fck_", output, StringComparison.Ordinal);
        Assert.Contains("\"policies\":{\"login\":{\"ringTime\":\"00:00:03\"}", output, StringComparison.Ordinal);
        Assert.Contains("\"minimumAuthorization\":\"signed\"", output, StringComparison.Ordinal);
        Assert.Contains("\"name\":\"2027\"", output, StringComparison.Ordinal);
        Assert.EndsWith("revoked: 204\nremoved: 204\n", output, StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(string commands, Uri api)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-euo", "pipefail"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["API"] = api.ToString().TrimEnd('/'), ["ADMIN_KEY"] = RunningGateway.AdminKey },
        })!;
        await shell.StandardInput.WriteAsync(commands);
        shell.StandardInput.Close();
        var error = shell.StandardError.ReadToEndAsync();
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, $"Exit code {shell.ExitCode} after\n{output}\n{await error}");
        return output;
    }

    [GeneratedRegex("^```sh\n(?<commands>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ShellBlocks();
}
