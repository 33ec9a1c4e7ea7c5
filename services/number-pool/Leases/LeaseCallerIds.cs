using System.Globalization;
using FlashCall.Contracts;
using FlashCall.Hosting;
using FlashCall.NumberPool.Ranges;
using MassTransit;

namespace FlashCall.NumberPool.Leases;

/// <summary>Gives an attempt the caller ID its phone will be rung from.</summary>
internal sealed partial class LeaseCallerIds(
    LeaseStore store, KeySpace numbers, NumberPoolSettings settings, PoolMetrics metrics, TimeProvider time, ILogger<LeaseCallerIds> logger)
{
    /// <summary>A lease for longer than this is a mistake: a session lives for minutes.</summary>
    public static readonly TimeSpan LongestLease = TimeSpan.FromHours(1);

    /// <summary>Another replica can take the chosen number for the same callee at the same moment. That needs two sessions for one phone,
    /// and each loss leaves one number less to meet at; what is not settled by then is tried again with the message.</summary>
    private const int Tries = 10;

    /// <summary>Leases a caller ID, or finds what the attempt was answered before.</summary>
    /// <returns>The answer, recorded; null when the command comes after its own end and nobody waits for an answer.</returns>
    /// <exception cref="ArgumentException">The command makes no sense; the message says which part.</exception>
    /// <exception cref="LeaseContentionException">Others took every chosen number first. Try again.</exception>
    public async Task<LeaseAnswer?> LeaseAsync(LeaseCallerId command, CancellationToken cancellationToken)
    {
        Validate(command);
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var now = time.GetUtcNow();
            var (answered, resting) = await store.ReadAsync(command.AttemptId, command.Callee, now, cancellationToken);
            if (answered is not null)
                return answered;
            if (command.ExpiresAt <= now)
            {
                LogTooLate(command.AttemptId);
                return null;
            }
            if (await DecideAsync(command, resting, now, cancellationToken) is { } answer)
            {
                metrics.Answered(answer);
                return answer;
            }
        }
        throw new LeaseContentionException();
    }

    private Task<LeaseAnswer?> DecideAsync(
        LeaseCallerId command, List<long> resting, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Should one of our own numbers be called, it is not called by itself.
        var callee = long.Parse(command.Callee.E164.AsSpan(1), CultureInfo.InvariantCulture);
        if (numbers.Choose(resting.Append(callee), UniformDraw.Below) is not { } choice)
            return store.TryRecordAsync(command.AttemptId, Refuse(), now, command.ExpiresAt, cancellationToken);
        var lease = new LeaseAnswer.Leased(Guid.CreateVersion7(now), choice, now, command.ExpiresAt);
        // It may ring as late as the lease ends, and rests from then on.
        return store.TryRecordAsync(command.AttemptId, command.Callee, lease, command.ExpiresAt + settings.RestPeriod, cancellationToken);
    }

    private LeaseAnswer.Refused Refuse() => numbers.Size == 0
        ? new(LeaseRefusal.NoNumbers, "The number pool is empty. Add a range of numbers that your carrier assigned to NumberPool:Ranges.")
        : new(LeaseRefusal.AllRestingForCallee, string.Create(CultureInfo.InvariantCulture,
            $"All {numbers.Size} numbers of the pool were used for this callee within NumberPool:RestPeriod ({settings.RestPeriod:c}).")
            + " Add numbers to NumberPool:Ranges.");

    private void Validate(LeaseCallerId command)
    {
        if (command.VerificationId == Guid.Empty || command.AttemptId == Guid.Empty)
        {
            throw new ArgumentException(
                "VerificationId and AttemptId name the session and the attempt; neither may be the empty UUID.", nameof(command));
        }
        if (command.ExpiresAt > time.GetUtcNow() + LongestLease)
        {
            throw new ArgumentException(
                $"ExpiresAt is {command.ExpiresAt:O}, more than an hour from now. A lease lives for minutes.", nameof(command));
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Attempt {AttemptId} asked for a caller ID after its own end and got none")]
    private partial void LogTooLate(Guid attemptId);
}

/// <summary>Takes the command, answers when the lease is committed.</summary>
internal sealed class LeaseCallerIdConsumer(LeaseCallerIds leases, Messenger messenger) : IConsumer<LeaseCallerId>
{
    /// <inheritdoc/>
    public async Task Consume(ConsumeContext<LeaseCallerId> context)
    {
        var command = context.Message;
        if (await leases.LeaseAsync(command, context.CancellationToken) is { } answer)
        {
            await messenger.SendAsync(Queues.Verification, answer.ToMessage(command),
                MessageId.Derive(command.AttemptId, "caller-id-answered"), context.CancellationToken);
        }
    }
}

/// <summary>Other leases for the same callee took every number that was chosen. It passes by itself.</summary>
internal sealed class LeaseContentionException() : Exception("Leases for one callee at the same time took every number that was chosen.");
