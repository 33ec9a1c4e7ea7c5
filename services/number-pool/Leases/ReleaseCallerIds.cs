using FlashCall.Contracts;
using MassTransit;

namespace FlashCall.NumberPool.Leases;

/// <summary>Ends a lease by what became of the caller ID.</summary>
internal sealed class ReleaseCallerIds(LeaseStore store, PoolMetrics metrics, TimeProvider time)
{
    /// <summary>See <see cref="ReleaseCallerId.WrongReports"/>.</summary>
    public const int MostWrongReports = 10;

    /// <summary>Ends the lease. A repeat, a release after expiry and a release with another lease's id do nothing.</summary>
    /// <returns>Whether this release ended the lease.</returns>
    /// <exception cref="ArgumentException">The command makes no sense; the message says which part.</exception>
    public async Task<bool> ReleaseAsync(ReleaseCallerId command, CancellationToken cancellationToken)
    {
        if (command.WrongReports is < 0 or > MostWrongReports)
        {
            throw new ArgumentException(
                $"WrongReports is {command.WrongReports}. Give the number of reports that named another number, 0 to {MostWrongReports}.",
                nameof(command));
        }
        if (command.Trunk is { } trunk && string.IsNullOrWhiteSpace(trunk))
            throw new ArgumentException("Trunk is blank. Name the trunk that had the call, or give null.", nameof(command));
        if (!Enum.IsDefined(command.Outcome))
            throw new ArgumentException($"Outcome is {command.Outcome}, which is none.", nameof(command));
        var released = await store.ReleaseAsync(command, time.GetUtcNow(), cancellationToken);
        if (released)
            metrics.Released(command);
        return released;
    }
}

/// <summary>Takes the command; it has no answer.</summary>
internal sealed class ReleaseCallerIdConsumer(ReleaseCallerIds releases) : IConsumer<ReleaseCallerId>
{
    /// <inheritdoc/>
    public Task Consume(ConsumeContext<ReleaseCallerId> context) => releases.ReleaseAsync(context.Message, context.CancellationToken);
}
