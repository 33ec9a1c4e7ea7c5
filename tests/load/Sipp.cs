using System.Diagnostics;

namespace FlashCall.Load;

/// <summary>How SIPp is started here.</summary>
internal static class Sipp
{
    private const string Program = "sipp";

    // Its socket's buffers as large as ours: a burst shall wait and not be lost.
    private const string BufferBytes = "4194304";

    public static string Scenario(string file) => Path.Combine(AppContext.BaseDirectory, "scenarios", file);

    public static Process StartServer(Cores cores, string folder, params IEnumerable<string> arguments) =>
        Start(cores.Server(Program, All(arguments)), folder);

    public static Process StartClient(Cores cores, string folder, params IEnumerable<string> arguments) =>
        Start(cores.Client(Program, All(arguments)), folder);

    private static IEnumerable<string> All(IEnumerable<string> arguments) =>
        [.. arguments, "-i", "127.0.0.1", "-nostdin", "-buff_size", BufferBytes];

    private static Process Start(ProcessStartInfo start, string folder)
    {
        start.WorkingDirectory = folder;
        start.UseShellExecute = false;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var process = Process.Start(start) ?? throw new InvalidOperationException("SIPp could not be started.");
        // Its screens are of no use here, but have to go somewhere.
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
