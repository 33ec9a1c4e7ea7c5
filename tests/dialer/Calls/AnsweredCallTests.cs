using CsCheck;
using FlashCall.Contracts;
using FlashCall.Dialer.Calls;
using Xunit;
using static FlashCall.Dialer.Tests.Calls.CallSpec;

namespace FlashCall.Dialer.Tests.Calls;

/// <summary>Calls that are picked up: each answer is acknowledged, each dialog ended, and the call is billed once.</summary>
public sealed class AnsweredCallTests
{
    [Fact]
    public void A_call_picked_up_while_it_rings_is_hung_up_at_once() =>
        Given(Start(), Found(), Provisional(180, 2)).When(Success(3))
            .Then(Ack("a"), Bye("a"), Ended(CallDisposition.Answered, 3, 200, rang: 2)).AndDeadline(null);

    [Fact]
    public void A_call_may_be_answered_without_ringing() =>
        Given(Start(), Found()).When(Success(1)).Then(Ack("a"), Bye("a"), Ended(CallDisposition.Answered, 1, 200));

    [Fact]
    public void An_answer_that_crosses_the_cancel_is_billed() =>
        Given(Start(), Found(), Provisional(180, 2), Clock(5)).When(Success(5.01))
            .Then(Ack("a"), Bye("a"), Ended(CallDisposition.Answered, 5.01, 200, rang: 2));

    [Fact]
    public void An_answer_to_a_call_that_waits_for_its_cancel_is_billed() =>
        Given(Start(), Found(), HangUp(0.2)).When(Success(1)).Then(Ack("a"), Bye("a"), Ended(CallDisposition.Answered, 1, 200));

    [Fact]
    public void A_retransmitted_answer_is_acknowledged_again_and_not_hung_up_again() =>
        Given(Start(), Found(), Provisional(180, 2), Success(3)).When(Success(3.5)).Then(Ack("a"));

    [Fact]
    public void Each_fork_that_answers_gets_its_own_ack_and_bye() =>
        Given(Start(), Found(), Provisional(180, 2), Success(3)).When(Success(3.1, "b")).Then(Ack("b"), Bye("b"))
            .When(Success(3.2, "b")).Then(Ack("b"))
            .When(Success(3.3)).Then(Ack("a"));

    [Fact]
    public void An_answer_after_the_end_is_hung_up_though_it_can_no_longer_be_reported() =>
        Given(Start(), Found(), Provisional(180, 2), Clock(5), Clock(37)).When(Success(38)).Then(Ack("a"), Bye("a"));

    [Fact]
    public void Whatever_happens_in_whatever_order_a_call_ends_once_is_never_cancelled_too_early_and_rings_no_phone_twice()
    {
        Func<double, CallInput>[] inputs =
        [
            Start, at => Found(at), at => Found(at, postDialDelayCap: 1), at => NoTrunk(at), Clock, NoAnswer, at => NoTransport(at),
            at => NoTransport(at, InviteAgain.ToNextAddress), ConnectionLost, Abandon,
            at => Provisional(100, at), at => Provisional(180, at), at => Provisional(183, at),
            at => Refusal(302, at, InviteAgain.WhereRedirected), at => Refusal(404, at), at => Refusal(486, at), at => Refusal(487, at),
            at => Refusal(503, at), at => Refusal(407, at, InviteAgain.WithCredentials),
            at => Success(at, "a"), at => Success(at, "b"), at => Success(at, "c", late: true),
            at => HangUp(at), at => HangUp(at, CancelReason.Shutdown),
        ];
        Gen.Int[0, inputs.Length - 1].Array[0, 16].Sample(course =>
        {
            var spec = Given(Start(), Found());
            var (provisional, rang, cancels) = (false, false, 0);
            for (var step = 0; step < course.Length; step++)
            {
                var next = inputs[course[step]](step * 0.4);
                provisional |= next is CallInput.Provisional;
                var before = spec.EverythingDone.Count;
                spec.When(next);
                foreach (var action in spec.EverythingDone.Skip(before))
                {
                    Assert.False(action is CallAction.SendCancel && !provisional && next is not CallInput.Success { Late: true });
                    // One INVITE at a time: another goes out when the one before has failed, and none to a phone that rang.
                    Assert.False(action is CallAction.SendInvite && rang);
                    Assert.False(action is CallAction.SendInvite
                        && next is not (CallInput.TrunkFound or CallInput.Refusal or CallInput.NoTransport));
                    rang |= action is CallAction.ReportRinging;
                    cancels = action is CallAction.SendInvite ? 0 : action is CallAction.SendCancel ? cancels + 1 : cancels;
                    provisional &= action is not CallAction.SendInvite;
                    Assert.True(cancels <= 1);
                }
            }
            var done = spec.EverythingDone;
            Assert.True(done.Count(action => action is CallAction.ReportRinging) <= 1);
            Assert.Equal(spec.State is CallState.Over ? 1 : 0, done.Count(action => action is CallAction.ReportEnd));
            Assert.Equal(
                done.OfType<CallAction.SendAck>().Select(ack => ack.Dialog).Distinct(),
                done.OfType<CallAction.SendBye>().Select(bye => bye.Dialog));
            if (done.OfType<CallAction.ReportEnd>().FirstOrDefault() is { End: var end })
                Assert.Equal(done.OfType<CallAction.ReportRinging>().FirstOrDefault()?.RangAt, end.RangAt);
        });
    }
}
