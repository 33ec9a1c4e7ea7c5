using System.Diagnostics;
using FlashCall.Gateway.Reference;
using Xunit;

namespace FlashCall.Api.Tests;

/// <summary>The linter of the trade, Spectral, finds nothing in the document; its examples fit their schemas. It needs Node.js with npm,
/// and is installed beside the tests, once.</summary>
public sealed class LintTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Lint");
    private static readonly string Spectral = Path.Combine(Folder, "node_modules", ".bin", "spectral");

    [Fact]
    public async Task The_linter_finds_nothing_in_the_document()
    {
        await InstallAsync();
        var (code, output) = await LintAsync(ApiDocument.Current.Json, "openapi.json");

        Assert.True(code == 0, output);
        Assert.Contains("No results with a severity of 'hint' or higher found", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_as_YAML_has_nothing_wrong_either()
    {
        await InstallAsync();
        var (code, output) = await LintAsync(ApiDocument.Current.Yaml, "openapi.yaml");

        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task The_linter_sees_an_example_that_does_not_fit()
    {
        await InstallAsync();
        var wrong = System.Text.Encoding.UTF8.GetString(ApiDocument.Current.Json)
            .Replace("\"purpose\": \"login\"", "\"purpose\": \"logout\"", StringComparison.Ordinal);
        var (code, output) = await LintAsync(System.Text.Encoding.UTF8.GetBytes(wrong), "wrong.json");

        Assert.NotEqual(0, code);
        Assert.Contains("oas3-valid-media-example", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> LintAsync(byte[] document, string name)
    {
        await File.WriteAllBytesAsync(Path.Combine(Folder, name), document);
        return await RunAsync(Spectral, "lint", "--ruleset", "ruleset.yaml", "--fail-severity", "hint", name);
    }

    private static readonly SemaphoreSlim Installing = new(1);

    private static async Task InstallAsync()
    {
        await Installing.WaitAsync();
        try
        {
            var installed = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
            if (installed.Exists && installed.LastWriteTimeUtc > File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json")))
                return;
            var (code, output) = await RunAsync("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
            Assert.True(code == 0, $"The linter could not be installed. Install Node.js 20 with npm, and let it reach packages.\n{output}");
        }
        finally
        {
            Installing.Release();
        }
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, output + await errors);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return (-1, $"{program}: {exception.Message}");
        }
    }
}
