using CsCheck;
using FlashCall.Contracts;
using FlashCall.NumberPool.Leases;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlashCall.NumberPool.Tests.Leases;

/// <summary>
/// Leases, repeats, releases right and wrong, expiry and sweeps in any order over two replicas of a pool of three numbers, beside a model
/// that keeps it all in a list.
/// </summary>
public sealed class LeaseModelTests(PoolDatabase database) : IClassFixture<PoolDatabase>
{
    private static readonly TimeSpan Rest = TimeSpan.FromHours(1);
    private static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(5);
    private static readonly string[] Patterns = ["+442079460001", "+442079460002", "+442079470003"];

    private static readonly Gen<Step[]> Steps = Gen.Frequency(
        (5, Gen.Select(Gen.Int[0, 1], Gen.Int[0, 1], (replica, callee) => (Step)new Step.Lease(replica, callee))),
        (2, Gen.Select(Gen.Int[0, 1], Gen.Int[0, 30], (replica, attempt) => (Step)new Step.Repeat(replica, attempt))),
        (5, Gen.Select(Gen.Int[0, 1], Gen.Int[0, 30], Gen.Enum<LeaseOutcome>(), Gen.Frequency((1, Gen.Const(true)), (5, Gen.Const(false))),
            (replica, attempt, outcome, foreign) => (Step)new Step.Release(replica, attempt, outcome, foreign))),
        (4, Gen.OneOf(Gen.Const(TimeSpan.FromMinutes(1)), Gen.Const(LeaseTime), Gen.Const(TimeSpan.FromMinutes(30)),
            Gen.Const(Rest)).Select(span => (Step)new Step.Wait(span))),
        (1, Gen.Int[0, 1].Select(replica => (Step)new Step.Sweep(replica)))).Array[1, 50];

    [Fact]
    public async Task Never_twice_for_one_callee_within_the_rest_period() => await Steps.SampleAsync(RunAsync, iter: 100, threads: 1);

    private async Task RunAsync(Step[] steps)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        PoolDatabase.Replica[] replicas = [database.Open(time, Rest, Patterns), database.Open(time, Rest, Patterns)];
        PhoneNumber[] callees = [PoolDatabase.NewCallee(), PoolDatabase.NewCallee()];
        var attempts = new List<Attempt>();
        foreach (var step in steps)
        {
            var now = time.GetUtcNow();
            switch (step)
            {
                case Step.Lease lease:
                    var command = PoolDatabase.Command(callees[lease.Callee], now + LeaseTime);
                    var answer = await replicas[lease.Replica].Leases.LeaseAsync(command, default);
                    Check(attempts, command, answer, now);
                    attempts.Add(new Attempt(command, answer!));
                    break;
                case Step.Repeat repeat when attempts.Count > 0:
                    var repeated = attempts[repeat.Attempt % attempts.Count];
                    var again = await replicas[repeat.Replica].Leases.LeaseAsync(repeated.Command, default);
                    // After its own end an attempt may be forgotten; it is never answered otherwise than before.
                    if (again is not null || now < repeated.Command.ExpiresAt)
                        Assert.Equal(repeated.Answer, again);
                    break;
                case Step.Release release when attempts.Count > 0:
                    var attempt = attempts[release.Attempt % attempts.Count];
                    var leaseId = !release.Foreign && attempt.Answer is LeaseAnswer.Leased held ? held.LeaseId : Guid.CreateVersion7();
                    var released = await replicas[release.Replica].ReleaseAsync(attempt.Command, leaseId, release.Outcome);
                    Assert.Equal(attempt.Release(leaseId, release.Outcome, now), released);
                    break;
                case Step.Wait wait:
                    time.Advance(wait.Span);
                    break;
                case Step.Sweep sweep:
                    await replicas[sweep.Replica].OldAnswers.SweepAsync(default);
                    break;
            }
        }
    }

    private static void Check(List<Attempt> before, LeaseCallerId command, LeaseAnswer? answer, DateTimeOffset now)
    {
        var resting = before.Where(attempt => attempt.Command.Callee == command.Callee && attempt.RestsUntil > now).Select(
            attempt => attempt.Number!).ToArray();
        if (answer is LeaseAnswer.Refused refusal)
        {
            Assert.Equal(LeaseRefusal.AllRestingForCallee, refusal.Reason);
            Assert.Equal(Patterns, resting.Order(StringComparer.Ordinal));
            return;
        }
        var choice = Assert.IsType<LeaseAnswer.Leased>(answer).Choice;
        Assert.Contains(choice.CallerId.E164, Patterns);
        Assert.DoesNotContain(choice.CallerId.E164, resting);
        Assert.Equal(
            Patterns.Except(resting, StringComparer.Ordinal).Count(
                number => number.StartsWith(choice.DisclosedPrefix, StringComparison.Ordinal)),
            choice.Candidates);
    }

    private sealed class Attempt(LeaseCallerId command, LeaseAnswer answer)
    {
        private bool _ended;

        public LeaseCallerId Command => command;

        public LeaseAnswer Answer => answer;

        public string? Number => (answer as LeaseAnswer.Leased)?.Choice.CallerId.E164;

        public DateTimeOffset RestsUntil { get; private set; } = answer is LeaseAnswer.Leased
            ? command.ExpiresAt + Rest : DateTimeOffset.MinValue;

        public bool Release(Guid leaseId, LeaseOutcome outcome, DateTimeOffset now)
        {
            if (_ended || now >= command.ExpiresAt || answer is not LeaseAnswer.Leased lease || lease.LeaseId != leaseId)
                return false;
            _ended = true;
            RestsUntil = outcome switch
            {
                LeaseOutcome.NotRung => now,
                LeaseOutcome.Unknown => RestsUntil,
                _ => now + Rest,
            };
            return true;
        }
    }

    private abstract record Step
    {
        public sealed record Lease(int Replica, int Callee) : Step;

        public sealed record Repeat(int Replica, int Attempt) : Step;

        public sealed record Release(int Replica, int Attempt, LeaseOutcome Outcome, bool Foreign) : Step;

        public sealed record Wait(TimeSpan Span) : Step;

        public sealed record Sweep(int Replica) : Step;
    }
}
