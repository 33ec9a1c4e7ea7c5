using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.NumberPool.Limits;
using MassTransit;

namespace FlashCall.NumberPool.Leases;

/// <summary>Gives an attempt the caller ID its phone will be rung from.</summary>
internal sealed partial class LeaseCallerIds(LeaseStore store, PoolMetrics metrics, TimeProvider time, ILogger<LeaseCallerIds> logger)
{
    /// <summary>A lease for longer than this is a mistake: a session lives for minutes.</summary>
    public static readonly TimeSpan LongestLease = TimeSpan.FromHours(1);

    /// <summary>See <see cref="LeaseCallerId.MinCandidates"/>.</summary>
    public const long HighestFloor = 10_000_000;

    /// <summary>See <see cref="LeaseCallerId.Client"/>.</summary>
    public const int LongestClient = 64;

    /// <summary>Another lease can have the last call of the chosen number's hour, or the same attempt, at the same moment. Each loss has
    /// a winner; what is not settled by then is tried again with the message.</summary>
    private const int Tries = 10;

    /// <summary>Leases a caller ID, or finds what the attempt was answered before.</summary>
    /// <returns>The answer, recorded; null when the command comes after its own end and nobody waits for an answer.</returns>
    /// <exception cref="ArgumentException">The command makes no sense; the message says which part.</exception>
    /// <exception cref="LeaseContentionException">Others were faster each time. Try again.</exception>
    public async Task<LeaseAnswer?> LeaseAsync(LeaseCallerId command, CancellationToken cancellationToken)
    {
        Validate(command);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var (answer, repeated) = await store.LeaseAsync(command, time.GetUtcNow(), cancellationToken);
                if (answer is null)
                    LogTooLate(command.AttemptId);
                else if (!repeated)
                    metrics.Answered(answer);
                return answer;
            }
            catch (LeaseContentionException) when (attempt < Tries)
            {
                LogContended(command.AttemptId);
            }
        }
    }

    private void Validate(LeaseCallerId command)
    {
        if (command.VerificationId == Guid.Empty || command.AttemptId == Guid.Empty)
        {
            throw new ArgumentException(
                "VerificationId and AttemptId name the session and the attempt; neither may be the empty UUID.", nameof(command));
        }
        if (command.Callee == PhoneNumber.Erased)
            throw new ArgumentException("Callee is an erased number, which nobody can ring.", nameof(command));
        if (command.ExpiresAt > time.GetUtcNow() + LongestLease)
        {
            throw new ArgumentException(
                $"ExpiresAt is {command.ExpiresAt:O}, more than an hour from now. A lease lives for minutes.", nameof(command));
        }
        if (command.MinCandidates is < 1 or > HighestFloor)
        {
            throw new ArgumentException(
                $"MinCandidates is {command.MinCandidates}. Give 1 (no floor) to {HighestFloor}.", nameof(command));
        }
        if (command.WantedCandidates < command.MinCandidates)
        {
            throw new ArgumentException(
                $"WantedCandidates is {command.WantedCandidates}, less than MinCandidates, which is {command.MinCandidates}. "
                + "Give as many at least.", nameof(command));
        }
        if (command.Client is { Length: 0 or > LongestClient })
        {
            throw new ArgumentException(
                $"Client has {command.Client.Length} characters. Give an opaque key of 1 to {LongestClient}, or null.", nameof(command));
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Attempt {AttemptId} asked for a caller ID after its own end and got none")]
    private partial void LogTooLate(Guid attemptId);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Another lease was faster than that of attempt {AttemptId}; leasing again")]
    private partial void LogContended(Guid attemptId);
}

/// <summary>Takes the command, answers when the lease is committed.</summary>
internal sealed class LeaseCallerIdConsumer(LeaseCallerIds leases, LimitAlarms alarms, Messenger messenger) : IConsumer<LeaseCallerId>
{
    /// <inheritdoc/>
    public async Task Consume(ConsumeContext<LeaseCallerId> context)
    {
        var command = context.Message;
        if (await leases.LeaseAsync(command, context.CancellationToken) is not { } answer)
            return;
        await messenger.SendAsync(Queues.Verification, answer.ToMessage(command),
            MessageId.Derive(command.AttemptId, "caller-id-answered"), context.CancellationToken);
        if (answer is LeaseAnswer.Refused refused && alarms.Notice(refused) is { } reached)
            await messenger.PublishAsync(reached, Guid.CreateVersion7(reached.At), context.CancellationToken);
    }
}

/// <summary>Another lease had the chosen number, or answered the attempt, at the same moment. It passes by itself.</summary>
internal sealed class LeaseContentionException(Exception inner)
    : Exception("Another lease was faster with the chosen number or the attempt.", inner);
