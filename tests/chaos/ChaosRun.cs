using System.Diagnostics;
using FlashCall.Chaos.Clients;
using FlashCall.Chaos.Faults;
using FlashCall.Chaos.Ledger;
using FlashCall.Chaos.Running;

namespace FlashCall.Chaos;

/// <summary>A run: everything starts, clients come at a steady rate, faults come in between, all becomes quiet, the ledger is drawn
/// up.</summary>
/// <param name="options">What to do.</param>
/// <param name="say">Takes lines about the progress.</param>
internal sealed class ChaosRun(ChaosOptions options, Action<string> say)
{
    /// <summary>The sessions' lifetime, as the platform's settings here have it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>Towards the end nobody comes who would only wait for the session's deadline.</summary>
    private static readonly TimeSpan NoLingering = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(5);

    /// <summary>Runs, and cleans up whatever happens.</summary>
    public async Task<ChaosResult> RunAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var platform = new ChaosPlatform(options.Logs);
        say("Starting PostgreSQL, RabbitMQ, the handset and two replicas of each service");
        await platform.StartAsync(receiver.Address, cancellationToken);
        say($"All are ready after {watch.Elapsed.TotalSeconds:0} s; sessions and faults begin");

        var begun = DateTimeOffset.UtcNow;
        using var gateways = new Gateways(platform.Gateways, platform.ApiKey);
        using var handset = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1000 }) { BaseAddress = platform.Handset };
        var injector = new FaultInjector(platform, TimeProvider.System);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var faults = injector.RunAsync(FaultPlan.Of(options.Seed, options.IsBrief), ending.Token, cancellationToken);
        List<(Client Client, Task Task)> clients = [];
        var run = Guid.NewGuid().ToString("N")[..6];
        try
        {
            await BeginAsync(clients, plan => new Client(plan, run, gateways, handset), injector, over.Token);
        }
        finally
        {
            await ending.CancelAsync();
            await faults;
        }
        say("All faults are over; waiting for what is under way");
        await QuietAsync(platform, receiver, clients, cancellationToken);
        // Nobody is left who could change anything: who still waits for an answer gives up.
        await over.CancelAsync();
        await Task.WhenAll(clients.Select(client => client.Task));
        await Parallel.ForEachAsync(clients, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken },
            async (client, token) => await client.Client.LookAsync(token));

        var books = await new Books(platform).ReadAsync(Lifetime, cancellationToken);
        var calls = await CallsAsync(clients, cancellationToken);
        var entries = books with
        {
            Clients = [.. clients.Select(client => client.Client.Told)],
            Calls = calls,
            Webhooks = [.. receiver.Told],
            Shown = [.. platform.NumbersShown()],
            Outages = injector.Outages,
            Grace = options.Grace,
            LeastShare = options.LeastShare,
            Unfinished =
            [
                .. books.Unfinished, .. injector.Complaints, .. platform.Deserters(),
                .. clients.Select(client => client.Client.Complaint).OfType<string>(),
            ],
        };
        return new ChaosResult(options, entries, [.. injector.Done], Reconciliation.Find(entries))
        {
            Requests = gateways.Requests,
            Troubles = gateways.Troubles,
            RefusedWebhooks = receiver.Refused,
            Begun = begun,
            Duration = watch.Elapsed,
        };
    }

    /// <summary>What the phones saw, once none rings any more: one whose dialer died rings on until the carrier's limit.</summary>
    private static async Task<List<PhoneCall>> CallsAsync(
        List<(Client Client, Task Task)> clients, CancellationToken cancellationToken)
    {
        var latest = DateTimeOffset.UtcNow + ChaosPlatform.CallLimit;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (true)
        {
            var calls = new List<PhoneCall>();
            foreach (var (client, _) in clients)
                calls.AddRange(await client.CallsAsync(cancellationToken));
            if (calls.TrueForAll(call => call.EndedAt is not null) || DateTimeOffset.UtcNow > latest)
                return calls;
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Begins sessions at the rate, however long the ones before take.</summary>
    private async Task BeginAsync(
        List<(Client Client, Task Task)> clients, Func<ClientPlan, Client> make, FaultInjector injector, CancellationToken over)
    {
        var watch = Stopwatch.StartNew();
        var said = TimeSpan.Zero;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        foreach (var planned in ClientPlan.Of(options.Seed))
        {
            while (watch.Elapsed.TotalSeconds * options.Rate < planned.Number)
                await timer.WaitForNextTickAsync(over);
            if (watch.Elapsed >= options.Longest
                || (watch.Elapsed >= options.Length && clients.Count(one => one.Client.IsVerified) >= options.LeastVerified))
            {
                return;
            }
            var isLate = watch.Elapsed > options.Length - NoLingering;
            var lingers = planned.Habit is ClientHabit.Late or ClientHabit.Never;
            var client = make(isLate && lingers ? planned with { Habit = ClientHabit.Cancel } : planned);
            clients.Add((client, UntilOverAsync(client, over)));
            if (watch.Elapsed - said < SayEvery)
                continue;
            said = watch.Elapsed;
            say($"{watch.Elapsed.TotalSeconds,4:0} s of {options.Length.TotalSeconds:0}: {clients.Count} sessions asked for, "
                + $"{clients.Count(one => one.Client.Told.VerificationId is not null)} begun, {injector.Done.Count} faults, "
                + $"last: {injector.Done.LastOrDefault()?.Fault}");
        }
    }

    private static bool IsDone((Client Client, Task Task) client) => client.Task.IsCompleted || client.Client.IsWaitingForRing;

    private static async Task UntilOverAsync(Client client, CancellationToken over)
    {
        try
        {
            await client.RunAsync(over);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // What it was told until then stands.
        }
    }

    /// <summary>Waits until nothing is left to do, at most until the last deadline and what is granted after it have
    /// passed.</summary>
    private async Task QuietAsync(
        ChaosPlatform platform, WebhookReceiver receiver, List<(Client Client, Task Task)> clients, CancellationToken cancellationToken)
    {
        var books = new Books(platform);
        var said = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        var latest = DateTimeOffset.UtcNow + Lifetime + options.Grace;
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var left = await books.UnfinishedAsync(cancellationToken);
            var told = receiver.Told.Select(webhook => webhook.VerificationId).ToHashSet();
            var untold = (await books.EndedAsync(cancellationToken)).Count(id => !told.Contains(id));
            if (left.Count == 0 && untold == 0 && clients.TrueForAll(IsDone))
                return;
            if (await books.LastDeadlineAsync(Lifetime, cancellationToken) is { } last && last + options.Grace < latest)
                latest = last + options.Grace;
            if (DateTimeOffset.UtcNow > latest)
                return;
            if (said.Elapsed < SayEvery)
                continue;
            said.Restart();
            say($"not quiet yet: {untold} ends untold; {string.Join("; ", left.Select(what => what.Split(':')[0]))}");
        }
    }
}
