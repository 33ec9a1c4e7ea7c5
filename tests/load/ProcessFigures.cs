using System.Globalization;

namespace FlashCall.Load;

/// <summary>What Linux tells of another process (proc(5)).</summary>
internal static class ProcessFigures
{
    // USER_HZ, which is 100 on every platform that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>CPU time in user and kernel mode; null once the process is gone.</summary>
    public static TimeSpan? CpuTime(int process) => Stat(process) is { } stat ? TimeSpan.FromSeconds(stat.Own) : null;

    /// <summary>The same of a process that gives its work to others: of all that it has started, those included that have ended.</summary>
    public static TimeSpan? CpuTimeOfFamily(int process)
    {
        if (Stat(process) is not { } parent)
            return null;
        var sum = parent.Own + parent.OfEnded;
        foreach (var other in All())
        {
            if (Stat(other) is { } child && child.Parent == process)
                sum += child.Own + child.OfEnded;
        }
        return TimeSpan.FromSeconds(sum);
    }

    /// <summary>Who started it; null once the process is gone.</summary>
    public static int? ParentOf(int process) => Stat(process)?.Parent;

    /// <summary>CPU time of the whole machine, all of its cores and all that runs on them.</summary>
    public static TimeSpan MachineCpuTime()
    {
        // user nice system idle iowait irq softirq steal: what is not idle, waiting for a disk, or not this machine's at all.
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return TimeSpan.FromSeconds(((int[])[1, 2, 3, 6, 7]).Sum(field => Ticks(fields[field])));
    }

    /// <summary>The name of the program; null once the process is gone.</summary>
    public static string? NameOf(int process) => Read($"/proc/{process}/comm")?.Trim();

    /// <summary>All processes that there are.</summary>
    public static IEnumerable<int> All() =>
        from folder in Directory.EnumerateDirectories("/proc")
        let id = int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0
        where id > 0
        select id;

    /// <summary>The most memory that the process ever had resident, in bytes.</summary>
    public static long PeakResidentBytes(int process) =>
        Field(File.ReadAllText($"/proc/{process}/status"), "VmHWM:")
        ?? throw new InvalidOperationException($"Linux does not tell the memory of process {process}.");

    /// <summary>The memory that the process has resident, in bytes; null once it is gone.</summary>
    public static long? ResidentBytes(int process) => Read($"/proc/{process}/status") is { } status ? Field(status, "VmRSS:") : null;

    /// <summary>Its memory, what it shares with others divided among them (PSS), in bytes; null once the process is gone.</summary>
    public static long? ProportionalBytes(int process) => Read($"/proc/{process}/smaps_rollup") is { } maps ? Field(maps, "Pss:") : null;

    private static (int Parent, double Own, double OfEnded)? Stat(int process)
    {
        if (Read($"/proc/{process}/stat") is not { } stat)
            return null;
        // The second field is the name in brackets, which may hold anything; after it come the state, the parent, and as the 12th to 15th
        // the times of the process and of those it has waited for.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (
            int.Parse(fields[1], CultureInfo.InvariantCulture), Ticks(fields[11]) + Ticks(fields[12]),
            Ticks(fields[13]) + Ticks(fields[14]));
    }

    private static double Ticks(string field) => double.Parse(field, CultureInfo.InvariantCulture) / TicksPerSecond;

    private static long? Field(string text, string name)
    {
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null
            ? null
            : long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
    }

    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        // Gone, or another user's.
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
