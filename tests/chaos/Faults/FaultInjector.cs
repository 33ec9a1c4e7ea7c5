using System.Collections.Concurrent;
using FlashCall.Chaos.Ledger;
using FlashCall.Chaos.Running;
using Npgsql;

namespace FlashCall.Chaos.Faults;

/// <summary>Does to the platform what the plan says, and sees that everything is back at its end.</summary>
internal sealed class FaultInjector(ChaosPlatform platform, TimeProvider time)
{
    private static readonly TimeSpan Slowness = TimeSpan.FromMilliseconds(80);
    private static readonly TimeSpan RingWithin = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _targets = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Target, Outage Outage)> _away = new();
    private readonly ConcurrentQueue<Injected> _done = new();
    private readonly ConcurrentQueue<string> _complaints = new();

    /// <summary>What a replica did not do as it should: end when asked, start whatever is missing, be ready when nothing is.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>What was done and is over, in the order of that.</summary>
    public IReadOnlyCollection<Injected> Done => _done;

    /// <summary>When no session could be moved on: the database was away, or both replicas of verification.</summary>
    public IReadOnlyList<Outage> Outages =>
    [
        .. Of(FaultPlan.Postgres),
        .. from one in Of("verification-1")
           from other in Of("verification-2")
           let both = new Outage(Later(one.From, other.From), one.To < other.To ? one.To : other.To)
           where both.From < both.To
           select both,
    ];

    /// <summary>Injects faults, and returns when all that was taken away is back.</summary>
    /// <param name="plan">Which.</param>
    /// <param name="stopping">No new ones any more.</param>
    /// <param name="cancellationToken">The run is broken off: nothing needs to come back.</param>
    public async Task RunAsync(IEnumerable<Fault> plan, CancellationToken stopping, CancellationToken cancellationToken)
    {
        var under = new List<Task>();
        foreach (var fault in plan)
        {
            if (stopping.IsCancellationRequested)
                break;
            var injected = InjectAsync(fault, cancellationToken);
            under.Add(injected);
            try
            {
                // Nothing goes on while a server is away: what dies then, dies of nothing. What follows from its return is to be seen.
                if (FaultPlan.Servers.Contains(fault.Target, StringComparer.Ordinal))
                    await injected.WaitAsync(stopping);
                else
                    await Task.Delay(fault.Length, time, stopping);
                await Task.Delay(fault.Pause, time, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
        }
        await Task.WhenAll(under);
    }

    private async Task InjectAsync(Fault fault, CancellationToken cancellationToken)
    {
        // One server at a time: what starts one finds out whether the other runs, and would take a frozen one for dead.
        var isServer = FaultPlan.Servers.Contains(fault.Target, StringComparer.Ordinal);
        var one = _targets.GetOrAdd(isServer ? "servers" : fault.Target, _ => new SemaphoreSlim(1));
        await one.WaitAsync(cancellationToken);
        try
        {
            if (fault is { Kind: FaultKind.Kill or FaultKind.Freeze, Target: "dialer-1" or "dialer-2" })
                await PhonesRingAsync(cancellationToken);
            var from = time.GetUtcNow();
            if (fault.Kind is FaultKind.Cut or FaultKind.Stall or FaultKind.Slow)
                await DisturbAsync(fault, cancellationToken);
            else if (isServer)
                await AwayAsync(fault.Target, () => ToServerAsync(fault, cancellationToken));
            else
                await AwayAsync(fault.Target, () => ToReplicaAsync(fault, cancellationToken));
            _done.Enqueue(new Injected(fault, from, time.GetUtcNow()));
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>A dialer is to be hit while it has a phone ring: waits until both have, and goes on where that takes long.</summary>
    private async Task PhonesRingAsync(CancellationToken cancellationToken)
    {
        var books = new Books(platform);
        var latest = time.GetUtcNow() + RingWithin;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), time);
        while (time.GetUtcNow() < latest && await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                if (await books.RingingDialersAsync(cancellationToken) > 1)
                    return;
            }
            catch (NpgsqlException)
            {
                // Another fault has taken the database away; then nobody is called, and soon enough again.
            }
        }
    }

    private async Task DisturbAsync(Fault fault, CancellationToken cancellationToken)
    {
        var (who, server) = fault.Target.Split(" to ") is [var first, var second]
            ? (first, second)
            : throw new InvalidOperationException($"'{fault.Target}' does not say whose connections to which server.");
        var proxies = platform.ProxiesOf(who, server);
        switch (fault.Kind)
        {
            case FaultKind.Cut:
                proxies.ForEach(proxy => proxy.Cut());
                return;
            case FaultKind.Stall:
                await AwayAsync(who == FaultPlan.All ? server : who, async () =>
                {
                    proxies.ForEach(proxy => proxy.Stall());
                    await Task.Delay(fault.Length, time, cancellationToken);
                    proxies.ForEach(proxy => proxy.Resume());
                });
                return;
            default:
                proxies.ForEach(proxy => proxy.Delay = Slowness);
                await Task.Delay(fault.Length, time, cancellationToken);
                proxies.ForEach(proxy => proxy.Delay = TimeSpan.Zero);
                return;
        }
    }

    private async Task ToServerAsync(Fault fault, CancellationToken cancellationToken)
    {
        var servers = platform.Servers;
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                await servers.KillAsync(fault.Target);
                await servers.StartAsync(cancellationToken);
                break;
            case FaultKind.Restart:
                await servers.TerminateAsync(fault.Target);
                await servers.StartAsync(cancellationToken);
                break;
            default:
                await servers.SignalAsync(fault.Target, "STOP");
                await Task.Delay(fault.Length, time, cancellationToken);
                await servers.SignalAsync(fault.Target, "CONT");
                break;
        }
    }

    private async Task ToReplicaAsync(Fault fault, CancellationToken cancellationToken)
    {
        var program = platform.Of(fault.Target);
        if (ChaosPlatform.Deserted(program) is { } deserted)
        {
            _complaints.Enqueue(deserted);
            program.Start();
        }
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                await program.KillAsync();
                program.Start();
                break;
            case FaultKind.Restart:
                try
                {
                    await program.StopAsync();
                }
                catch (Exception exception) when (exception is TimeoutException or InvalidOperationException)
                {
                    _complaints.Enqueue(exception.Message.Split('\n')[0]);
                    await program.KillAsync();
                }
                program.Start();
                break;
            default:
                program.Signal("STOP");
                await Task.Delay(fault.Length, time, cancellationToken);
                program.Signal("CONT");
                break;
        }
        if (await platform.ReadyAsync(program, cancellationToken) is { } complaint)
            _complaints.Enqueue(complaint);
    }

    private async Task AwayAsync(string target, Func<Task> fault)
    {
        var from = time.GetUtcNow();
        await fault();
        _away.Enqueue((target, new Outage(from, time.GetUtcNow())));
    }

    private IEnumerable<Outage> Of(string target) => _away.Where(away => away.Target == target).Select(away => away.Outage);

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
