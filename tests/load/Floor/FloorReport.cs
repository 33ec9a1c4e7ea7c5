using System.Globalization;
using System.Text.Json;
using FlashCall.Load.Verifications;

namespace FlashCall.Load.Floor;

/// <summary>The platform beside its floor, as a table and a line of JSON.</summary>
internal static class FloorReport
{
    private const double LeastRatio = 0.5;

    /// <summary>Prints it.</summary>
    /// <param name="platform">The platform at its highest rate, or at the one that gave the work where none was kept up.</param>
    /// <param name="floor">The floor.</param>
    public static void Print(RateResult platform, FloorResult floor)
    {
        var ratio = platform.PerSecond / floor.PerSecond;
        var platformCpu = platform.Cost!.Cpu.Values.Sum(time => time.TotalMilliseconds) / platform.VerifiedCount;
        var cpuRatio = floor.AllCpuMilliseconds / platformCpu;
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Floor: for each verification {floor.Work.Writes:F2} writing transactions with {floor.Work.Inserted:F1} rows inserted, ")
            + string.Create(CultureInfo.InvariantCulture,
                $"{floor.Work.Updated:F1} updated and {floor.Work.Deleted:F1} deleted, {floor.Work.Reads:F2} that read, ")
            + string.Create(CultureInfo.InvariantCulture,
                $"{floor.Work.Messages} messages, {floor.Work.Requests} requests, {floor.Work.Calls} call of 7 datagrams; {floor.AtOnce} at once."));
        Console.WriteLine();
        Console.WriteLine("| | platform | floor | ratio |");
        Console.WriteLine("|---|---|---|---|");
        Row("verifications/s", platform.PerSecond, floor.PerSecond, ratio);
        Row("CPU, ms each", platformCpu, floor.AllCpuMilliseconds, cpuRatio);
        foreach (var (name, milliseconds) in floor.CpuMilliseconds)
        {
            var ours = platform.Cost.Cpu.TryGetValue(name, out var cpu)
                ? (cpu.TotalMilliseconds / platform.VerifiedCount).ToString("F2", CultureInfo.InvariantCulture)
                : "";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| … {name} | {ours} | {milliseconds:F2} | |"));
        }
        Row("KB of log each", platform.Cost.LogBytes / 1024.0 / platform.VerifiedCount, floor.LogBytes / 1024, null);
        Console.WriteLine();
        Console.WriteLine($"{(ratio >= LeastRatio ? "met" : "NOT MET")}: at least half of the floor's verifications a second");
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            scenario = "floor",
            platform_per_second = Math.Round(platform.PerSecond, 1),
            floor_per_second = Math.Round(floor.PerSecond, 1),
            ratio = Math.Round(ratio, 3),
            platform_cpu_ms = Math.Round(platformCpu, 3),
            floor_cpu_ms = Math.Round(floor.AllCpuMilliseconds, 3),
            cpu_ratio = Math.Round(cpuRatio, 3),
            at_once = floor.AtOnce,
            row_bytes = floor.RowLength,
            work = floor.Work,
        }));
    }

    private static void Row(string name, double platform, double floor, double? ratio) => Console.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"| {name} | {platform:F2} | {floor:F2} | {ratio:F2} |"));
}
