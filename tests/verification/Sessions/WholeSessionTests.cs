using CsCheck;
using FlashCall.Contracts;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using Xunit;
using static FlashCall.Verification.Tests.Sessions.Usual;

namespace FlashCall.Verification.Tests.Sessions;

/// <summary>Whatever comes, in whatever order and however often: the promises of a session hold.</summary>
public sealed class WholeSessionTests
{
    private static readonly Func<DateTimeOffset, VerificationCommand>[] Commands =
    [
        now => Risk(Verdict.Allow) with { Now = now },
        now => Risk(Verdict.Block, new RiskFactor { Code = "x", Weight = 100, Detail = "x" }) with { Now = now },
        now => Lease() with { Now = now },
        now => Lease(candidates: 10) with { Now = now },
        now => Lease(attempt: Spec.Second) with { Now = now },
        now => Refusal with { Now = now },
        now => Ring with { Now = now },
        now => End() with { Now = now },
        now => End(CallDisposition.Busy, rang: false) with { Now = now },
        now => End(CallDisposition.Answered, rang: false, answered: true) with { Now = now },
        now => End(CallDisposition.Interrupted, rang: false) with { Now = now },
        now => Report("+442079460123") with { Now = now },
        now => Report("+442079460999") with { Now = now },
        now => Report("+46701740605") with { Now = now },
        now => ReportWithheld with { Now = now },
        now => Cancel with { Now = now },
        now => new SessionCommand.Supersede(Spec.Second) { Now = now },
        now => Deadline(now),
    ];

    private static readonly Gen<(int Command, int Seconds)[]> Histories =
        Gen.Select(Gen.Int[0, Commands.Length - 1], Gen.Int[0, 20]).Array[0, 40];

    [Fact]
    public void Every_session_ends_once_gives_back_every_caller_id_and_calls_nobody_after_its_end() => Histories.Sample(history =>
    {
        var now = Spec.T0;
        VerificationSession? before = null;
        var state = Spec.Given(RequestedWithTwoAttempts).State;
        var sent = Reactor.React(before, state).ToList();
        var events = new List<VerificationEvent>();

        void Step(VerificationCommand command)
        {
            if (Decider.Decide(command, state) is not Decision.Accepted { Events: var happened })
                return;
            events.AddRange(happened);
            before = state;
            state = happened.Aggregate(state, (folded, one) => Evolver.Evolve(folded, Spec.Id, one));
            var messages = Reactor.React(before, state);
            Assert.DoesNotContain(messages, message => message.Body is PlaceFlashCall or LeaseCallerId && state is VerificationSession.Ended);
            Assert.False(before is VerificationSession.Ended && state is not VerificationSession.Ended, "An ended session stays ended.");
            sent.AddRange(messages);
        }

        foreach (var (command, seconds) in history)
        {
            now = now.AddSeconds(seconds);
            Step(Commands[command](now));
        }
        // From here on nobody says anything any more: deadlines alone have to bring it home.
        for (var rounds = 0; Reactor.Deadline(state) is { } deadline; rounds++)
        {
            Assert.True(rounds < 10, "A deadline that passes has to change something.");
            now = deadline > now ? deadline : now;
            Step(Deadline(now));
        }

        Assert.IsType<VerificationSession.Ended>(state);
        Assert.True(events.Count(happened => happened is SessionEvent.VerificationSucceeded or SessionEvent.VerificationDenied
            or SessionEvent.VerificationFailed or SessionEvent.VerificationExpired or SessionEvent.VerificationCancelled
            or SessionEvent.VerificationSuperseded or SessionEvent.VerificationErrored) == 1, "A session ends once.");
        Assert.Single(sent, message => message.Body is VerificationCompleted);
        Assert.Equal(
            sent.Where(message => message.Body is not HangUp).Select(message => message.Id).Distinct().Count(),
            sent.Count(message => message.Body is not HangUp));
        Assert.Equal(
            events.OfType<FlashCallEvent.CallerIdLeased>().Select(lease => lease.AttemptId).OrderBy(attempt => attempt),
            sent.Select(message => message.Body).OfType<ReleaseCallerId>().Select(release => release.AttemptId).OrderBy(attempt => attempt));
    }, iter: 20_000);
}
