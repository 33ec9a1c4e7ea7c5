using System.Diagnostics;

namespace FlashCall.Load.Replays;

/// <summary>What one way through the log took.</summary>
/// <param name="Name">Which.</param>
/// <param name="Count">Events, or requests.</param>
/// <param name="Seconds">How long.</param>
/// <param name="PeakBytes">The most memory it ever had.</param>
/// <param name="FirstHalfBytes">The most it had in the first half of its time.</param>
/// <param name="SecondHalfBytes">The most it had in the second half.</param>
internal sealed record ReplayRun(
    string Name, long Count, double Seconds, long PeakBytes, long FirstHalfBytes, long SecondHalfBytes)
{
    /// <summary>A second.</summary>
    public double PerSecond => Count / Seconds;

    /// <summary>Runs a program and watches its memory.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="database">The connection string that it is given.</param>
    /// <param name="arguments">The program and its arguments, for <c>dotnet</c>.</param>
    /// <returns>How long it took from its start, its memory, and its output.</returns>
    public static async Task<(ReplayRun Run, string Output)> OfAsync(string name, string database, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment[ReplayPart.Database] = database;
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started.");
        var output = process.StandardOutput.ReadToEndAsync();
        var memory = new List<(TimeSpan At, long Bytes)>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!process.HasExited)
        {
            if (ProcessFigures.ResidentBytes(process.Id) is { } bytes)
                memory.Add((Stopwatch.GetElapsedTime(began), bytes));
            await timer.WaitForNextTickAsync();
        }
        await process.WaitForExitAsync();
        var text = await output;
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{name} ended with {process.ExitCode}; what is wrong stands above.");
        var half = TimeSpan.FromSeconds(seconds / 2);
        return (new ReplayRun(name, 0, seconds,
            memory.Max(one => one.Bytes),
            memory.Where(one => one.At <= half).Select(one => one.Bytes).DefaultIfEmpty().Max(),
            memory.Where(one => one.At > half).Select(one => one.Bytes).DefaultIfEmpty().Max()), text);
    }
}
