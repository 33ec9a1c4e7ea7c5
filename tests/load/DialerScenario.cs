using System.Globalization;
using System.Text.Json;
using FlashCall.Load.Engine;

namespace FlashCall.Load;

/// <summary>The dialer's SIP engine and SIPp's client, in turn, each at the highest rate it keeps up without a failed call; then the
/// memory of many phones that ring at once.</summary>
internal sealed class DialerScenario(LoadOptions options)
{
    private const int MostWarmUps = 20;
    private const int FewCompiled = 20;
    private const int TriesInARow = 2;
    private const int FirstRate = 2_000;
    private const double Step = 1.3;
    private const int Halvings = 3;
    private const int RingingRate = 2_000;
    private const double MostMegabytes = 300;

    // The runtime compiles better what is hot when it has been idle for a moment.
    private static readonly TimeSpan PauseToCompile = TimeSpan.FromSeconds(1);

    private readonly Cores _cores = options.Pinning ? Cores.Apart() : Cores.Free;

    public async Task<int> RunAsync()
    {
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.Cancel();
        };
        Say($"Cores: {_cores}");
        var sipp = new SippClient(options, _cores);
        var found = new Dictionary<string, List<Try>>(StringComparer.Ordinal);
        await using (var engine = new EngineClient(options, _cores))
        {
            Say($"Warming up; then {options.Pairs} pairs, tries of {options.Length.TotalSeconds} s, "
                + $"ring time {options.RingTime.TotalMilliseconds} ms");
            // The runtime compiles what is hot in several steps, beside the calls, and what is not yet compiled for good counts its own
            // steps: a fifth of the CPU. A dialer lives for days; SIPp needs no such thing.
            var warmUps = 0;
            var compiled = 0L;
            for (var settled = 0; warmUps < MostWarmUps && settled < TriesInARow; warmUps++)
            {
                await engine.TryAsync(FirstRate, stop.Token);
                settled = engine.Last!.CompiledMethods - compiled <= FewCompiled ? settled + 1 : 0;
                compiled = engine.Last.CompiledMethods;
                await Task.Delay(PauseToCompile, stop.Token);
            }
            await engine.SettleAsync(stop.Token);
            Say($"Warmed up in {warmUps} tries");
            for (var pair = 0; pair < options.Pairs; pair++)
            {
                // Turn about, so that neither always has the machine as the other left it.
                foreach (var client in pair % 2 == 0 ? new LoadClient[] { engine, sipp } : [sipp, engine])
                {
                    var best = await FindAsync(client, found.GetValueOrDefault(client.Name), stop.Token);
                    if (!found.TryGetValue(client.Name, out var tries))
                        found[client.Name] = tries = [];
                    tries.Add(best);
                }
            }
        }
        (EngineTry Try, long PeakBytes)? phones = options.Phones == 0 ? null : await RingAsync(stop.Token);
        return Report(found[nameof(FlashCall)], found[sipp.Name], phones);
    }

    private async Task<Try> FindAsync(LoadClient client, List<Try>? before, CancellationToken cancellationToken)
    {
        if (options.Rate is { } only)
            return await TryAsync(client, only, cancellationToken);
        Try? best = null;
        int? tooMuch = null;
        var rate = before is null ? FirstRate : (int)(before[^1].Rate * 0.8);
        for (var halvings = 0; halvings < Halvings && rate > 0;)
        {
            var done = await TryAsync(client, rate, cancellationToken);
            // Once may be the machine's noise.
            if (!done.Holds)
                done = await TryAsync(client, rate, cancellationToken);
            if (done.Holds)
                best = done;
            else
                tooMuch = rate;
            if (tooMuch is { } high)
            {
                rate = best is null ? high / 2 : (best.Rate + high) / 2;
                halvings += best is null ? 0 : 1;
            }
            else
            {
                rate = (int)(rate * Step);
            }
        }
        return best
            ?? throw new InvalidOperationException($"{client.Name} kept up no rate at all; is the machine busy with something else?");
    }

    private static async Task<Try> TryAsync(LoadClient client, int rate, CancellationToken cancellationToken)
    {
        var done = await client.TryAsync(rate, cancellationToken);
        var detail = client is EngineClient { Last: { } last }
            ? $", {last.AllocatedBytes / (double)done.Calls:F0} bytes, {last.Collections} collections of {1000 * last.PausedSeconds:F0} ms, "
                + $"longest gap {1000 * last.LongestGapSeconds:F0} ms"
            : "";
        Say($"{client.Name,-9} {rate,6}/s: {done.Failed} of {done.Calls} failed, {done.Retransmitted} repeated, {done.Seconds:F2} s, "
            + $"{done.CpuMicrosecondsPerCall:F0} µs CPU a call{detail}{(done.Holds ? "" : "  — too much")}");
        return done;
    }

    /// <summary>Many phones that ring at once, in a process of their own.</summary>
    private async Task<(EngineTry Try, long PeakBytes)> RingAsync(CancellationToken cancellationToken)
    {
        Say($"{options.Phones} phones ringing at once");
        await using var server = await SippServer.StartAsync(_cores, cancellationToken);
        await using var engine = new EngineClient(options, _cores);
        var ringTime = TimeSpan.FromSeconds((double)options.Phones / RingingRate + 2);
        var done = await engine.DialAsync(server.Port, RingingRate, options.Phones, ringTime, cancellationToken);
        return (done, engine.PeakResidentBytes);
    }

    private int Report(List<Try> ours, List<Try> sipps, (EngineTry Try, long PeakBytes)? phones)
    {
        var (our, sipp) = (Median(ours), Median(sipps));
        var ratio = (double)our.Rate / sipp.Rate;
        Console.WriteLine();
        Console.WriteLine($"Cores: {_cores}.");
        Console.WriteLine();
        Console.WriteLine("| | FlashCall | SIPp | ratio |");
        Console.WriteLine("|---|---|---|---|");
        Row(options.Rate is null ? "highest rate without a failed call, calls/s" : "rate, calls/s", our.Rate, sipp.Rate);
        Row("… of each pair, calls/s", List(ours), List(sipps), "");
        Row("failed calls at it", our.Failed, sipp.Failed);
        Row("messages repeated at it", our.Retransmitted, sipp.Retransmitted);
        Row("CPU of the client at it, µs a call", Math.Round(our.CpuMicrosecondsPerCall, 1), Math.Round(sipp.CpuMicrosecondsPerCall, 1));
        if (phones is { } rang)
        {
            Row("phones that rang at once", $"{rang.Try.MostRinging}", "", "");
            Row("memory while they rang, MB", $"{Megabytes(rang.Try.ResidentBytesWhileRinging):F0}", "", "");
            Row("memory at its most, MB", $"{Megabytes(rang.PeakBytes):F0}", "", "");
        }
        Console.WriteLine();
        if (options.Rate is null)
            Target("at least as many calls a second as SIPp", ratio >= 1);
        if (phones is { } many)
        {
            Target($"{options.Phones} phones ringing at once in under {MostMegabytes} MB",
                many.Try.Succeeded == options.Phones && Megabytes(many.PeakBytes) < MostMegabytes);
        }
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            scenario = "dialer",
            pinned = _cores.ArePinned,
            flashcall_calls_per_second = our.Rate,
            sipp_calls_per_second = sipp.Rate,
            ratio = Math.Round(ratio, 3),
            flashcall_cpu_microseconds_per_call = Math.Round(our.CpuMicrosecondsPerCall, 1),
            sipp_cpu_microseconds_per_call = Math.Round(sipp.CpuMicrosecondsPerCall, 1),
            flashcall_failed_calls = our.Failed,
            sipp_failed_calls = sipp.Failed,
            flashcall_repeated_messages = our.Retransmitted,
            sipp_repeated_messages = sipp.Retransmitted,
            phones_ringing_at_once = phones?.Try.MostRinging,
            phones_failed = options.Phones - phones?.Try.Succeeded,
            resident_megabytes_while_ringing = phones is { } p ? Math.Round(Megabytes(p.Try.ResidentBytesWhileRinging), 1) : (double?)null,
            resident_megabytes_peak = phones is { } q ? Math.Round(Megabytes(q.PeakBytes), 1) : (double?)null,
        }));
        return 0;
    }

    // Of an even number the lower one, for both alike.
    private static Try Median(List<Try> tries) =>
        tries.OrderBy(done => done.Rate).ThenBy(done => -done.CpuSeconds).ElementAt((tries.Count - 1) / 2);

    private static string List(List<Try> tries) => string.Join(", ", tries.Select(done => done.Rate));

    private static double Megabytes(long bytes) => bytes / 1e6;

    private static void Row(string name, double ours, double sipps) => Row(
        name,
        ours.ToString(CultureInfo.InvariantCulture),
        sipps.ToString(CultureInfo.InvariantCulture),
        sipps > 0 ? (ours / sipps).ToString("F2", CultureInfo.InvariantCulture) : "");

    private static void Row(string name, string ours, string sipps, string ratio) =>
        Console.WriteLine($"| {name} | {ours} | {sipps} | {ratio} |");

    private static void Target(string target, bool met) => Console.WriteLine($"{(met ? "met" : "NOT MET")}: {target}");

    private static void Say(string text) => Console.Error.WriteLine(text);
}
