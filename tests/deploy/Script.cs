using System.Diagnostics;

namespace FlashCall.Deploy.Tests;

/// <summary>A run of <c>deploy/local/servers</c>, or of another program.</summary>
internal sealed record Script(int ExitCode, string Output, string Error)
{
    /// <summary>The repository that these tests were built in.</summary>
    public static string Repository { get; } = FindRepository();

    public static Task<Script> RunAsync(params string[] arguments) => RunProcessAsync(Path.Combine(Repository, "deploy/local/servers"), arguments);

    public static async Task<Script> RunProcessAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Script(process.ExitCode, await output, await error);
    }

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "deploy/local/servers")))
                return folder.FullName;
        }
        throw new InvalidOperationException("deploy/local/servers is in no folder above these tests.");
    }
}
