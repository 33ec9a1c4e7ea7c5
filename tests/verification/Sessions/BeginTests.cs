using FlashCall.Contracts;
using FlashCall.Verification.Sessions;
using Xunit;
using static FlashCall.Verification.Tests.Sessions.Usual;

namespace FlashCall.Verification.Tests.Sessions;

public sealed class BeginTests
{
    private static readonly SessionCommand.Start Start = new()
    {
        Now = Spec.T0,
        ApplicationId = "demo",
        To = Requested.To,
        Purpose = Purpose.Transaction,
        Client = new ClientContext { CanIntercept = true },
        Policy = Policy,
        TransactionHash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    };

    [Fact]
    public void It_keeps_what_is_confirmed_and_what_the_device_can_do()
    {
        var asked = Fold(Start).Asked;

        Assert.Equal((Start.TransactionHash, true), (asked.TransactionHash, asked.Client.CanIntercept));
    }

    [Theory]
    [InlineData(Reasons.CallbackDenied)]
    [InlineData(Reasons.CallbackInvalid)]
    public void Denied_as_it_begins_it_is_recorded_and_nothing_is_asked_of_anyone(string reason)
    {
        var ended = Assert.IsType<VerificationSession.Ended>(Fold(Start with { Denied = reason }));

        Assert.Equal((VerificationOutcome.Denied, reason, Reasons.Sentence(reason)), (ended.Outcome, ended.Reason, ended.Detail));
        var completed = Assert.IsType<VerificationCompleted>(Assert.Single(Reactor.React(null, ended)).Body);
        Assert.Equal(false, completed.Called);
        Assert.Null(Reactor.Deadline(ended));
    }

    [Fact]
    public void The_revision_counts_the_events() =>
        Assert.Equal([1, 3, 4, 5, 6], new[] { AwaitingRisk, Leasing, Calling, Ringing, AwaitingReport }.Select(given => given.State.Revision));

    private static VerificationSession Fold(SessionCommand.Start start) => Decider.Begin(start).Aggregate(
        (VerificationSession?)null, (state, happened) => Evolver.Evolve(state, Spec.Id, happened))!;
}
