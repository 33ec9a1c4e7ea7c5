using System.Diagnostics;

namespace FlashCall.Load.Gateway;

/// <summary>A part of the measurement that runs as a process of its own, see <see cref="PartProgram"/>.</summary>
internal sealed class Part : IAsyncDisposable
{
    private readonly Process _process;

    private Part(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>The CPU time that it has taken so far.</summary>
    public TimeSpan CpuTime => ProcessFigures.CpuTime(_process.Id) ?? throw new InvalidOperationException("A part's process has ended.");

    public static async Task<Part> StartAsync(string part, IEnumerable<string> args)
    {
        string[] all = ["part", part, "--urls=http://127.0.0.1:0", .. args];
        var program = Environment.ProcessPath!;
        var start = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? new ProcessStartInfo(program, [typeof(Part).Assembly.Location, .. all])
            : new ProcessStartInfo(program, all);
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"The process of the {part} could not be started.");
        string? line;
        do
            line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"The {part} ended as it started.");
        while (!line.StartsWith("http://", StringComparison.Ordinal));
        // What it may log from here on has to be taken off it.
        _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        return new Part(process, new Uri(line));
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
