using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlashCall.Contracts;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Watching;
using Marten;
using Npgsql;

namespace FlashCall.Verification.Subjects;

/// <summary>
/// Erases a number from this service's own database: from the streams, where it and what came with it stand in the first event; from the
/// sessions' rows; with the keys that repeat their starts. A session under way is cancelled first, and all wait until nothing of them can
/// call the phone or be sent any longer.
/// </summary>
internal sealed class SessionEraser(
    NpgsqlDataSource data, IDocumentStore store, SessionStore sessions, SessionWatch watch, TimeProvider time)
{
    /// <summary>Sessions in one transaction, and in one command to the services.</summary>
    internal const int Batch = 100;

    private const string FindSql =
        $"""
        {ErasureStore.ByNumber}
        select found.id, found.application_id, found.created_at, found.ended_at is not null,
            found.ended_at is not null
            and not exists (select from deadlines where verification_id = found.id)
            and not exists (select from outbox where verification_id = found.id)
        from applications a cross join lateral (
            select id, application_id, created_at, ended_at from verifications v
            where v.application_id = a.application_id and v.callee = $1 and v.created_at <= $2
            order by v.created_at, v.id limit $3) found
        where a.application_id is not null
        limit $3
        """;

    /// <summary>Erases a part of the sessions of the number.</summary>
    /// <returns>How many were erased, and how many have to come to rest first.</returns>
    public async Task<(int Erased, int Waiting)> EraseAsync(ClaimedErasure erasure, CancellationToken cancellationToken)
    {
        var found = await FindAsync(erasure, cancellationToken);
        foreach (var live in found.Where(static one => !one.HasEnded))
            await sessions.HandleAsync(live.Id, new SessionCommand.Cancel { Now = time.Now() }, cancellationToken);
        var atRest = found.Where(static one => one.IsAtRest).ToList();
        if (atRest.Count > 0)
        {
            await EraseAsync(erasure, atRest, cancellationToken);
            foreach (var one in atRest)
                watch.Forgotten(one.Id);
        }
        return (atRest.Count, found.Count - atRest.Count);
    }

    private async Task<List<FoundSession>> FindAsync(ClaimedErasure erasure, CancellationToken cancellationToken)
    {
        await using var find = data.CreateCommand(FindSql);
        find.Parameters.Add(new() { Value = erasure.Number.E164 });
        find.Parameters.Add(new() { Value = erasure.RequestedAt });
        find.Parameters.Add(new() { Value = Batch });
        var found = new List<FoundSession>();
        await using var row = await find.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            found.Add(new FoundSession(
                row.GetGuid(0), row.GetString(1), row.GetFieldValue<DateTimeOffset>(2), row.GetBoolean(3), row.GetBoolean(4)));
        }
        return found;
    }

    /// <summary>In one transaction: the sessions are erased and everybody else is to be told of them, or neither.</summary>
    private async Task EraseAsync(ClaimedErasure erasure, List<FoundSession> found, CancellationToken cancellationToken)
    {
        var now = time.Now();
        await using var session = store.LightweightSession();
        await PersonalParts.LockAsync(session, found.Select(static one => one.Id), cancellationToken);
        var told = new List<ErasedSession>(found.Count);
        var rows = new List<(Guid, DateTimeOffset, string?)>(found.Count);
        var events = 0;
        foreach (var one in found)
        {
            var overwritten = await PersonalParts.OverwriteAsync(session, one.Id, erasure.Number, now, cancellationToken);
            events += overwritten?.Changed ?? 0;
            var state = overwritten?.Before;
            rows.Add((one.Id, one.CreatedAt, overwritten?.Region ?? erasure.Number.Region));
            told.Add(new ErasedSession
            {
                VerificationId = one.Id,
                ApplicationId = one.ApplicationId,
                Attempts = state is null ? [] : [.. state.Attempts.Select(static attempt => attempt.Id)],
                Reference = state?.Asked.Reference is { Length: > 0 } reference ? SHA256.HashData(Encoding.UTF8.GetBytes(reference)) : null,
            });
        }
        PersonalParts.OverwriteRows(session, rows);
        session.QueueSqlCommand(
            """
            insert into erasure_parts (erasure_id, part, service, sessions, round)
            select id, next.part, service, ?::jsonb, round
            from erasures
            cross join lateral (select max(part) + 1 as part from erasure_parts where erasure_id = erasures.id) next
            cross join unnest(?::text[]) as service
            where id = ?
            """,
            JsonSerializer.Serialize(told), ErasureStore.Services, erasure.Id);
        session.QueueSqlCommand(
            """
            insert into erasure_counts (erasure_id, service, what, kept, rows)
            values (?, 'verification', 'mt_events', false, ?), (?, 'verification', 'verifications', false, ?)
            on conflict (erasure_id, service, what, kept) do update set rows = erasure_counts.rows + excluded.rows
            """,
            erasure.Id, (long)events, erasure.Id, (long)rows.Count);
        await Committer.WithoutStatement(session.SaveChangesAsync(cancellationToken));
    }

    /// <summary>A session of the number.</summary>
    /// <param name="Id">The session.</param>
    /// <param name="ApplicationId">Its application.</param>
    /// <param name="CreatedAt">When it began.</param>
    /// <param name="HasEnded">Whether it has ended.</param>
    /// <param name="IsAtRest">Whether, beside that, nothing of it is left to be done or to be sent.</param>
    private sealed record FoundSession(Guid Id, string ApplicationId, DateTimeOffset CreatedAt, bool HasEnded, bool IsAtRest);
}
