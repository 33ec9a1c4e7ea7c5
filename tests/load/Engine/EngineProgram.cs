using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using System.Text.Json;

namespace FlashCall.Load.Engine;

/// <summary>
/// Our side of the measurement in a process of its own, so that its CPU time and memory are those of the engine. Each line that comes in is
/// a try, <c>PORT RATE CALLS RING-MS</c>, and is answered with a line of JSON, an <see cref="EngineTry"/>. The end of the input ends it.
/// </summary>
internal static class EngineProgram
{
    // Calls that have not ended by then have failed; a lost datagram is repeated within it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // After a delay SIPp makes up for what is due in turns of a millisecond, with what arrived taken between them; so does this.
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMilliseconds(1);

    public static async Task<int> RunAsync()
    {
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var numbers = line.Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
            var ringTime = TimeSpan.FromMilliseconds(numbers[3]);
            // A stack for each try: one that went wrong would go on repeating its requests while the next is measured.
            await using var plan = await CallPlan.StartAsync(numbers[0], ringTime);
            var done = Dial(plan, numbers[1], numbers[2], ringTime);
            Console.WriteLine(JsonSerializer.Serialize(done));
        }
        return 0;
    }

    /// <summary>Starts calls at their times, whatever becomes of those before (an open loop), and waits for their ends.</summary>
    private static EngineTry Dial(CallPlan plan, int rate, int calls, TimeSpan ringTime)
    {
        var (tally, counters) = (plan.Tally, plan.Sip.Stack.Counters);
        var cpu = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetTotalAllocatedBytes();
        var collections = GC.CollectionCount(0);
        var retransmitted = counters.Retransmitted;
        var paused = GC.GetTotalPauseDuration();
        var longestGap = TimeSpan.Zero;
        var began = Stopwatch.GetTimestamp();
        var looked = began;
        for (var started = 0; started < calls;)
        {
            var due = Math.Min(calls, (int)(Stopwatch.GetElapsedTime(began).TotalSeconds * rate) + 1);
            var turn = Stopwatch.GetTimestamp();
            for (; started < due && Stopwatch.GetElapsedTime(turn) < LongestTurn; started++)
                plan.Dial();
            // What is due still goes out at once, but others get their turn first.
            if (started < due)
                Thread.Yield();
            else
                Thread.Sleep(1);
            var gap = Stopwatch.GetElapsedTime(looked);
            looked = Stopwatch.GetTimestamp();
            if (gap > longestGap)
                longestGap = gap;
        }
        var dialling = Stopwatch.GetElapsedTime(began);
        var mostRinging = 0;
        var residentWhileRinging = 0L;
        for (var waited = Stopwatch.GetTimestamp(); tally.Ended < calls && Stopwatch.GetElapsedTime(waited) < ringTime + Patience;)
        {
            var ringing = tally.Ringing - tally.Ended;
            if (ringing > mostRinging)
                (mostRinging, residentWhileRinging) = (ringing, Environment.WorkingSet);
            Thread.Sleep(1);
        }
        return new EngineTry
        {
            Succeeded = tally.Succeeded,
            Retransmitted = counters.Retransmitted - retransmitted,
            DiallingSeconds = dialling.TotalSeconds,
            Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds,
            CpuSeconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds,
            AllocatedBytes = GC.GetTotalAllocatedBytes() - allocated,
            Collections = GC.CollectionCount(0) - collections,
            PausedSeconds = (GC.GetTotalPauseDuration() - paused).TotalSeconds,
            CompiledMethods = JitInfo.GetCompiledMethodCount(),
            LongestGapSeconds = longestGap.TotalSeconds,
            MostRinging = mostRinging,
            ResidentBytesWhileRinging = residentWhileRinging,
        };
    }
}

/// <summary>What one try of our engine came to.</summary>
internal sealed record EngineTry
{
    public required int Succeeded { get; init; }

    public required long Retransmitted { get; init; }

    public required double DiallingSeconds { get; init; }

    public required double Seconds { get; init; }

    public required double CpuSeconds { get; init; }

    public required long AllocatedBytes { get; init; }

    public required int Collections { get; init; }

    /// <summary>How long the garbage collector held everything up, in all.</summary>
    public required double PausedSeconds { get; init; }

    /// <summary>How many methods the runtime has compiled since the process began, some of them several times.</summary>
    public required long CompiledMethods { get; init; }

    /// <summary>The longest time in which no call was begun, whoever held it up.</summary>
    public required double LongestGapSeconds { get; init; }

    public required int MostRinging { get; init; }

    public required long ResidentBytesWhileRinging { get; init; }
}
