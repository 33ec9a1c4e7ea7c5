using System.Diagnostics;
using FlashCall.Contracts;
using FlashCall.NumberPool;
using FlashCall.NumberPool.Leases;
using FlashCall.NumberPool.Wear;

namespace FlashCall.Load.Leases;

/// <summary>What came of one measurement: callers that lease for phone after phone, each as soon as it has been answered.</summary>
/// <param name="Leases">How many were leased.</param>
/// <param name="Lost">How often another lease was faster and it was done again.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Milliseconds">How long each took, in order.</param>
/// <param name="ServerCpuSeconds">CPU time of the server's processes behind the callers' connections; null if it runs elsewhere.</param>
internal sealed record LeaseTry(int Leases, int Lost, double Seconds, double[] Milliseconds, double? ServerCpuSeconds)
{
    /// <summary>CPU time of the server a lease, in microseconds: steadier than the rate where a machine has other things to do.</summary>
    public double? ServerMicroseconds => ServerCpuSeconds / Leases * 1e6;

    public double PerSecond => Leases / Seconds;

    public double P50 => Percentile(0.5);

    public double P99 => Percentile(0.99);

    /// <summary>Leases from the pool as so many replicas, with connections of their own each.</summary>
    public static async Task<LeaseTry> RunAsync(
        LeasePool pool, int replicas, int callers, TimeSpan length, bool released = false, CancellationToken cancellationToken = default)
    {
        var sources = Enumerable.Range(0, replicas).Select(_ => pool.Open()).ToArray();
        var stores = sources.Select(data => new LeaseStore(data, Settings)).ToArray();
        try
        {
            await RunAsync(stores, callers, TimeSpan.FromSeconds(1), released, cancellationToken);
            var before = await pool.CpuTimeAsync(cancellationToken);
            var done = await RunAsync(stores, callers, length, released, cancellationToken);
            return done with { ServerCpuSeconds = (await pool.CpuTimeAsync(cancellationToken) - before)?.TotalSeconds };
        }
        finally
        {
            foreach (var source in sources)
                await source.DisposeAsync();
        }
    }

    /// <summary>Caps and limits are on, each with its rows to write, and so high that none is reached.</summary>
    private static NumberPoolSettings Settings { get; } = new(
        [], TimeSpan.FromDays(1), HourlyCap: 600, ProbeShare: 0.25,
        new(new(1_000, 1_000_000), new(1_000, 1_000_000), new(1_000_000, 1_000_000_000), WrongReportCost: 10), WearSettings.Default);

    private static async Task<LeaseTry> RunAsync(
        LeaseStore[] stores, int callers, TimeSpan length, bool released, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var done = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() =>
            CallAsync(stores[caller % stores.Length], began, length, released, cancellationToken), cancellationToken)));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var times = done.SelectMany(caller => caller.Times).Order().ToArray();
        return new LeaseTry(times.Length, done.Sum(caller => caller.Lost), seconds, times, ServerCpuSeconds: null);
    }

    private static async Task<(List<double> Times, int Lost)> CallAsync(
        LeaseStore store, long began, TimeSpan length, bool released, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        var lost = 0;
        while (Stopwatch.GetElapsedTime(began) < length)
        {
            var now = DateTimeOffset.UtcNow;
            var command = new LeaseCallerId
            {
                VerificationId = Guid.CreateVersion7(),
                AttemptId = Guid.CreateVersion7(),
                Callee = PhoneNumber.Parse($"+4670{Random.Shared.Next(10_000_000):0000000}"),
                ExpiresAt = now.AddMinutes(5),
                Client = $"client-{Random.Shared.Next(1_000_000)}",
            };
            var started = Stopwatch.GetTimestamp();
            LeaseAnswer? answer;
            while (true)
            {
                try
                {
                    (answer, _) = await store.LeaseAsync(command, now, cancellationToken);
                    break;
                }
                catch (LeaseContentionException)
                {
                    lost++;
                }
            }
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (answer is not LeaseAnswer.Leased lease)
                throw new InvalidOperationException($"A lease was refused, which measures nothing: {answer}");
            if (released)
            {
                await store.ReleaseAsync(new ReleaseCallerId
                {
                    VerificationId = command.VerificationId,
                    AttemptId = command.AttemptId,
                    LeaseId = lease.LeaseId,
                    Outcome = LeaseOutcome.Verified,
                    Reported = true,
                }, now, cancellationToken);
            }
        }
        return (times, lost);
    }

    private double Percentile(double share) => Milliseconds[Math.Min(Milliseconds.Length - 1, (int)(Milliseconds.Length * share))];
}
