using FlashCall.Contracts;
using FlashCall.Hosting;
using MassTransit;

namespace FlashCall.NumberPool.Trunks;

/// <summary>Takes note of which trunks can be used.</summary>
internal sealed class NoteTrunks(TrunkNewsStore store, TimeProvider time)
{
    /// <summary>Clocks of replicas differ by less; a time further ahead would hold long after the replica is gone.</summary>
    private static readonly TimeSpan FurthestAhead = TimeSpan.FromSeconds(30);

    /// <summary>Keeps the news, unless the replica said something later before.</summary>
    /// <returns>Whether they were kept.</returns>
    /// <exception cref="ArgumentException">The news make no sense; the message says which part.</exception>
    public Task<bool> NoteAsync(TrunkNews news, CancellationToken cancellationToken)
    {
        if (news.Replica == Guid.Empty)
            throw new ArgumentException("Replica names the replica of the dialer; it may not be the empty UUID.", nameof(news));
        if (news.At > time.GetUtcNow() + FurthestAhead)
        {
            throw new ArgumentException(
                $"At is {news.At:O}, which is still to come. Set the clocks of the machines, such as by NTP.", nameof(news));
        }
        if (news.Trunks.Any(trunk => string.IsNullOrWhiteSpace(trunk.Name)))
            throw new ArgumentException("A trunk has no name. Name each.", nameof(news));
        return news.Trunks.SelectMany(trunk => trunk.Destinations).Any(prefix => !IsPrefix(prefix))
            ? throw new ArgumentException("A destination is no prefix. Give a plus sign and digits each, such as +44.", nameof(news))
            : store.KeepAsync(news, cancellationToken);
    }

    private static bool IsPrefix(string text) => text is ['+', .. var digits] && digits.All(char.IsAsciiDigit);
}

/// <summary>Takes the news; they have no answer.</summary>
internal sealed class TrunkNewsConsumer(NoteTrunks trunks) : IConsumer<TrunkNews>
{
    /// <inheritdoc/>
    public Task Consume(ConsumeContext<TrunkNews> context) => trunks.NoteAsync(context.Message, context.CancellationToken);
}

/// <summary>Forgets the replicas that have been silent for so long that what they said no longer counts.</summary>
internal sealed class OldTrunkNews(TrunkNewsStore store, TimeProvider time) : ISweep
{
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public int BatchSize => 1000;

    /// <inheritdoc/>
    public Task<int> SweepAsync(CancellationToken cancellationToken) =>
        store.DeleteOldAsync(time.GetUtcNow() - Kept, BatchSize, cancellationToken);
}
