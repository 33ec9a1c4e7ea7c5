using FlashCall.Contracts;
using MassTransit;

namespace FlashCall.NumberPool.Leases;

/// <summary>Ends a lease by what became of the caller ID.</summary>
internal sealed class ReleaseCallerIds(LeaseStore store, NumberPoolSettings settings, PoolMetrics metrics, TimeProvider time)
{
    /// <summary>Ends the lease. A repeat, a release after expiry and a release with another lease's id do nothing.</summary>
    /// <returns>Whether this release ended the lease.</returns>
    public async Task<bool> ReleaseAsync(ReleaseCallerId command, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        // What the callee has not seen needs no rest. If nobody knows, the call may ring until the lease ends: the rest stays as it is.
        var rests = command.Outcome is not LeaseOutcome.NotRung;
        DateTimeOffset? keepUntil = command.Outcome is LeaseOutcome.Rang or LeaseOutcome.Verified ? now + settings.RestPeriod : null;
        var released = await store.ReleaseAsync(
            command.AttemptId, command.LeaseId, command.Outcome, rests, keepUntil, now, cancellationToken);
        if (released)
            metrics.Released(command.Outcome);
        return released;
    }
}

/// <summary>Takes the command; it has no answer.</summary>
internal sealed class ReleaseCallerIdConsumer(ReleaseCallerIds releases) : IConsumer<ReleaseCallerId>
{
    /// <inheritdoc/>
    public Task Consume(ConsumeContext<ReleaseCallerId> context) => releases.ReleaseAsync(context.Message, context.CancellationToken);
}
