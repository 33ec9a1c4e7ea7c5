using FlashCall.Funnel;
using FlashCall.Verification.Sessions;
using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Marten;
using Marten.Subscriptions;

namespace FlashCall.Verification.Analytics.Funnel;

/// <summary>
/// Hands the event log to the funnel, page by page, in the one replica that leads. The daemon says what is settled, who leads and what comes
/// next; how far the funnel is, the funnel keeps itself, in the transaction that moves it (<c>docs/decisions</c>, 0040).
/// </summary>
internal sealed class FunnelSubscription : SubscriptionBase
{
    private const int PageSize = 1000;

    private readonly LiveFunnel _funnel;

    /// <param name="funnel">The funnel.</param>
    public FunnelSubscription(LiveFunnel funnel)
    {
        _funnel = funnel;
        Name = "Funnel";
        // A stream that is archived before its page is read counts all the same.
        IncludeArchivedEvents = true;
        Options.BatchSize = PageSize;
    }

    public override async Task<IChangeListener> ProcessEventsAsync(
        EventRange page, ISubscriptionController controller, IDocumentOperations operations, CancellationToken cancellationToken)
    {
        var events = new List<(long, FunnelEvent)>(page.Events.Count);
        foreach (var stored in page.Events)
        {
            if (FunnelEvents.Of(stored.StreamId, (VerificationEvent)stored.Data) is { } happened)
                events.Add((stored.Sequence, happened));
        }
        await _funnel.TakeInAsync(events, page.SequenceCeiling, cancellationToken);
        return NullChangeListener.Instance;
    }
}
