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
        public Task Consume(ConsumeContext<RiskAssessed> context) => TakeAsync(sessions, context, context.Message.VerificationId,
            new SessionCommand.TakeRiskAssessment(context.Message, NextAttemptId(context)) { Now = time.Now() });
    }

    internal sealed class OfLease(SessionStore sessions, TimeProvider time) : IConsumer<CallerIdLeased>
    {
        public Task Consume(ConsumeContext<CallerIdLeased> context) => TakeAsync(sessions, context, context.Message.VerificationId,
            new FlashCallCommand.TakeCallerId(context.Message) { NextAttemptId = NextAttemptId(context), Now = time.Now() });
    }

    internal sealed class OfRefusal(SessionStore sessions, TimeProvider time) : IConsumer<CallerIdUnavailable>
    {
        public Task Consume(ConsumeContext<CallerIdUnavailable> context) => TakeAsync(sessions, context, context.Message.VerificationId,
            new FlashCallCommand.TakeRefusal(context.Message) { NextAttemptId = NextAttemptId(context), Now = time.Now() });
    }

    internal sealed class OfRinging(SessionStore sessions, TimeProvider time) : IConsumer<FlashCallRinging>
    {
        public Task Consume(ConsumeContext<FlashCallRinging> context) => TakeAsync(sessions, context, context.Message.VerificationId,
            new FlashCallCommand.TakeRinging(context.Message) { NextAttemptId = NextAttemptId(context), Now = time.Now() });
    }

    internal sealed class OfCallEnd(SessionStore sessions, TimeProvider time) : IConsumer<FlashCallEnded>
    {
        public Task Consume(ConsumeContext<FlashCallEnded> context) => TakeAsync(sessions, context, context.Message.VerificationId,
            new FlashCallCommand.TakeCallEnd(context.Message) { NextAttemptId = NextAttemptId(context), Now = time.Now() });
    }

    /// <summary>News of a session that does not exist are nobody's: they are logged and dropped.</summary>
    private static Task TakeAsync(SessionStore sessions, ConsumeContext context, Guid session, VerificationCommand command) =>
        sessions.HandleAsync(session, command, context.CancellationToken);

    /// <summary>The id of the attempt that may follow comes from the message, so that a redelivery decides the very same.</summary>
    private static Guid NextAttemptId(ConsumeContext context) =>
        context.MessageId is { } message ? MessageId.Derive(message, "next-attempt") : Guid.CreateVersion7();
}
