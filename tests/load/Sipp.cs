using System.Diagnostics;

namespace FlashCall.Load;

/// <summary>How SIPp is started here.</summary>
internal static class Sipp
{
    // Its socket's buffers as large as ours: a burst shall wait and not be lost.
    private const string BufferBytes = "4194304";

    public static string Scenario(string file) => Path.Combine(AppContext.BaseDirectory, "scenarios", file);

    public static Process Start(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("sipp", [.. arguments, "-i", "127.0.0.1", "-nostdin", "-buff_size", BufferBytes])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException("SIPp could not be started.");
        // Its screens are of no use here, but have to go somewhere.
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
