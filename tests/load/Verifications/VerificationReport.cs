using System.Globalization;
using System.Text.Json;

namespace FlashCall.Load.Verifications;

/// <summary>What came of it, as tables and a line of JSON.</summary>
/// <param name="options">What was asked for.</param>
/// <param name="results">A result for each rate, in their order.</param>
/// <param name="idle">What everything used while nobody asked for anything.</param>
/// <param name="memory">Memory by program, from before the first rate to after the last.</param>
/// <param name="durability">What the database server does with a commit.</param>
internal sealed class VerificationReport(
    VerificationOptions options, IReadOnlyList<RateResult> results, Usage.Difference idle,
    IReadOnlyList<IReadOnlyDictionary<string, long>> memory, string durability)
{
    private static readonly string[] Services = ["gateway", "verification", "fraud", "number-pool", "dialer"];

    private const int GoalRate = 300;

    private readonly string[] _programs = [.. Services, .. idle.Cpu.Keys.Except(Services, StringComparer.Ordinal)];
    private readonly string[] _databases = [.. idle.Databases.Keys];

    /// <summary>The highest rate that goes on; null where none does.</summary>
    public RateResult? Peak { get; } = results.Where(result => result.Holds).MaxBy(result => result.Rate);

    /// <summary>A rate in one line.</summary>
    public static string Line(RateResult result) => string.Create(CultureInfo.InvariantCulture,
        $"{result.Rate,5}/s: {result.PerSecond:F1}/s verified, {result.Failed} of {result.Asked} failed, ")
        + string.Create(CultureInfo.InvariantCulture,
            $"POST→INVITE p50 {result.Invited.P50:F1} p99 {result.Invited.P99:F1} ms, report→verified p50 {result.Verified.P50:F1} p99 {result.Verified.P99:F1} ms, ")
        + string.Create(CultureInfo.InvariantCulture,
            $"{CpuOf(result):F2} ms CPU each, others {result.Cost?.OthersCores:F2} cores{(result.Holds ? "" : "  — too much")}");

    public void Print()
    {
        Console.WriteLine();
        Console.WriteLine(
            $"{options.Length.TotalSeconds} s each, {options.Replicas} of each service, {options.Stored} finished sessions stored before; "
            + $"PostgreSQL: {durability}. Times in ms from when the step was due; CPU in ms a verification.");
        Latencies();
        Rebuilding();
        Costs();
        Counts();
        Memory();
        Console.WriteLine();
        foreach (var failed in results.Where(result => result.Failed > 0))
            Console.WriteLine($"Failed at {failed.Rate}/s: {string.Join(", ", failed.Failures.Select(one => $"{one.Key} {one.Value}"))}");
        Console.WriteLine(Peak is null
            ? "No rate was kept up."
            : string.Create(CultureInfo.InvariantCulture, $"The highest rate that was kept up: {Peak.Rate}/s."));
        Targets();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            scenario = "verifications",
            seconds = options.Length.TotalSeconds,
            replicas = options.Replicas,
            stored = options.Stored,
            durability,
            peak_per_second = Peak?.Rate,
            rates = results.Select(Json),
            memory_megabytes = new
            {
                before = ServicesMegabytes(memory[0]),
                most = memory.Max(ServicesMegabytes),
                after = ServicesMegabytes(memory[^1]),
            },
        }));
    }

    private void Latencies()
    {
        Head("rate", "verified/s", "failed", "POST→INVITE p50, p95, p99, most", "report→verified p50, p95, p99", "POST→answer p50, p99",
            "POST→verified p50, p99", "sent late p99", "under way at most", "cores: all, others", "");
        foreach (var result in results)
        {
            Row(Text(result.Rate), Text(result.PerSecond, 1), Text(result.Failed),
                $"{Three(result.Invited)}, {Text(result.Invited.Most, 0)}", Three(result.Verified),
                $"{Text(result.Answered.P50, 1)}, {Text(result.Answered.P99, 1)}",
                $"{Text(result.Whole.P50, 1)}, {Text(result.Whole.P99, 1)}",
                Text(result.Late.P99, 1), Text(result.MostUnderWay), $"{Text(result.Cost!.Cores, 2)}, {Text(result.Cost.OthersCores, 2)}",
                result.Holds ? "" : "too much");
        }
    }

    private void Rebuilding()
    {
        if (options.Rebuild is null)
            return;
        Head("rate", "events/s rebuilt beside", "failed", "POST→INVITE p50, p95, p99", "while rebuilding", "p99 of before",
            "report→verified p50, p95, p99", "while rebuilding", "p99 of before");
        foreach (var result in results)
        {
            if (result.Beside is not { } beside)
                continue;
            Row(Text(result.Rate), Text(beside.RebuiltPerSecond), Text(beside.Failed),
                Three(result.Invited), Three(beside.Invited), Text(beside.Invited.P99 / result.Invited.P99, 2),
                Three(result.Verified), Three(beside.Verified), Text(beside.Verified.P99 / result.Verified.P99, 2));
        }
    }

    private void Costs()
    {
        Head(["CPU, ms", .. _programs, "all"]);
        foreach (var result in results)
        {
            Row([Text(result.Rate) + "/s", .. _programs.Select(program => Text(CpuOf(result, program), 2)), Text(CpuOf(result), 2)]);
        }
        Row(["idle, ms CPU/s", .. _programs.Select(program => Text(idle.Cpu[program].TotalMilliseconds / idle.Took.TotalSeconds, 1)),
            Text(idle.Cores * 1000, 1)]);
    }

    private void Counts()
    {
        Head(["transactions", .. _databases, "all", "of them writing", "rows written", "KB of log", "SIP messages"]);
        foreach (var result in results)
        {
            Row([Text(result.Rate) + "/s", .. _databases.Select(name => Text(Each(result, cost => cost.Databases[name].Commits), 2)),
                Text(Each(result, cost => cost.Commits), 2), Text(Each(result, cost => cost.Writes), 2),
                Text(Each(result, cost => cost.Rows), 1), Text(Each(result, cost => cost.LogBytes / 1024.0), 1),
                Text(Each(result, cost => cost.Datagrams), 2)]);
        }
        var seconds = idle.Took.TotalSeconds;
        Row(["idle, a second", .. _databases.Select(name => Text(idle.Databases[name].Commits / seconds, 1)),
            Text(idle.Commits / seconds, 1), Text(idle.Writes / seconds, 1), Text(idle.Rows / seconds, 1), Text(idle.LogBytes / 1024.0 / seconds, 1),
            Text(idle.Datagrams / seconds, 1)]);
    }

    private void Memory()
    {
        string[] names = [.. _programs.Where(memory[0].ContainsKey)];
        Head(["memory (PSS), MB", .. names, "services together"]);
        Row(["before", .. names.Select(name => Megabytes(memory[0][name])), Text(ServicesMegabytes(memory[0]), 0)]);
        Row(["at most", .. names.Select(name => Megabytes(memory.Max(look => look[name]))), Text(memory.Max(ServicesMegabytes), 0)]);
        Row(["after", .. names.Select(name => Megabytes(memory[^1][name])), Text(ServicesMegabytes(memory[^1]), 0)]);
    }

    private void Targets()
    {
        Target($"{GoalRate} verifications a second without an error", Peak?.Rate >= GoalRate);
        // Only where a rate near half of the peak was measured can be said how long it takes there.
        var half = results.Where(result => Peak is not null && result.Rate * 2 <= Peak.Rate).MaxBy(result => result.Rate);
        if (half is not null && half.Rate * 3 >= Peak!.Rate)
        {
            Target($"at {half.Rate}/s, half of the peak or less: POST→INVITE p50 20 ms, p99 100 ms, report→verified p99 50 ms",
                half.Invited.P50 <= 20 && half.Invited.P99 <= 100 && half.Verified.P99 <= 50);
        }
        foreach (var result in results)
        {
            if (result.Beside is { } beside)
            {
                Target($"at {result.Rate}/s p99 within 20 % while the funnel is rebuilt",
                    beside.Invited.P99 <= 1.2 * result.Invited.P99 && beside.Verified.P99 <= 1.2 * result.Verified.P99);
            }
        }
        Target("all services together in less than 1500 MB", memory.Max(ServicesMegabytes) < 1500);
    }

    private static void Target(string target, bool met) => Console.WriteLine($"{(met ? "met" : "NOT MET")}: {target}");

    private object Json(RateResult result) => new
    {
        rebuilding = result.Beside is { } beside
            ? new
            {
                events_per_second = Math.Round(beside.RebuiltPerSecond),
                failed = beside.Failed,
                post_to_invite_ms = Percentiles(beside.Invited),
                report_to_verified_ms = Percentiles(beside.Verified),
                post_to_invite_p99_of_before = Math.Round(beside.Invited.P99 / result.Invited.P99, 3),
                report_to_verified_p99_of_before = Math.Round(beside.Verified.P99 / result.Verified.P99, 3),
            }
            : null,
        per_second = result.Rate,
        verified_per_second = Math.Round(result.PerSecond, 1),
        asked = result.Asked,
        failed = result.Failed,
        holds = result.Holds,
        post_to_invite_ms = Percentiles(result.Invited),
        report_to_verified_ms = Percentiles(result.Verified),
        post_to_answer_ms = Percentiles(result.Answered),
        post_to_verified_ms = Percentiles(result.Whole),
        sent_late_p99_ms = Math.Round(result.Late.P99, 2),
        under_way_at_most = result.MostUnderWay,
        cpu_ms = _programs.ToDictionary(
            program => program, program => Math.Round(CpuOf(result, program), 3), StringComparer.Ordinal),
        cpu_ms_all = Math.Round(CpuOf(result), 3),
        others_cores = Math.Round(result.Cost!.OthersCores, 2),
        transactions = _databases.ToDictionary(
            name => name, name => Math.Round(Each(result, cost => cost.Databases[name].Commits), 2), StringComparer.Ordinal),
        writing_transactions = Math.Round(Each(result, cost => cost.Writes), 2),
        rows_written = Math.Round(Each(result, cost => cost.Rows), 1),
        log_kilobytes = Math.Round(Each(result, cost => cost.LogBytes / 1024.0), 1),
        sip_messages = Math.Round(Each(result, cost => cost.Datagrams), 2),
    };

    private static object Percentiles(Latency latency) =>
        new { p50 = Math.Round(latency.P50, 2), p95 = Math.Round(latency.P95, 2), p99 = Math.Round(latency.P99, 2) };

    private static double CpuOf(RateResult result) => Each(result, cost => cost.Cpu.Values.Sum(time => time.TotalMilliseconds));

    private static double CpuOf(RateResult result, string program) => Each(result, cost => cost.Cpu[program].TotalMilliseconds);

    private static double Each(RateResult result, Func<Usage.Difference, double> of) =>
        result.Cost is { } cost && result.VerifiedCount > 0 ? of(cost) / result.VerifiedCount : 0;

    private static double ServicesMegabytes(IReadOnlyDictionary<string, long> look) =>
        Math.Round(Services.Sum(name => look[name]) / 1e6, 1);

    private static string Megabytes(long bytes) => Text(bytes / 1e6, 0);

    private static string Three(Latency latency) => $"{Text(latency.P50, 1)}, {Text(latency.P95, 1)}, {Text(latency.P99, 1)}";

    private static string Text(double value, int digits = 0) => value.ToString($"F{digits}", CultureInfo.InvariantCulture);

    private static void Head(params string[] names)
    {
        Console.WriteLine();
        Row(names);
        Console.WriteLine($"|{string.Concat(Enumerable.Repeat("---|", names.Length))}");
    }

    private static void Row(params string[] cells) => Console.WriteLine($"| {string.Join(" | ", cells)} |");
}
