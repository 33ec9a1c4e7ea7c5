using System.Globalization;

namespace FlashCall.Load;

/// <summary>What Linux tells of another process (proc(5)).</summary>
internal static class ProcessFigures
{
    // USER_HZ, which is 100 on every platform that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>CPU time in user and kernel mode; null once the process is gone.</summary>
    public static TimeSpan? CpuTime(int process)
    {
        try
        {
            // The second field is the name in brackets, which may hold anything; utime and stime are the 12th and 13th after it.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return TimeSpan.FromSeconds((Ticks(fields[11]) + Ticks(fields[12])) / TicksPerSecond);
        }
        catch (IOException)
        {
            return null;
        }

        static double Ticks(string field) => double.Parse(field, CultureInfo.InvariantCulture);
    }

    /// <summary>The most memory that the process ever had resident, in bytes.</summary>
    public static long PeakResidentBytes(int process)
    {
        const string Field = "VmHWM:";
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(Field, StringComparison.Ordinal));
        return long.Parse(line[Field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
    }
}
