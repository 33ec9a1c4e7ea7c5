using FlashCall.Contracts;
using FlashCall.Verification.Sessions;
using Xunit;
using static FlashCall.Verification.Tests.Sessions.Usual;

namespace FlashCall.Verification.Tests.Sessions;

public sealed class EndTests
{
    private static readonly SessionCommand.Supersede Supersede = new(Spec.Second) { Now = At(1000) };

    [Fact]
    public void Cancelling_before_the_call_just_ends_it()
    {
        AwaitingRisk.When(Cancel).Then(Cancelled).Sends(typeof(VerificationCompleted)).Deadline(null);
        Leasing.When(Cancel).Then(Cancelled).Sends(typeof(VerificationCompleted));
    }

    [Fact]
    public void Cancelling_a_call_hangs_up()
    {
        Calling.When(Cancel).Then(Cancelled).Sends(typeof(HangUp), typeof(VerificationCompleted));
        Ringing.When(Cancel).Then(Cancelled).Sends(typeof(HangUp), typeof(VerificationCompleted));
    }

    [Fact]
    public void Cancelling_after_the_call_ends_the_lease() =>
        AwaitingReport.When(Cancel).Then(Cancelled).Sends(typeof(ReleaseCallerId), typeof(VerificationCompleted)).Deadline(null);

    [Fact]
    public void Cancelling_twice_changes_nothing() => Ringing.And(Cancelled).When(Cancel).ThenNothing();

    [Fact]
    public void Cancelling_after_another_end_is_refused() => Ringing.And(Right, Succeeded).When(Cancel).ThenRefused(Rejection.Ended);

    [Fact]
    public void A_newer_session_takes_over() => Ringing
        .When(Supersede)
        .Then(new SessionEvent.VerificationSuperseded { At = At(1000), By = Spec.Second })
        .Sends(typeof(HangUp), typeof(VerificationCompleted));

    [Fact]
    public void An_ended_session_is_not_superseded() => Ringing.And(Right, Succeeded).When(Supersede).ThenNothing();

    [Fact]
    public void Unreported_it_expires()
    {
        var expiry = Spec.T0 + Policy.Lifetime;
        AwaitingReport.When(Deadline(expiry - TimeSpan.FromMilliseconds(1))).ThenNothing();
        AwaitingReport.When(Deadline(expiry))
            .Then(new SessionEvent.VerificationExpired { At = expiry })
            .Sends(typeof(ReleaseCallerId), typeof(VerificationCompleted))
            .Deadline(null);
    }

    [Fact]
    public void A_deadline_after_the_end_changes_nothing() => AwaitingReport.And(Cancelled).When(Deadline(At(500_000))).ThenNothing();

    [Fact]
    public void An_ended_session_waits_for_its_call_to_stop_and_gives_up_in_the_end()
    {
        var stopping = Ringing.And(Cancelled);
        var overdue = Reactor.Deadline(stopping.State);
        Assert.NotNull(overdue);

        stopping.When(Deadline(overdue.Value)).Sends(typeof(HangUp), typeof(ReleaseCallerId)).Deadline(null);
    }
}
