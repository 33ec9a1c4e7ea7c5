using System.Collections.Immutable;
using CsCheck;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Verifications;
using Xunit;
using static FlashCall.Verification.Tests.Sessions.Usual;

namespace FlashCall.Verification.Tests.Sessions;

/// <summary>The steps of a session as its stream tells them: the same under the same ids, whenever and wherever they are told.</summary>
public sealed class SessionStepsTests
{
    private static readonly ImmutableList<VerificationEvent> Whole =
        [Requested, Allowed, Started, Leased, Rang, Wrong, Right, Succeeded, Ended, new SessionEvent.ClientTelemetry { At = At(30_000), NoCall = true }];

    [Fact]
    public void Each_step_has_its_place_and_the_status_it_led_to() => Assert.Equal(
        ["1 requested pending", "2 risk_assessed pending", "4 caller_id_leased pending", "5.1 invited pending", "5 ringing ringing",
            "6 reported ringing", "7 reported ringing", "8 verified verified"],
        SessionSteps.Of(History(Whole.Count)).Select(step => $"{step.Id} {step.Name} {step.View.Status}"));

    [Fact]
    public void What_comes_after_the_end_is_left_to_the_timeline()
    {
        Assert.Null(SessionSteps.EndOf(History(7)));
        Assert.Equal(new SessionStepId(8, null), SessionSteps.EndOf(History(8)));
        Assert.Equal(new SessionStepId(8, null), SessionSteps.EndOf(History(Whole.Count)));
        Assert.Equal("client_telemetry", Timeline.Of(Whole)[^1].Step);
    }

    [Fact]
    public void An_app_gets_the_prefix_with_the_lease_and_the_caller_id_with_the_end_alone()
    {
        var steps = SessionSteps.Of(History(Whole.Count)).ToList();

        Assert.Null(steps.Single(step => step.Name == "risk_assessed").View.FlashCall);
        Assert.Equal("+44207946", steps.Single(step => step.Name == "caller_id_leased").View.FlashCall?.CallerIdPrefix);
        Assert.All(steps.SkipLast(1), step => Assert.Null(step.View.FlashCall?.CallerId));
        Assert.Equal(From, steps[^1].View.FlashCall?.CallerId);
    }

    [Fact]
    public void Whoever_comes_back_as_often_as_they_like_hears_each_step_once() =>
        Gen.Int[1, Whole.Count].Array[0, 6].Select(Gen.Int[0, 3]).Sample((lengths, lost) =>
        {
            var heard = new List<string>();
            SessionStepId? last = null;
            foreach (var length in lengths.Order().Append(Whole.Count))
            {
                var open = SessionSteps.Of(History(length)).Where(step => last?.IsBefore(step.Id) != false).ToList();
                // The connection may be lost after any step, also between two of one event.
                foreach (var step in length == Whole.Count ? open : open.SkipLast(lost))
                {
                    heard.Add(step.Name);
                    Assert.True(SessionStepId.TryRead(step.Id.ToString(), out var read));
                    last = read;
                }
            }

            Assert.Equal(SessionSteps.Of(History(Whole.Count)).Select(step => step.Name), heard);
        });

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("1.")]
    [InlineData(".1")]
    [InlineData("1.1.1")]
    [InlineData("1.x")]
    [InlineData("٣")]
    [InlineData("99999999999999999999")]
    public void What_is_no_id_of_a_step_is_not_read(string text) => Assert.False(SessionStepId.TryRead(text, out _));

    private static SessionHistory History(int length) => new(
        Whole.Take(length).Aggregate((VerificationSession?)null, (state, happened) => Evolver.Evolve(state, Spec.Id, happened))!,
        [.. Whole.Take(length)]);
}
