using System.Globalization;
using System.Text.Json;

namespace FlashCall.Load.Gateway;

/// <summary>What came of it, as a table and a line of JSON. Each figure is the median of its rounds.</summary>
internal sealed class GatewayResult(
    Way[] ways, GatewayOptions options, Dictionary<(Way Way, HttpMethod Method, int Rate), List<OpenLoop>> loops,
    Dictionary<Way, List<Throughput>> driven, DatabaseCount.Found database)
{
    /// <summary>Requests that failed, over all.</summary>
    public int Failed { get; } =
        loops.Values.Sum(rounds => rounds.Sum(round => round.Failed)) + driven.Values.Sum(rounds => rounds.Sum(round => round.Failed));

    public void Print()
    {
        var lines = ways.SelectMany(way => options.Rates.SelectMany(rate =>
            new[] { HttpMethod.Get, HttpMethod.Post }.Select(method => Line(way, method, rate)))).OrderBy(line => line.Rate).ToList();
        Console.WriteLine();
        Console.WriteLine("| requests/s | | way | p50, ms | p95, ms | p99, ms | added to the service: p50, p95, p99, ms | sent late, p99, ms |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var line in lines)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {line.Rate} | {line.Method} | {line.Way} | {line.P50:F3} | {line.P95:F3} | {line.P99:F3} "
                + $"| {line.AddedP50:F3}, {line.AddedP95:F3}, {line.AddedP99:F3} | {line.LateP99:F2} |"));
        }
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {options.AtOnce} at once, GET and POST in turn | requests/s | CPU a request, µs |"));
        Console.WriteLine("|---|---|---|");
        foreach (var way in ways)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {way.Name} | {PerSecond(way):F0} | {Cpu(way):F0} |"));
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"The gateway's database had {database.IdlePerSecond:F1} transactions/s without load and {database.LoadedPerSecond:F1} while "
            + $"{database.Requests} requests went through."));
        Console.WriteLine();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            scenario = "gateway",
            rounds = options.Rounds,
            seconds = options.Length.TotalSeconds,
            latencies = lines.Select(line => new
            {
                way = line.Way,
                method = line.Method,
                requests_per_second = line.Rate,
                p50_ms = Math.Round(line.P50, 3),
                p95_ms = Math.Round(line.P95, 3),
                p99_ms = Math.Round(line.P99, 3),
                added_p50_ms = Math.Round(line.AddedP50, 3),
                added_p95_ms = Math.Round(line.AddedP95, 3),
                added_p99_ms = Math.Round(line.AddedP99, 3),
            }),
            at_once = options.AtOnce,
            throughput = ways.Select(way => new
            {
                way = way.Name,
                requests_per_second = Math.Round(PerSecond(way)),
                cpu_microseconds_per_request = Math.Round(Cpu(way)),
            }),
            ratio_to_service = Ratio(ways[2], ways[0]),
            ratio_to_bare_yarp = Ratio(ways[2], ways[1]),
            database_transactions_per_second_idle = Math.Round(database.IdlePerSecond, 2),
            database_transactions_per_second_loaded = Math.Round(database.LoadedPerSecond, 2),
            requests_through_gateway = database.Requests,
            failed_requests = Failed,
        }));
    }

    private Row Line(Way way, HttpMethod method, int rate)
    {
        var (own, service) = (loops[(way, method, rate)], loops[(ways[0], method, rate)]);
        return new Row(
            rate, method.Method, way.Name, Of(own, 0.5), Of(own, 0.95), Of(own, 0.99), Added(0.5), Added(0.95), Added(0.99),
            Percentile.Median(own.Select(round => Percentile.At(round.Late, 0.99))));

        // Round by round: what the machine did in one of them stands on both sides.
        double Added(double share) => Percentile.Median(
            own.Zip(service, (mine, its) => Percentile.At(mine.Times, share) - Percentile.At(its.Times, share)));
    }

    private static double Of(List<OpenLoop> rounds, double share) =>
        Percentile.Median(rounds.Select(round => Percentile.At(round.Times, share)));

    private double PerSecond(Way way) => Percentile.Median(driven[way].Select(round => round.PerSecond));

    private double Cpu(Way way) => Percentile.Median(driven[way].Select(round => round.CpuMicroseconds));

    private double Ratio(Way one, Way other) => Math.Round(
        Percentile.Median(driven[one].Zip(driven[other], (mine, its) => mine.PerSecond / its.PerSecond)), 3);

    private sealed record Row(
        int Rate, string Method, string Way, double P50, double P95, double P99, double AddedP50, double AddedP95, double AddedP99,
        double LateP99);
}
