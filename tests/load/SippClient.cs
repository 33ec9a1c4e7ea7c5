using System.Diagnostics;
using System.Globalization;

namespace FlashCall.Load;

/// <summary>SIPp's own client, a process for each try.</summary>
internal sealed class SippClient(LoadOptions options, Cores cores) : LoadClient(options, cores)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override string Name => "SIPp";

    protected override async Task<Try> TryAsync(int port, int rate, int calls, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("flashcall-load");
        Process? process = null;
        try
        {
            var began = Stopwatch.GetTimestamp();
            process = Sipp.StartClient(
                Cores, folder.FullName, "-sf", Sipp.Scenario("calls.xml"), $"127.0.0.1:{port}",
                "-r", Number(rate), "-m", Number(calls), "-l", Number(calls), "-d", Number((int)RingTime.TotalMilliseconds),
                "-trace_stat", "-stf", "figures.csv", "-fd", "1");
            var cpu = TimeSpan.Zero;
            var most = TimeSpan.FromSeconds((double)calls / rate) + CallTime + Patience;
            while (!process.HasExited)
            {
                if (ProcessFigures.CpuTime(process.Id) is { } used)
                    cpu = used;
                if (Stopwatch.GetElapsedTime(began) > most)
                    process.Kill();
                await Task.Delay(10, cancellationToken);
            }
            await process.WaitForExitAsync(cancellationToken);
            var figures = await ReadAsync(Path.Combine(folder.FullName, "figures.csv"), cancellationToken);
            return new Try
            {
                Rate = rate,
                Calls = calls,
                Succeeded = (int)figures["SuccessfulCall(C)"],
                Retransmitted = (long)figures["Retransmissions(C)"],
                Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds,
                CpuSeconds = cpu.TotalSeconds,
                CallSeconds = CallTime.TotalSeconds,
            };
        }
        finally
        {
            if (process is { HasExited: false })
                process.Kill();
            process?.Dispose();
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The last line of the figures that SIPp writes, by their names in the first.</summary>
    private static async Task<Dictionary<string, double>> ReadAsync(string file, CancellationToken cancellationToken)
    {
        var lines = File.Exists(file) ? await File.ReadAllLinesAsync(file, cancellationToken) : [];
        if (lines.Length < 2)
        {
            throw new InvalidOperationException(
                "SIPp's client wrote no figures; run it by hand with tests/load/scenarios/calls.xml to see why.");
        }
        return lines[0].Split(';').Zip(lines[^1].Split(';'))
            .Where(pair => double.TryParse(pair.Second, CultureInfo.InvariantCulture, out _))
            .GroupBy(pair => pair.First, StringComparer.Ordinal)
            .ToDictionary(
                group => group.Key, group => double.Parse(group.First().Second, CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
