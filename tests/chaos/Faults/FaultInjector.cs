using System.Collections.Concurrent;
using FlashCall.Chaos.Ledger;
using FlashCall.Chaos.Running;

namespace FlashCall.Chaos.Faults;

/// <summary>Does to the platform what the plan says, and sees that everything is back at its end.</summary>
internal sealed class FaultInjector(ChaosPlatform platform, TimeProvider time)
{
    private static readonly TimeSpan Slowness = TimeSpan.FromMilliseconds(80);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _targets = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Target, Outage Outage)> _away = new();
    private readonly ConcurrentQueue<Fault> _done = new();
    private readonly ConcurrentQueue<string> _complaints = new();

    /// <summary>What a replica did not do as it should: end when asked, start whatever is missing, be ready when nothing is.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>What was done, in order.</summary>
    public IReadOnlyCollection<Fault> Done => _done;

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

    /// <summary>Injects faults until cancelled, and returns when all that was taken away is back.</summary>
    public async Task RunAsync(IEnumerable<Fault> plan, CancellationToken stopping)
    {
        var under = new List<Task>();
        foreach (var fault in plan)
        {
            if (stopping.IsCancellationRequested)
                break;
            under.Add(InjectAsync(fault));
            try
            {
                await Task.Delay(fault.Length + fault.Pause, time, stopping);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        await Task.WhenAll(under);
    }

    private async Task InjectAsync(Fault fault)
    {
        // One server at a time: what starts one finds out whether the other runs, and would take a frozen one for dead.
        var isServer = FaultPlan.Servers.Contains(fault.Target, StringComparer.Ordinal);
        var one = _targets.GetOrAdd(isServer ? "servers" : fault.Target, _ => new SemaphoreSlim(1));
        await one.WaitAsync();
        try
        {
            _done.Enqueue(fault);
            if (fault.Kind is FaultKind.Cut or FaultKind.Stall or FaultKind.Slow)
                await DisturbAsync(fault);
            else if (isServer)
                await AwayAsync(fault.Target, () => ToServerAsync(fault));
            else
                await AwayAsync(fault.Target, () => ToReplicaAsync(fault));
        }
        finally
        {
            one.Release();
        }
    }

    private async Task DisturbAsync(Fault fault)
    {
        var (who, server) = fault.Target.Split(" to ") is [var first, var second] ? (first, second) : throw new InvalidOperationException(fault.Target);
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
                    await Task.Delay(fault.Length, time);
                    proxies.ForEach(proxy => proxy.Resume());
                });
                return;
            default:
                proxies.ForEach(proxy => proxy.Delay = Slowness);
                await Task.Delay(fault.Length, time);
                proxies.ForEach(proxy => proxy.Delay = TimeSpan.Zero);
                return;
        }
    }

    private async Task ToServerAsync(Fault fault)
    {
        var servers = platform.Servers;
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                await servers.KillAsync(fault.Target);
                await servers.StartAsync();
                break;
            case FaultKind.Restart:
                await servers.TerminateAsync(fault.Target);
                await servers.StartAsync();
                break;
            default:
                await servers.SignalAsync(fault.Target, "STOP");
                await Task.Delay(fault.Length, time);
                await servers.SignalAsync(fault.Target, "CONT");
                break;
        }
    }

    private async Task ToReplicaAsync(Fault fault)
    {
        var program = platform.Of(fault.Target);
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                await program.KillAsync();
                program.Start();
                break;
            case FaultKind.Restart:
                if (!await program.StopAsync())
                    _complaints.Enqueue($"{program.Name} did not end by itself, with exit code 0, within 40 s of SIGTERM");
                program.Start();
                break;
            default:
                program.Signal("STOP");
                await Task.Delay(fault.Length, time);
                program.Signal("CONT");
                break;
        }
        if (await platform.ReadyAsync(program) is { } complaint)
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
