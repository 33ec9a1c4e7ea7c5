using System.Diagnostics;
using FlashCall.Contracts;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;

namespace FlashCall.Load.Sessions;

/// <summary>What came of one measurement: so many sessions at once, each from its start to the end of its call in six steps, and then the
/// next.</summary>
/// <param name="Steps">How many steps were taken.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Milliseconds">How long each took, in order.</param>
/// <param name="CpuSeconds">CPU time of this process.</param>
/// <param name="ServerCpuSeconds">CPU time of the server's processes behind the connections; null if it runs elsewhere.</param>
/// <param name="AllocatedBytes">What this process allocated.</param>
/// <param name="Writes">Transactions that wrote something.</param>
internal sealed record SessionTry(
    int Steps, double Seconds, double[] Milliseconds, double CpuSeconds, double? ServerCpuSeconds, long AllocatedBytes, long Writes)
{
    private static readonly CallerId CallerId = CallerId.Parse("+442079460123");

    private static readonly SessionPolicy Policy = new()
    {
        Route = [FlashCallChannel.ChannelName],
        Lifetime = TimeSpan.FromMinutes(3),
        RingTime = TimeSpan.FromSeconds(5),
        PostDialDelayCap = TimeSpan.FromSeconds(12),
        MaxReports = 3,
        GuessBound = 0.001,
        ChallengeBits = 2,
    };

    public double PerSecond => Steps / Seconds;

    public double Microseconds => CpuSeconds / Steps * 1e6;

    /// <summary>CPU time of the server a step, in microseconds: steadier than the rate where a machine has other things to do.</summary>
    public double? ServerMicroseconds => ServerCpuSeconds / Steps * 1e6;

    public double KibibytesPerStep => AllocatedBytes / 1024.0 / Steps;

    public double StepsPerWrite => (double)Steps / Writes;

    public double P50 => Percentile(0.5);

    public double P99 => Percentile(0.99);

    public static async Task<SessionTry> RunAsync(
        SessionDatabase database, SessionReplica.Group replicas, int atOnce, TimeSpan length, CancellationToken cancellationToken)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var server = await database.CpuTimeAsync(cancellationToken);
        var writes = await database.WritesAsync(cancellationToken);
        var allocated = GC.GetTotalAllocatedBytes();
        var began = Stopwatch.GetTimestamp();
        var done = await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(
            () => LiveAsync(replicas, began, length, cancellationToken), cancellationToken)));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var times = done.SelectMany(static caller => caller).Order().ToArray();
        return new SessionTry(
            times.Length, seconds, times, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds,
            (await database.CpuTimeAsync(cancellationToken) - server)?.TotalSeconds, GC.GetTotalAllocatedBytes() - allocated,
            await database.WritesAsync(cancellationToken) - writes);
    }

    private static async Task<List<double>> LiveAsync(
        SessionReplica.Group replicas, long began, TimeSpan length, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        while (Stopwatch.GetElapsedTime(began) < length)
        {
            var id = Guid.CreateVersion7();
            var started = Stopwatch.GetTimestamp();
            if (await replicas.For(id).BeginAsync(id, Start(), key: null, cancellationToken) is not Beginning.Begun)
                continue;
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            var attempt = Guid.CreateVersion7();
            await StepAsync(new SessionCommand.TakeRiskAssessment(Allow(id), attempt) { Now = Now });
            await StepAsync(new FlashCallCommand.TakeCallerId(Lease(id, attempt)) { NextAttemptId = Guid.CreateVersion7(), Now = Now });
            await StepAsync(new FlashCallCommand.TakeRinging(Ringing(id, attempt)) { NextAttemptId = Guid.CreateVersion7(), Now = Now });
            await StepAsync(Report());
            await StepAsync(new FlashCallCommand.TakeCallEnd(Ended(id, attempt)) { NextAttemptId = Guid.CreateVersion7(), Now = Now });

            async Task StepAsync(VerificationCommand command)
            {
                var asked = Stopwatch.GetTimestamp();
                var outcome = await replicas.For(id).HandleAsync(id, command, cancellationToken);
                if (outcome is not { Events.IsEmpty: false })
                    throw new InvalidOperationException($"{command.GetType().Name} made nothing happen, which measures nothing.");
                times.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            }
        }
        return times;
    }

    private static DateTimeOffset Now => TimeProvider.System.Now();

    private static SessionCommand.Start Start() => new()
    {
        Now = Now,
        ApplicationId = "load",
        To = PhoneNumber.Parse($"+4670{Random.Shared.Next(10_000_000):0000000}"),
        Purpose = Purpose.Login,
        Client = ClientContext.Unknown,
        Policy = Policy,
    };

    private static RiskAssessed Allow(Guid id) => new()
    {
        VerificationId = id,
        Verdict = Verdict.Allow,
        Score = 0,
        Factors = [],
        PolicyVersion = "load",
        LineType = LineType.Mobile,
        AssessedAt = Now,
    };

    private static CallerIdLeased Lease(Guid id, Guid attempt) => new()
    {
        VerificationId = id,
        AttemptId = attempt,
        LeaseId = attempt,
        CallerId = CallerId,
        Trunk = "load",
        DisclosedPrefix = "+44207946",
        Candidates = 10_000,
        EnterDigits = 4,
        LeasedAt = Now,
        ExpiresAt = Now.AddMinutes(3),
    };

    private static FlashCallRinging Ringing(Guid id, Guid attempt) => new()
    {
        VerificationId = id,
        AttemptId = attempt,
        InvitedAt = Now,
        RangAt = Now,
    };

    private static SessionCommand.Report Report() =>
        new(new ReportedCallerId.LastDigits("0123"), ReportSource.Typed, Guid.CreateVersion7()) { Now = Now };

    private static FlashCallEnded Ended(Guid id, Guid attempt) => new()
    {
        VerificationId = id,
        AttemptId = attempt,
        Disposition = CallDisposition.Rang,
        SipStatus = 487,
        InvitedAt = Now,
        RangAt = Now,
        EndedAt = Now,
        Answered = false,
    };

    private double Percentile(double share) => Milliseconds[Math.Min(Milliseconds.Length - 1, (int)(Milliseconds.Length * share))];
}
