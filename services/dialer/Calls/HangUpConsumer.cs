using FlashCall.Contracts;
using FlashCall.Dialer.Attempts;
using FlashCall.Hosting;
using MassTransit;

namespace FlashCall.Dialer.Calls;

/// <summary>
/// Ends a call, or makes sure that it is never placed. Any replica may get the command: a call of this process is cancelled at once, one
/// of another replica is passed on to it, and an attempt that is not known yet is recorded as cancelled.
/// </summary>
internal sealed partial class HangUpConsumer(
    CallsInProgress calls,
    AttemptStore attempts,
    Messenger messenger,
    ServiceIdentity self,
    TimeProvider time,
    ILogger<HangUpConsumer> logger) : IConsumer<HangUp>
{
    public async Task Consume(ConsumeContext<HangUp> context)
    {
        var hangUp = context.Message;
        if (hangUp.AttemptId == Guid.Empty || hangUp.VerificationId == Guid.Empty)
            throw new ArgumentException("HangUp was refused: VerificationId and AttemptId are required.", nameof(context));
        if (calls.TryHangUp(hangUp.AttemptId))
            return;
        // Our own name comes back only for a call that has ended this moment, or whose command waits to be tried again.
        var owner = await attempts.HangUpAsync(hangUp, time.GetUtcNow(), context.CancellationToken);
        if (owner is null || owner == self.Instance)
            return;
        try
        {
            var messageId = MessageId.Derive(hangUp.AttemptId, "hang-up");
            await messenger.SendAsync(ReplicaQueue.AddressOf(owner), hangUp, messageId, context.CancellationToken);
        }
        catch (MessageReturnedException)
        {
            // The owner has just gone; its attempt will be reported as interrupted. A hang-up that is lost on the way does little harm
            // either: the call ends when its ring time is over.
            LogOwnerGone(hangUp.AttemptId, owner);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Attempt {AttemptId} cannot be hung up: its replica {Owner} is gone")]
    private partial void LogOwnerGone(Guid attemptId, string owner);
}

/// <summary>Ends a call of this process on behalf of the replica that got the command.</summary>
internal sealed class HangUpHereConsumer(CallsInProgress calls) : IConsumer<HangUp>
{
    public Task Consume(ConsumeContext<HangUp> context)
    {
        // If it is not there it is over.
        calls.TryHangUp(context.Message.AttemptId);
        return Task.CompletedTask;
    }
}

/// <summary>The queue of one replica, which lives as long as the replica.</summary>
internal static class ReplicaQueue
{
    /// <summary>Its name.</summary>
    public static string NameOf(string instance) => $"{Queues.Dialer}-{instance}";

    /// <summary>What to send to: the exchange has to be asked for as the temporary one that it is, or the sender would declare
    /// another.</summary>
    public static string AddressOf(string instance) => $"{NameOf(instance)}?temporary=true";
}
