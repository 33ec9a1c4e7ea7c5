using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FlashCall.Fraud.Policies;
using FlashCall.Load.Sessions;
using FlashCall.Simulation;
using Programs = FlashCall.EndToEnd.Tests.Running.Program;

namespace FlashCall.Load.Replays;

/// <summary>How fast the event log is read, and what it is worth: a bare COPY, the lines of the API, the rebuilt funnel, and what-if, one
/// after the other on the same rows.</summary>
internal sealed class ReplayScenario(ReplayOptions options)
{
    private const double StreamOutGoal = 0.4;
    private const double RebuildGoal = 30_000;
    private const double WhatIfGoal = 50_000;

    public async Task<int> RunAsync()
    {
        if (Environment.GetEnvironmentVariable("FLASHCALL_POSTGRES") is not { Length: > 0 } server)
        {
            Say("FLASHCALL_POSTGRES is missing. Give a server's connection string, or start by tests/load/run, which starts one.");
            return 2;
        }
        await using var database = await SessionDatabase.CreateAsync(server);
        var policy = new Policy(Simulator.DefaultPolicy, 1);
        Say($"Filling the store with {options.Events} events");
        var began = Stopwatch.GetTimestamp();
        var (events, days) = await RecordedStore.FillAsync(database, options.Events, new RecordedCourses(policy, seed: 1));
        Say(string.Create(CultureInfo.InvariantCulture,
            $"{events} events of {days} days in {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s"));
        var copy = await PartAsync("copy", database.ConnectionString);
        var streamOut = await PartAsync("stream-out", database.ConnectionString);
        await RecordedStore.KeepFunnelAsync(database, events);
        var rebuild = await PartAsync("rebuild", database.ConnectionString);
        var (whatIf, same) = await WhatIfAsync(database.ConnectionString, policy);
        Report(copy, streamOut, rebuild, whatIf, same);
        return 0;
    }

    private static async Task<ReplayRun> PartAsync(string part, string database)
    {
        Say(part);
        var (run, output) = await ReplayRun.OfAsync(part, database, typeof(ReplayPart).Assembly.Location, "replay-part", part);
        var figures = output.Trim().Split('\n')[^1].Split(' ');
        return run with
        {
            Count = long.Parse(figures[0], CultureInfo.InvariantCulture),
            Seconds = double.Parse(figures[1], CultureInfo.InvariantCulture),
        };
    }

    /// <summary>The command as an analyst runs it, its start included.</summary>
    private static async Task<(ReplayRun Run, double Same)> WhatIfAsync(string database, Policy policy)
    {
        Say("what-if");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, PolicyText.Write(policy.Document));
            var (run, output) = await ReplayRun.OfAsync(
                "what-if", database,
                Path.Combine(Programs.Root, "tools", "flashcall", "bin", Programs.Configuration, "net10.0", "flashcall.dll"),
                "replay", "what-if", "--policy", file, "--json");
            using var answer = JsonDocument.Parse(output);
            var of = answer.RootElement.GetProperty("policy");
            return (
                run with { Count = answer.RootElement.GetProperty("requests").GetInt64() },
                of.GetProperty("reproducedVerdicts").GetDouble() / of.GetProperty("recordedVerdicts").GetDouble());
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void Report(ReplayRun copy, ReplayRun streamOut, ReplayRun rebuild, ReplayRun whatIf, double same)
    {
        Console.WriteLine();
        Console.WriteLine("| | a second | of COPY | seconds | memory at most, MB | first half, second half, MB |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var (run, what) in ((ReplayRun, string)[])
            [(copy, "bare COPY, events"), (streamOut, "stream-out, events"), (rebuild, "funnel rebuilt, events"), (whatIf, "what-if, requests")])
        {
            var ofCopy = run == whatIf ? "" : (run.PerSecond / copy.PerSecond).ToString("P0", CultureInfo.InvariantCulture);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {what} | {run.PerSecond:N0} | {ofCopy} | {run.Seconds:F1} | {Megabytes(run.PeakBytes):F0} | {Megabytes(run.FirstHalfBytes):F0}, {Megabytes(run.SecondHalfBytes):F0} |"));
        }
        Console.WriteLine();
        var ratio = streamOut.PerSecond / copy.PerSecond;
        Goal(ratio >= StreamOutGoal, string.Create(CultureInfo.InvariantCulture, $"stream-out at {StreamOutGoal:P0} of COPY ({ratio:P0})"));
        Goal(rebuild.PerSecond >= RebuildGoal,
            string.Create(CultureInfo.InvariantCulture, $"{RebuildGoal:N0} events a second rebuilt ({rebuild.PerSecond:N0})"));
        Goal(whatIf.PerSecond >= WhatIfGoal,
            string.Create(CultureInfo.InvariantCulture, $"{WhatIfGoal:N0} requests a second asked what if ({whatIf.PerSecond:N0})"));
        Goal(same >= 1, string.Create(CultureInfo.InvariantCulture, $"the policy that was live says again what was recorded ({same:P2})"));
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            scenario = "replay",
            events = copy.Count,
            requests = whatIf.Count,
            copy_per_second = Math.Round(copy.PerSecond),
            stream_out_per_second = Math.Round(streamOut.PerSecond),
            stream_out_of_copy = Math.Round(ratio, 3),
            rebuild_per_second = Math.Round(rebuild.PerSecond),
            what_if_requests_per_second = Math.Round(whatIf.PerSecond),
            same_verdicts = same,
            memory_mb = ((ReplayRun[])[copy, streamOut, rebuild, whatIf]).ToDictionary(run => run.Name, run => (int[])
                [(int)Megabytes(run.PeakBytes), (int)Megabytes(run.FirstHalfBytes), (int)Megabytes(run.SecondHalfBytes)]),
        }));
    }

    private static double Megabytes(long bytes) => bytes / 1e6;

    private static void Goal(bool isMet, string what) => Console.WriteLine($"{(isMet ? "met" : "NOT MET")}: {what}");

    private static void Say(string line) => Console.Error.WriteLine(line);
}
