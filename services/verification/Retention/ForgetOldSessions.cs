using FlashCall.Hosting;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Subjects;
using Marten;
using Npgsql;

namespace FlashCall.Verification.Retention;

/// <summary>Takes what is a person's out of sessions that ended long ago, as the erasure of a person does, archived or not. Every count stays.
/// The other services keep what they know for times of their own.</summary>
internal sealed class ForgetOldSessions(
    IDocumentStore store, RetentionSettings settings, RetentionFigures figures, TimeProvider time) : ISweep
{
    private const string ClaimSql =
        """
        select v.id, v.created_at from verifications v
        where v.callee <> 'erased' and v.ended_at < $1
          and not exists (select from deadlines where verification_id = v.id)
          and not exists (select from outbox where verification_id = v.id)
        order by v.ended_at limit $2
        for update of v skip locked
        """;

    public int BatchSize => 100;

    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        if (settings.EraseAfter is not { } age)
            return 0;
        var began = time.GetTimestamp();
        var erased = await EraseAsync(time.Now() - age, cancellationToken);
        figures.Done(RetentionKind.Erase, erased);
        // Years may be due at once: the traffic has half of the time for itself.
        if (erased == BatchSize)
            await Task.Delay(time.GetElapsedTime(began), time, cancellationToken);
        return erased;
    }

    private async Task<int> EraseAsync(DateTimeOffset endedBefore, CancellationToken cancellationToken)
    {
        await using var session = store.LightweightSession();
        await session.BeginTransactionAsync(cancellationToken);
        var claimed = await ClaimAsync(session, endedBefore, cancellationToken);
        if (claimed.Count == 0)
            return 0;
        var rows = new List<(Guid, DateTimeOffset, string?)>(claimed.Count);
        foreach (var (id, createdAt) in claimed)
        {
            var overwritten = await PersonalParts.OverwriteAsync(session, id, number: null, time.Now(), cancellationToken);
            rows.Add((id, createdAt, overwritten?.Region));
        }
        PersonalParts.OverwriteRows(session, rows);
        await Committer.WithoutStatement(session.SaveChangesAsync(cancellationToken));
        return claimed.Count;
    }

    private async Task<List<(Guid Id, DateTimeOffset CreatedAt)>> ClaimAsync(
        IDocumentSession session, DateTimeOffset endedBefore, CancellationToken cancellationToken)
    {
        await using var claim = new NpgsqlCommand(ClaimSql)
        {
            Parameters = { new() { Value = endedBefore }, new() { Value = BatchSize } },
        };
        var claiming = session.ExecuteReaderAsync(claim, cancellationToken);
        await Committer.WithoutStatement(claiming);
        await using var row = await claiming;
        var claimed = new List<(Guid, DateTimeOffset)>();
        while (await row.ReadAsync(cancellationToken))
            claimed.Add((row.GetGuid(0), await row.GetFieldValueAsync<DateTimeOffset>(1, cancellationToken)));
        return claimed;
    }
}
