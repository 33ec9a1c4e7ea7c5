using FlashCall.Contracts;
using FlashCall.Hosting;

namespace FlashCall.NumberPool.Wear;

/// <summary>Adds outcomes to wear, once a minute and until none is left, and tells what it came to.</summary>
internal sealed partial class FoldOutcomes(
    OutcomeFold fold, PoolCensus census, WearMetrics metrics, Messenger messenger, TimeProvider time, ILogger<FoldOutcomes> logger) : ISweep
{
    /// <summary>So long the news may take; the numbers rest meanwhile.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public int BatchSize => OutcomeFold.BatchSize;

    /// <inheritdoc/>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var result = await fold.FoldAsync(cancellationToken);
        metrics.Folded(result);
        foreach (var (group, falls) in result.Turned)
            LogTurned(group, falls);
        foreach (var trunk in result.Findings.GroupBy(finding => finding.Trunk, StringComparer.Ordinal))
            await TellAsync(trunk.Key, [.. trunk.Select(finding => finding.Verdict)], result.At, cancellationToken);
        if (result.Taken < BatchSize)
            metrics.Counted(await census.CountAsync(cancellationToken));
        return result.Taken;
    }

    private async Task TellAsync(string trunk, IReadOnlyList<Verdict> verdicts, DateTimeOffset at, CancellationToken cancellationToken)
    {
        Verdict.Rest[] rests = [.. verdicts.OfType<Verdict.Rest>()];
        var retired = verdicts.OfType<Verdict.Retire>().Count();
        LogChanged(trunk, rests.Length, retired, verdicts.Count - rests.Length - retired);
        if (rests.Length + retired == 0)
            return;
        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var news = new NumbersRested
            {
                Trunk = trunk,
                Rested = rests.Length,
                Retired = retired,
                RestsUntil = rests.Length > 0 ? rests.Max(rest => rest.Until) : null,
                At = at,
            };
            await messenger.PublishAsync(news, Guid.CreateVersion7(at), either.Token);
        }
        // Whatever went wrong with the news, the numbers rest, and the history says so.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogUntold(exception, trunk);
        }
    }

    private void LogTurned(PeerKey group, bool falls)
    {
        var destination = group.Destination is "" ? "all destinations" : group.Destination;
        if (falls)
            LogFalls(group.Trunk, destination);
        else
            LogRecovered(group.Trunk, destination);
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "By what became of calls over trunk {Trunk} {Rested} numbers rest, {Retired} are retired and {Activated} have recovered")]
    private partial void LogChanged(string trunk, int rested, int retired, int activated);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Calls over trunk {Trunk} to {Destination} are verified far less often than on the last days, whichever number calls")]
    private partial void LogFalls(string trunk, string destination);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Calls over trunk {Trunk} to {Destination} are verified again as on the last days")]
    private partial void LogRecovered(string trunk, string destination);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Nobody could be told of the numbers that rest by calls over trunk {Trunk}")]
    private partial void LogUntold(Exception exception, string trunk);
}
