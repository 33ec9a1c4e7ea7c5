using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CsCheck;
using FlashCall.Contracts;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Tests.Sessions;
using FlashCall.Verification.Tests.Support;
using Xunit;

namespace FlashCall.Verification.Tests.Stored;

/// <summary>Two replicas that hear nothing of each other, each with its own memory of the sessions, and commands that meet in any order:
/// what is stored is what one after the other would have stored.</summary>
public sealed class InterleavingTests(RunningVerification running) : IAsyncLifetime
{
    private const int AtOnce = 3;

    /// <summary>What may come for a session whose two attempts have these ids.</summary>
    private static readonly Func<Guid, Guid, VerificationCommand>[] Commands =
    [
        (first, _) => Usual.Risk(Verdict.Allow) with { NextAttemptId = first },
        (first, _) => Usual.Risk(Verdict.Block, new RiskFactor { Code = "x", Weight = 100, Detail = "x" }) with { NextAttemptId = first },
        (first, second) => Lease(first, second),
        (first, second) => Lease(second, first),
        (first, second) => Usual.Refusal with { News = Usual.Refusal.News with { AttemptId = first }, NextAttemptId = second },
        (first, second) => Usual.Ring with { News = Usual.Ring.News with { AttemptId = first }, NextAttemptId = second },
        (first, second) => End(first, second, CallDisposition.Rang, rang: true),
        (first, second) => End(first, second, CallDisposition.Busy, rang: false),
        (_, second) => Usual.ReportDigits("0123") with { NextAttemptId = second },
        (_, second) => Usual.ReportDigits("9999") with { NextAttemptId = second },
        (_, _) => new SessionCommand.TakeTelemetry(LateCall: true, NoCall: null) { Now = Usual.At(2000) },
        (_, _) => Usual.Cancel,
        (_, second) => Usual.Deadline(Usual.At(6_000)) with { NextAttemptId = second },
        (_, second) => Usual.Deadline(Usual.At(70_000)) with { NextAttemptId = second },
    ];

    // Some more often than others, or hardly a session would come to ring.
    private static readonly int[] Often = [0, 0, 0, 2, 2, 2, 5, 5, 6, 8, .. Enumerable.Range(0, Commands.Length)];

    private static readonly Gen<(int Command, int Replica)[][]> Waves =
        Gen.Select(Gen.Int[0, Often.Length - 1], Gen.Int[0, 1]).Array[1, 4].Array[1, 8];

    private StoredSessions _stored = null!;
    private IReadOnlyList<SessionStore> _replicas = [];

    public async ValueTask InitializeAsync()
    {
        _stored = await StoredSessions.CreateAsync(running);
        _replicas = [_stored.Start().Sessions, _stored.Start().Sessions];
    }

    public async ValueTask DisposeAsync() => await _stored.DisposeAsync();

    [Fact]
    public async Task Whatever_meets_at_two_replicas_leaves_what_one_after_the_other_leaves() =>
        await Waves.Array[AtOnce].SampleAsync(
            async sessions => await Task.WhenAll(sessions.Select(LiveAsync)), iter: 60, threads: 1);

    private async Task LiveAsync((int Command, int Replica)[][] waves)
    {
        var (id, first, second) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        var asked = Usual.RequestedWithTwoAttempts;
        var start = new SessionCommand.Start
        {
            Now = Usual.At(0),
            ApplicationId = asked.ApplicationId,
            To = PhoneNumber.Parse(ClientExtensions.FreshNumber()),
            Purpose = asked.Purpose,
            Client = asked.Client,
            Policy = asked.Policy,
        };
        Assert.IsType<Beginning.Begun>(await _replicas[0].BeginAsync(id, start, key: null, CancellationToken.None));

        var done = new ConcurrentBag<(VerificationCommand Command, SessionStore.Outcome Outcome)>();
        foreach (var wave in waves)
        {
            await Task.WhenAll(wave.Select(async one =>
            {
                var command = Commands[Often[one.Command]](first, second);
                var outcome = await _replicas[one.Replica].HandleAsync(id, command, CancellationToken.None);
                done.Add((command, Assert.IsType<SessionStore.Outcome>(outcome)));
            }));
        }

        // One after the other, in the order in which they were stored, they decide the very same.
        var states = new List<VerificationSession> { Evolver.Evolve(null, id, Decider.Begin(start)[0]) };
        var messages = Reactor.React(null, states[0]).ToList();
        var events = Decider.Begin(start);
        foreach (var (command, outcome) in done.Where(one => !one.Outcome.Events.IsEmpty).OrderBy(one => one.Outcome.State.Revision))
        {
            var decided = Assert.IsType<Decision.Accepted>(Decider.Decide(command, states[^1])).Events;
            Assert.Equal(Describe(decided), Describe(outcome.Events));
            var after = decided.Aggregate(states[^1], (state, happened) => Evolver.Evolve(state, id, happened));
            messages.AddRange(Reactor.React(states[^1], after));
            events = events.AddRange(decided);
            states.Add(after);
        }
        // What made nothing happen, or was refused, would have been so at one of those states.
        foreach (var (command, outcome) in done.Where(one => one.Outcome.Events.IsEmpty))
        {
            Assert.Contains(states, state => Decider.Decide(command, state) switch
            {
                Decision.Rejected rejected => rejected.Why == outcome.Refused,
                Decision.Accepted accepted => accepted.Events.IsEmpty && outcome.Refused is null,
                _ => false,
            });
        }

        var stored = await _replicas[1].ReadAsync(id, CancellationToken.None);
        Assert.Equal(Describe(events), Describe(stored!.Events));
        Assert.Equal(
            messages.Select(message => message.Id.ToString()).Distinct().Order(StringComparer.Ordinal),
            (await _stored.ReadAsync("select message_id::text from outbox where verification_id = $1", id)).Order(StringComparer.Ordinal));
        Assert.Equal([SessionStatus.Of(states[^1])], await _stored.ReadAsync("select status from verifications where id = $1", id));
        Assert.Equal(
            Reactor.Deadline(states[^1]) is { } due ? [due.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)] : [],
            await _stored.ReadAsync("select (extract(epoch from due_at) * 1000)::bigint::text from deadlines where verification_id = $1", id));
    }

    private static IEnumerable<string> Describe(ImmutableList<VerificationEvent> events) =>
        events.Select(happened => happened.GetType().Name + JsonSerializer.Serialize<object>(happened));

    private static FlashCallCommand.TakeCallerId Lease(Guid attempt, Guid next)
    {
        var usual = Usual.Lease();
        return usual with { News = usual.News with { AttemptId = attempt, LeaseId = attempt }, NextAttemptId = next };
    }

    private static FlashCallCommand.TakeCallEnd End(Guid attempt, Guid next, CallDisposition disposition, bool rang)
    {
        var usual = Usual.End(disposition, rang);
        return usual with { News = usual.News with { AttemptId = attempt }, NextAttemptId = next };
    }
}
