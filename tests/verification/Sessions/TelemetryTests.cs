using FlashCall.Verification.Sessions;
using Xunit;
using static FlashCall.Verification.Tests.Sessions.Usual;

namespace FlashCall.Verification.Tests.Sessions;

public sealed class TelemetryTests
{
    [Fact]
    public void It_is_kept_whenever_it_comes_and_decides_nothing()
    {
        foreach (var given in new[] { AwaitingRisk, Leasing, Calling, Ringing, AwaitingReport, Ringing.And(Cancelled), Ringing.And(Right, Succeeded) })
        {
            var before = Reactor.Deadline(given.State);
            var result = given.When(Tell(lateCall: true, noCall: false)).Then(Told(lateCall: true, noCall: false)).Sends().Deadline(before);
            Assert.Equal(SessionStatus.Of(given.State), SessionStatus.Of(result.After));
        }
    }

    [Fact]
    public void The_same_again_leaves_no_trace_and_something_else_does()
    {
        var told = Ringing.And(Told(lateCall: null, noCall: true));
        told.When(Tell(lateCall: null, noCall: true)).ThenNothing();
        told.When(Tell(lateCall: true, noCall: false)).Then(Told(lateCall: true, noCall: false));
    }

    [Fact]
    public void What_was_told_outlives_the_end() =>
        Ringing.And(Told(lateCall: true, noCall: false), Cancelled).When(Tell(lateCall: true, noCall: false)).ThenNothing();

    [Fact]
    public void Ten_pieces_are_kept_and_no_more()
    {
        var told = Ringing;
        for (var piece = 0; piece < Decider.MostTelemetry; piece++)
        {
            told.When(Tell(lateCall: piece % 2 == 0, noCall: false)).Then(Told(lateCall: piece % 2 == 0, noCall: false));
            told = told.And(Told(lateCall: piece % 2 == 0, noCall: false));
        }

        told.When(Tell(lateCall: true, noCall: false)).ThenRefused(Rejection.TooMuchTelemetry);
        told.When(Tell(lateCall: false, noCall: false)).ThenNothing();
    }

    private static SessionCommand.TakeTelemetry Tell(bool? lateCall, bool? noCall) => new(lateCall, noCall) { Now = At(20_000) };

    private static SessionEvent.ClientTelemetry Told(bool? lateCall, bool? noCall) =>
        new() { At = At(20_000), LateCall = lateCall, NoCall = noCall };
}
