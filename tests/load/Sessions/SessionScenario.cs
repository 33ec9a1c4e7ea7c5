using System.Globalization;
using System.Text.Json;

namespace FlashCall.Load.Sessions;

/// <summary>What a step of a session costs to store: CPU time of the service and of PostgreSQL, garbage, transactions.</summary>
internal sealed class SessionScenario(SessionOptions options)
{
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
        await using var database = await SessionDatabase.CreateAsync(server);
        await using var apart = await SessionReplica.StartAsync(database, options.Replicas, isShared: false);
        await using var shared = await SessionReplica.StartAsync(database, options.Replicas, isShared: true);
        (string Name, SessionReplica.Group Replicas)[] ways = [("apart", apart), ("shared", shared)];
        foreach (var (_, replicas) in ways)
            await SessionTry.RunAsync(database, replicas, atOnce: 16, options.WarmUp / ways.Length, stop.Token);
        var tries = new List<object>();
        for (var round = 0; round < options.Rounds; round++)
        {
            foreach (var atOnce in options.AtOnce)
            {
                foreach (var (name, replicas) in ways)
                {
                    var done = await SessionTry.RunAsync(database, replicas, atOnce, options.Length, stop.Token);
                    Say(string.Create(CultureInfo.InvariantCulture,
                        $"{atOnce,3} at once, {name,-6}: {done.PerSecond,6:F0} steps/s; a step {done.Microseconds,4:F0} µs here, "
                        + $"{done.ServerMicroseconds,4:F0} µs in PostgreSQL, {done.KibibytesPerStep,4:F0} KiB of garbage; "
                        + $"{done.StepsPerWrite:F1} steps a transaction; p50 {done.P50:F1} ms, p99 {done.P99:F1} ms"));
                    tries.Add(new
                    {
                        name,
                        atOnce,
                        done.PerSecond,
                        done.Microseconds,
                        done.ServerMicroseconds,
                        done.KibibytesPerStep,
                        done.StepsPerWrite,
                        done.P50,
                        done.P99,
                    });
                }
            }
        }
        Say(JsonSerializer.Serialize(new { scenario = "sessions", options.Replicas, tries }));
        return 0;
    }

    private static void Say(string line) => Console.WriteLine(line);
}
