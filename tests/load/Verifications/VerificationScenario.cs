using FlashCall.Load.Floor;

namespace FlashCall.Load.Verifications;

/// <summary>Complete verifications through the gateway at rising rates: POST, ring, report, verified.</summary>
internal sealed class VerificationScenario(VerificationOptions options)
{
    private const int WarmUpRate = 50;

    // A platform that loses so many has no tail to measure.
    private const double MostFailed = 0.1;

    private const int FewestAtOnce = 4;
    private const int MostAtOnce = 256;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    // What a session leaves behind after it was verified: the call's end, releases, what fraud and the pool learn.
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LookAtMemoryEvery = TimeSpan.FromSeconds(30);

    public async Task<int> RunAsync()
    {
        if (Environment.GetEnvironmentVariable("FLASHCALL_POSTGRES") is not { Length: > 0 } postgres
            || Environment.GetEnvironmentVariable("FLASHCALL_RABBITMQ") is not { Length: > 0 } rabbitMq)
        {
            Say("FLASHCALL_POSTGRES or FLASHCALL_RABBITMQ is missing. Give the servers, or start by tests/load/run, which starts them.");
            return 2;
        }
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.Cancel();
        };
        try
        {
            var (results, idle) = await MeasureAsync(postgres, rabbitMq, stop.Token);
            if (options.Floor)
                await MeasureFloorAsync(results, idle, postgres, rabbitMq, stop.Token);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Say("Stopped.");
            return 130;
        }
    }

    /// <summary>The same work without the platform, whose processes are gone by now, so that it has the machine as the platform had
    /// it.</summary>
    private async Task MeasureFloorAsync(
        List<RateResult> results, Usage.Difference idle, string postgres, string rabbitMq, CancellationToken cancellationToken)
    {
        // What one verification costs in messages and rows is the same at each rate; the times under way are not.
        if (results.Where(result => result.Holds).MaxBy(result => result.Rate) is not { } platform)
            platform = results.MaxBy(result => result.PerSecond)!;
        var atOnce = Math.Clamp((int)(platform.PerSecond * platform.Whole.P50 / 1000), FewestAtOnce, MostAtOnce);
        Say($"The floor, {atOnce} at once");
        var work = FloorWork.Of(platform, idle, options.Messages);
        FloorReport.Print(platform, await new FloorRun(work, atOnce).MeasureAsync(postgres, rabbitMq, options.Length, cancellationToken));
    }

    private async Task<(List<RateResult> Results, Usage.Difference Idle)> MeasureAsync(
        string postgres, string rabbitMq, CancellationToken cancellationToken)
    {
        Say($"Starting the platform, {options.Replicas} of each service");
        await using var platform = await MeasuredPlatform.StartAsync(postgres, rabbitMq, options.Replicas);
        using var usage = await platform.UsageAsync();
        await using var phones = await RingingPhones.ListenAsync(platform.Handset);
        using var apps = new ClientApps(platform.Gateways, platform.Key, phones);

        // One at a time at first: the pool hears of the trunk, and the services' code is compiled as it is first used.
        while ((await apps.DriveAsync(1, TimeSpan.FromSeconds(1), cancellationToken)).Failed > 0)
            Say("Waiting for a first verification");
        Say($"Warming up for {options.WarmUp.TotalSeconds} s at {WarmUpRate}/s");
        var warm = await apps.DriveAsync(WarmUpRate, options.WarmUp, cancellationToken);
        Say($"Warm: {warm.VerifiedCount} of {warm.Asked} verified");
        if (options.Stored > 0)
        {
            await Task.Delay(Settle, cancellationToken);
            Say($"Storing {options.Stored} finished sessions");
            var took = await StoredSessions.FillAsync(platform.VerificationDatabase, options.Stored, cancellationToken);
            Say($"Stored in {took.TotalSeconds:F0} s");
            if (options.Rebuild is not null)
                await RebuildBeside.SettledAsync(platform.VerificationDatabase, cancellationToken);
        }

        await Task.Delay(Settle, cancellationToken);
        var before = await usage.ReadAsync(cancellationToken);
        await Task.Delay(Idle, cancellationToken);
        var idle = (await usage.ReadAsync(cancellationToken)).Since(before);
        var memory = new List<IReadOnlyDictionary<string, long>> { usage.Memory() };
        var results = new List<RateResult>();
        foreach (var rate in options.Rates)
        {
            var result = await MeasureAsync(apps, usage, rate, memory, cancellationToken);
            results.Add(result);
            Say(VerificationReport.Line(result));
            if (options.Rebuild is { } events)
            {
                Say($"The same while the funnel is rebuilt, {events} events a second at most");
                await using var rebuild = RebuildBeside.Start(platform.VerificationDatabase, events);
                result.Beside = await MeasureAsync(apps, usage, rate, memory, cancellationToken);
                result.Beside.RebuiltPerSecond = await rebuild.StopAsync();
                Say(VerificationReport.Line(result.Beside));
            }
            if (result.Failed > MostFailed * result.Asked)
                break;
        }
        var report = new VerificationReport(options, results, idle, memory, await platform.DurabilityAsync());
        report.Print();
        return (results, idle);
    }

    private async Task<RateResult> MeasureAsync(
        ClientApps apps, PlatformUsage usage, int rate, List<IReadOnlyDictionary<string, long>> memory, CancellationToken cancellationToken)
    {
        var before = await usage.ReadAsync(cancellationToken);
        var driving = apps.DriveAsync(rate, options.Length, cancellationToken);
        using var timer = new PeriodicTimer(LookAtMemoryEvery);
        var tick = timer.WaitForNextTickAsync(cancellationToken).AsTask();
        while (await Task.WhenAny(driving, tick) != driving)
        {
            await tick;
            memory.Add(usage.Memory());
            tick = timer.WaitForNextTickAsync(cancellationToken).AsTask();
        }
        var result = await driving;
        await Task.Delay(Settle, cancellationToken);
        memory.Add(usage.Memory());
        result.Cost = (await usage.ReadAsync(cancellationToken)).Since(before);
        return result;
    }

    private static void Say(string text) => Console.Error.WriteLine(text);
}
