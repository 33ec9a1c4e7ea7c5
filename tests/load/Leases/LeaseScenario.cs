using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using NpgsqlTypes;

namespace FlashCall.Load.Leases;

/// <summary>Leases at three sizes of the pool, of one, two and four replicas on a tiny pool and on the largest one, and whether all numbers
/// are leased alike.</summary>
internal sealed class LeaseScenario(LeaseOptions options)
{
    private const int Tiny = 100;
    private const int Uniform = 1_000;
    private const double MostGrowth = 1.25;
    private const double LeastP = 0.001;
    private static readonly int[] Replicas = [1, 2, 4];

    private readonly Dictionary<string, LeaseTry> _tries = new(StringComparer.Ordinal);

    public async Task<int> RunAsync()
    {
        if (Environment.GetEnvironmentVariable("FLASHCALL_POSTGRES") is not { Length: > 0 } server)
        {
            Say("FLASHCALL_POSTGRES is missing. Give a server's connection string, or start by tests/load/run, which starts one.");
            return 2;
        }
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.Cancel();
        };
        await using var pool = await LeasePool.CreateAsync(server);
        int[] sizes = [.. new[] { 1_000, 100_000, 10_000_000 }.Where(size => size <= options.Largest)];
        foreach (var size in sizes)
        {
            var took = await pool.FillAsync(size);
            Say(string.Create(CultureInfo.InvariantCulture, $"{size} single numbers, made in {took.TotalSeconds:F1} s"));
            await TryAsync(pool, Size(size), replicas: 1, released: false, stop.Token);
        }
        await TryAsync(pool, "released", replicas: 1, released: true, stop.Token);
        foreach (var replicas in Replicas)
            await TryAsync(pool, $"large, {replicas}", replicas, released: false, stop.Token);
        await pool.FillAsync(Tiny);
        foreach (var replicas in Replicas)
            await TryAsync(pool, $"tiny, {replicas}", replicas, released: false, stop.Token);
        ChiSquare? uniform = null;
        if (options.Draws > 0)
        {
            await pool.FillAsync(Uniform);
            uniform = await DrawAsync(pool, stop.Token);
        }
        Report(sizes, uniform);
        return 0;
    }

    private async Task TryAsync(LeasePool pool, string name, int replicas, bool released, CancellationToken cancellationToken)
    {
        await pool.ForgetAsync();
        var done = await LeaseTry.RunAsync(pool, replicas, options.Callers, options.Length, released, cancellationToken);
        Say($"{name,-12} {Row(done)}");
        _tries[name] = done;
    }

    /// <summary>A million leases without what does not bear on the choice: the statement's own draw, with a seed of its own for each and
    /// no callee who has seen a number, over connections beside each other.</summary>
    private async Task<ChiSquare> DrawAsync(LeasePool pool, CancellationToken cancellationToken)
    {
        const int Batch = 5_000;
        Say($"{options.Draws} draws from {Uniform} numbers");
        var counts = new ConcurrentDictionary<long, long>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, (options.Draws + Batch - 1) / Batch),
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken },
            async (batch, cancel) =>
            {
                var seeds = Enumerable.Range(0, Math.Min(Batch, options.Draws - (batch * Batch))).Select(
                    _ => RandomNumberGenerator.GetBytes(32)).ToArray();
                await using var draw = pool.Data.CreateCommand($"""
                    select d.caller_id, count(*)
                    from unnest($1) seed cross join lateral draw_caller_id(
                        seed, array['load'], array[{Uniform}::bigint], array[46700000000], 4, 1, null, 250000, now()) d
                    group by 1
                    """);
                draw.Parameters.Add(new() { Value = seeds, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
                await using var reader = await draw.ExecuteReaderAsync(cancel);
                while (await reader.ReadAsync(cancel))
                {
                    var (number, drawn) = (reader.GetInt64(0), reader.GetInt64(1));
                    counts.AddOrUpdate(number, drawn, (_, count) => count + drawn);
                }
            });
        return ChiSquare.Of([.. counts.Values, .. Enumerable.Repeat(0L, Uniform - counts.Count)]);
    }

    private void Report(int[] sizes, ChiSquare? uniform)
    {
        Console.WriteLine();
        Console.WriteLine($"{options.Callers} callers at once, each with its next phone as soon as it is answered; "
            + $"{options.Length.TotalSeconds} s each");
        Console.WriteLine();
        Console.WriteLine("| | leases/s | p50 ms | p99 ms | done again | PostgreSQL, µs CPU a lease |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var size in sizes)
            Print($"pool of {size:N0} single numbers", _tries[Size(size)]);
        Print("… each released too", _tries["released"]);
        foreach (var replicas in Replicas)
            Print($"pool of {sizes[^1]:N0}, {replicas} replica{(replicas == 1 ? "" : "s")}", _tries[$"large, {replicas}"]);
        foreach (var replicas in Replicas)
            Print($"pool of {Tiny}, {replicas} replica{(replicas == 1 ? "" : "s")}", _tries[$"tiny, {replicas}"]);
        Console.WriteLine();
        var growth = _tries[Size(sizes[0])].PerSecond / _tries[Size(sizes[^1])].PerSecond;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"From {sizes[0]:N0} to {sizes[^1]:N0} numbers a lease takes {growth:F2} times as long."));
        Target($"a lease takes no more than {MostGrowth.ToString(CultureInfo.InvariantCulture)} times as long in the largest pool",
            growth <= MostGrowth);
        if (uniform is not null)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"Uniformity: {options.Draws:N0} draws from {Uniform:N0} numbers, chi-square {uniform.Value:F1} with {uniform.Freedom} ")
                + string.Create(CultureInfo.InvariantCulture, $"degrees of freedom, p = {uniform.P:F4}"));
            Target($"all numbers have the same chance (p at least {LeastP.ToString(CultureInfo.InvariantCulture)})", uniform.P >= LeastP);
        }
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            scenario = "leases",
            callers = options.Callers,
            leases = _tries.ToDictionary(done => done.Key, done => new
            {
                per_second = Math.Round(done.Value.PerSecond, 1),
                p50_milliseconds = Math.Round(done.Value.P50, 2),
                p99_milliseconds = Math.Round(done.Value.P99, 2),
                done_again = done.Value.Lost,
                server_cpu_microseconds = done.Value.ServerMicroseconds is { } cpu ? Math.Round(cpu, 1) : (double?)null,
            }, StringComparer.Ordinal),
            growth = Math.Round(growth, 3),
            draws = options.Draws,
            chi_square = uniform is null ? (double?)null : Math.Round(uniform.Value, 1),
            degrees_of_freedom = uniform?.Freedom,
            p = uniform is null ? (double?)null : Math.Round(uniform.P, 5),
        }));
    }

    private static string Size(int size) => size.ToString(CultureInfo.InvariantCulture);

    private static void Print(string name, LeaseTry done) => Console.WriteLine($"| {name} | {Row(done)} |");

    private static string Row(LeaseTry done) =>
        string.Create(CultureInfo.InvariantCulture,
            $"{done.PerSecond:F0} | {done.P50:F1} | {done.P99:F1} | {done.Lost} | {done.ServerMicroseconds:F0}");

    private static void Target(string target, bool met) => Console.WriteLine($"{(met ? "met" : "NOT MET")}: {target}");

    private static void Say(string text) => Console.Error.WriteLine(text);
}
