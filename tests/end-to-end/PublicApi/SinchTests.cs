using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using FlashCall.EndToEnd.Tests.Running;
using Xunit;

namespace FlashCall.EndToEnd.Tests.PublicApi;

/// <summary>A backend that was written for Sinch: with Sinch's client library for Node, unchanged. What it does is in
/// <c>tests/sinch-node/paths.cjs</c>.</summary>
[Collection(Platform.OneAtATime)]
public sealed class SinchTests(Platform platform)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task Sinchs_client_library_for_Node_works_with_another_address()
    {
        using var patience = new CancellationTokenSource(Patience);
        var folder = await InstallAsync(patience.Token);
        var port = Running.Program.FreePort(SocketType.Stream).ToString(CultureInfo.InvariantCulture);
        var application = await platform.AddApplicationAsync(new
        {
            id = "sinch",
            name = "Written for Sinch",
            scopes = Platform.ClientScopes,
            minimumAuthorization = "public",
            sinch = new { callbackUrl = $"http://127.0.0.1:{port}/callbacks", purpose = "login" },
        });
        using var first = platform.NextPhone();
        using var second = platform.NextPhone();
        using var third = platform.NextPhone();

        var (code, said) = await RunAsync("node", folder, ["paths.cjs"], new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PLATFORM"] = platform.Of("gateway").Address.AbsoluteUri.TrimEnd('/'),
            ["HANDSET"] = platform.Of("handset").Address.AbsoluteUri.TrimEnd('/'),
            ["KEY"] = application.Id.ToString(),
            ["SECRET"] = Convert.ToBase64String(application.SigningSecret),
            ["CALLBACK_PORT"] = port,
            ["PHONES"] = $"{first.Number},{second.Number},{third.Number}",
        }, patience.Token);

        Assert.True(code == 0, said);
        Assert.Equal(
            ["passed: reportByIdAndLookUp", "passed: reportByNumberAndStartAnew", "passed: errors", "passed: callbacks"],
            said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Where(line => line.StartsWith("passed", StringComparison.Ordinal)));
        platform.AssertNoNumberInLogs();
    }

    /// <summary>Installs the library as it is pinned, beside this test and not in the sources.</summary>
    private static async Task<string> InstallAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "sinch-node")).FullName;
        foreach (var file in (string[])["package.json", "package-lock.json", ".npmrc", "paths.cjs"])
            File.Copy(Path.Combine(Running.Program.Root, "tests", "sinch-node", file), Path.Combine(folder, file), overwrite: true);
        var (code, said) = await RunAsync(
            "npm", folder, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], environment: null, cancellationToken);
        Assert.True(code == 0, $"npm could not install what tests/sinch-node/package-lock.json names; it needs the npm registry once.\n{said}");
        return folder;
    }

    private static async Task<(int Code, string Said)> RunAsync(
        string program, string folder, string[] arguments, IReadOnlyDictionary<string, string>? environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Fail($"There is no '{program}' here. Install Node.js 18 or later with npm: on Debian, deploy/local/packages nodejs npm does.");
        }
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, $"{await output}\n{await errors}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
