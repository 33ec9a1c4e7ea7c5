using FlashCall.Contracts;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using Marten;
using Npgsql;

namespace FlashCall.Verification.Subjects;

/// <summary>Takes what is a person's out of sessions, in the caller's transaction: out of their streams, wherever the events are, out of
/// their rows, and with the keys that repeat their starts.</summary>
internal static class PersonalParts
{
    /// <summary>Locks the rows of sessions, which nobody moves to the archive from then on. Begins the session's transaction.</summary>
    public static async Task LockAsync(IDocumentSession session, IEnumerable<Guid> ids, CancellationToken cancellationToken)
    {
        await session.BeginTransactionAsync(cancellationToken);
        await using var take = new NpgsqlCommand("select from verifications where id = any($1) order by id for update")
        {
            Parameters = { new() { Value = ids.ToArray() } },
        };
        var locking = session.ExecuteReaderAsync(take, cancellationToken);
        await Committer.WithoutStatement(locking);
        await (await locking).DisposeAsync();
    }

    /// <summary>Overwrites what is a person's in a session's stream. The session's row is locked.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="id">The session.</param>
    /// <param name="number">The number; null for the one in the stream.</param>
    /// <param name="now">When it is erased (UTC).</param>
    /// <param name="cancellationToken">Gives up; then nothing was done.</param>
    /// <returns>Null where there is no stream any more, since its partition of the archive was dropped.</returns>
    public static async Task<OverwrittenSession?> OverwriteAsync(
        IDocumentSession session, Guid id, PhoneNumber? number, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var stream = await StreamEvents.ReadAsync(session, id, cancellationToken);
        if (stream.Count == 0)
            return null;
        if (stream[0].Data is not SessionEvent.VerificationRequested asked)
            throw new InvalidOperationException($"The stream of the session {id} does not begin with its request.");
        var state = stream.Aggregate((VerificationSession?)null, (before, stored) => Evolver.Evolve(before, id, stored.Data))!;
        var changed = 0;
        foreach (var stored in stream)
        {
            if (Forgetting.Of(stored.Data, number ?? asked.To, now) is not { } erased)
                continue;
            if (stored.ArchiveMonth is { } month)
            {
                session.QueueSqlCommand(
                    "update archived_events set data = ?::jsonb where month = ? and seq_id = ?",
                    session.DocumentStore.Options.Serializer().ToJson(erased), month, stored.Sequence);
            }
            else
            {
                var overwritten = session.Events.BuildEvent(erased);
                overwritten.Sequence = stored.Sequence;
                session.Events.OverwriteEvent(overwritten);
            }
            changed++;
        }
        return new OverwrittenSession(state, asked.Erased?.Region ?? asked.To.Region, changed);
    }

    /// <summary>Overwrites the rows of sessions, and deletes the keys of their starts.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="sessions">The sessions: when they began, and which country the number was of, where that is known.</param>
    public static void OverwriteRows(
        IDocumentSession session, IReadOnlyCollection<(Guid Id, DateTimeOffset CreatedAt, string? Region)> sessions)
    {
        var ids = sessions.Select(static one => one.Id).ToArray();
        session.QueueSqlCommand(
            """
            update verifications v set callee = ?, reference = null, erased_region = coalesce(kept.region, v.erased_region)
            from unnest(?::uuid[], ?::text[]) as kept (id, region) where v.id = kept.id
            """,
            PhoneNumber.Erased.E164, ids, sessions.Select(static one => one.Region).ToArray());
        // The key was kept with the time at which its session began, which is what the index has.
        session.QueueSqlCommand(
            "delete from idempotency_keys where created_at = any(?::timestamptz[]) and verification_id = any(?::uuid[])",
            sessions.Select(static one => one.CreatedAt).ToArray(), ids);
    }
}

/// <summary>A session that has lost what was a person's.</summary>
/// <param name="Before">Where it stood before.</param>
/// <param name="Region">The country that is kept of the number, as <see cref="PhoneNumber.Region"/> has it.</param>
/// <param name="Changed">How many events were changed.</param>
internal sealed record OverwrittenSession(VerificationSession Before, string Region, int Changed);
