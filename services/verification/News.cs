using FlashCall.Contracts;
using FlashCall.Verification.Channels.FlashCalls;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using MassTransit;

namespace FlashCall.Verification;

/// <summary>What the other services answer, each turned into the command that the session decides.</summary>
internal static class News
{
    internal sealed class OfRisk(SessionStore sessions, TimeProvider time) : IConsumer<RiskAssessed>
    {
        public Task Consume(ConsumeContext<RiskAssessed> context) => sessions.HandleAsync(context.Message.VerificationId,
            new SessionCommand.TakeRiskAssessment(context.Message, NextAttemptId(context)) { Now = time.GetUtcNow() }, context.CancellationToken);
    }

    internal sealed class OfLease(SessionStore sessions, TimeProvider time) : IConsumer<CallerIdLeased>
    {
        public Task Consume(ConsumeContext<CallerIdLeased> context) => sessions.HandleAsync(context.Message.VerificationId,
            new FlashCallCommand.TakeCallerId(context.Message) { AttemptId = context.Message.AttemptId, NextAttemptId = NextAttemptId(context), Now = time.GetUtcNow() },
            context.CancellationToken);
    }

    internal sealed class OfRefusal(SessionStore sessions, TimeProvider time) : IConsumer<CallerIdUnavailable>
    {
        public Task Consume(ConsumeContext<CallerIdUnavailable> context) => sessions.HandleAsync(context.Message.VerificationId,
            new FlashCallCommand.TakeRefusal(context.Message) { AttemptId = context.Message.AttemptId, NextAttemptId = NextAttemptId(context), Now = time.GetUtcNow() },
            context.CancellationToken);
    }

    internal sealed class OfRinging(SessionStore sessions, TimeProvider time) : IConsumer<FlashCallRinging>
    {
        public Task Consume(ConsumeContext<FlashCallRinging> context) => sessions.HandleAsync(context.Message.VerificationId,
            new FlashCallCommand.TakeRinging(context.Message) { AttemptId = context.Message.AttemptId, NextAttemptId = NextAttemptId(context), Now = time.GetUtcNow() },
            context.CancellationToken);
    }

    internal sealed class OfCallEnd(SessionStore sessions, TimeProvider time) : IConsumer<FlashCallEnded>
    {
        public Task Consume(ConsumeContext<FlashCallEnded> context) => sessions.HandleAsync(context.Message.VerificationId,
            new FlashCallCommand.TakeCallEnd(context.Message) { AttemptId = context.Message.AttemptId, NextAttemptId = NextAttemptId(context), Now = time.GetUtcNow() },
            context.CancellationToken);
    }

    /// <summary>The id of the attempt that may follow comes from the message, so that a redelivery decides the very same.</summary>
    private static Guid NextAttemptId(ConsumeContext context) =>
        context.MessageId is { } message ? MessageId.Derive(message, "next-attempt") : Guid.CreateVersion7();
}
