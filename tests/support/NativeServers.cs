using System.Diagnostics;
using System.Text.RegularExpressions;

namespace FlashCall.Testing;

/// <summary>The native servers of <c>deploy/local</c>, with data that is thrown away.</summary>
internal static partial class NativeServers
{
    private const string Script = "deploy/local/servers";

    public static async Task<TestServers> StartAsync(CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("flashcall-test-").FullName;
        // PostgreSQL refuses root and runs as another user then, who must be able to enter.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(data, (UnixFileMode)0b111_101_101);
        try
        {
            await RunAsync(["install"], cancellationToken);
            // Should this process be killed, the servers end too.
            var settings = await RunAsync(["start", "--throw-away", "--data", data, "--until", $"{Environment.ProcessId}"], cancellationToken);
            return new TestServers("native", Setting(settings, TestServers.PostgresVariable), Setting(settings, TestServers.RabbitMqVariable), StopAsync);
        }
        catch
        {
            await StopAsync();
            throw;
        }

        async ValueTask StopAsync() => await RunAsync(["stop", "--remove", "--data", data], CancellationToken.None);
    }

    /// <summary>Runs the script and returns what it printed; what it says about its progress goes to standard error.</summary>
    internal static async Task<string> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(FindScript(), arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{Script} could not be started.");
        var said = new List<string>();
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
                return;
            said.Add(line.Data);
            Console.Error.WriteLine(line.Data);
        };
        process.BeginErrorReadLine();
        var printed = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? printed
            : throw new InvalidOperationException($"No test servers: set {TestServers.PostgresVariable} and {TestServers.RabbitMqVariable}, start Docker, or see why {Script} failed: {said.LastOrDefault()}");
    }

    /// <summary>The script, in the repository that this program was built in.</summary>
    private static string FindScript()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Combine(folder.FullName, Script) is var path && File.Exists(path))
                return path;
        }
        throw new InvalidOperationException($"{Script} is in no folder above {AppContext.BaseDirectory}: set {TestServers.PostgresVariable} and {TestServers.RabbitMqVariable}.");
    }

    /// <summary>A setting that the script printed when it started the servers.</summary>
    internal static string Setting(string settings, string name) =>
        Exports().Matches(settings).FirstOrDefault(export => export.Groups["name"].Value == name)?.Groups["value"].Value
        ?? throw new InvalidOperationException($"{Script} start did not print {name}.");

    [GeneratedRegex("^export (?<name>[A-Z_]+)='(?<value>[^']*)'$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Exports();
}
