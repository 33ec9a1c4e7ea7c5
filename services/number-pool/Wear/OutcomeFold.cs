using System.Data;
using FlashCall.NumberPool.Numbers;
using Npgsql;

namespace FlashCall.NumberPool.Wear;

/// <summary>What a batch of outcomes came to.</summary>
/// <param name="Taken">How many outcomes it had.</param>
/// <param name="At">When it was decided (UTC).</param>
/// <param name="Findings">What was decided about numbers.</param>
/// <param name="Turned">The groups that began to fall, or ended to.</param>
internal sealed record FoldResult(
    int Taken, DateTimeOffset At, IReadOnlyCollection<Finding> Findings, IReadOnlyCollection<(PeerKey Group, bool Falls)> Turned);

/// <summary>
/// Adds outcomes to wear, and lets numbers rest that are worn. A batch is one transaction under the lock of the inventory: any replica does
/// it, one at a time; each outcome counts once, whatever dies; and no operator's change comes between what is read and what is decided.
/// </summary>
internal sealed class OutcomeFold(NpgsqlDataSource data, Inventory inventory, NumberPoolSettings settings, TimeProvider time)
{
    /// <summary>Who changes numbers, for the history.</summary>
    public const string Name = "wear";

    /// <summary>Outcomes of one batch at most: enough that their round trips are cheap, so few that operators do not wait.</summary>
    public const int BatchSize = 1000;

    /// <summary>Takes a batch.</summary>
    public async Task<FoldResult> FoldAsync(CancellationToken cancellationToken)
    {
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await Inventory.LockAsync(connection, cancellationToken);
        var now = time.GetUtcNow();
        var outcomes = await WearStore.TakeAsync(connection, BatchSize, cancellationToken);
        if (outcomes.Count == 0)
            return new FoldResult(0, now, [], []);

        var book = new WearBook(settings.Wear, now);
        await WearStore.ReadAsync(connection, book, outcomes, cancellationToken);
        var evidence = book.Numbers.ToDictionary(number => number.Key, number => number.Value.Evidence);
        var falling = book.Groups.ToDictionary(group => group.Key, group => group.Value.Trend.FallsSince is not null);
        foreach (var outcome in outcomes)
            book.Take(outcome);

        if (book.Findings.Count > 0)
        {
            await inventory.ChangeStateAsync(
                connection, [.. book.Findings.Values.Select(Change)], Name, cancellationToken);
        }
        await WearStore.WriteAsync(connection, book, evidence, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new FoldResult(
            outcomes.Count, now, book.Findings.Values,
            [.. book.Groups.Select(group => (group.Key, Falls: group.Value.Trend.FallsSince is not null))
                .Where(group => group.Falls != falling.GetValueOrDefault(group.Key))]);
    }

    private static NumberChange Change(Finding finding)
    {
        var number = new NumberSpan(finding.Number, finding.Number);
        return finding.Verdict switch
        {
            Verdict.Rest rest => new NumberChange(number, new NumberState.Resting(rest.Until), finding.Reason) { Rests = rest.Rests },
            Verdict.Retire => new NumberChange(number, new NumberState.Retired(), finding.Reason),
            Verdict.Activate => new NumberChange(number, new NumberState.Active(), finding.Reason),
            _ => throw new ArgumentOutOfRangeException(nameof(finding)),
        };
    }
}
