using FlashCall.Hosting;
using Marten;
using Npgsql;

namespace FlashCall.Verification.Storage;

/// <summary>What makes a start repeatable.</summary>
/// <param name="Text">The client's key, 1 to 255 visible ASCII characters; each application has its own.</param>
/// <param name="BodyHash">SHA-256 of the request's body.</param>
internal sealed record IdempotencyKey(string Text, byte[] BodyHash);

/// <summary>A start that was made under a key.</summary>
/// <param name="VerificationId">The session it began.</param>
/// <param name="BodyHash">SHA-256 of its body.</param>
/// <param name="AnsweredRevision">Where the session stood in the answer; null as long as nobody was told.</param>
internal sealed record EarlierStart(Guid VerificationId, byte[] BodyHash, long? AnsweredRevision);

/// <summary>The keys of starts: a row in the transaction that begins the session, so that both are there or neither.</summary>
internal sealed class IdempotencyKeys(NpgsqlDataSource data, TimeProvider time) : ISweep
{
    /// <summary>The primary key: of two starts under one key at once, the database lets one begin a session.</summary>
    public const string Key = "idempotency_keys_key";

    /// <summary>How long a key is kept.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    public int BatchSize => 1000;

    /// <summary>Keeps the keys of the sessions that begin.</summary>
    public static void Keep(IDocumentSession session, IReadOnlyList<SessionStep> steps)
    {
        foreach (var step in steps)
        {
            if (step.Key is not { } key)
                continue;
            var asked = step.After.Asked;
            // One that is over but not swept yet; with the other rows it goes, or stays, as the start does.
            session.QueueSqlCommand(
                "delete from idempotency_keys where application_id = ? and key = ? and created_at <= ?",
                asked.ApplicationId, key.Text, asked.At - Lifetime);
            session.QueueSqlCommand(
                "insert into idempotency_keys (application_id, key, body_hash, verification_id, created_at) values (?, ?, ?, ?, ?)",
                asked.ApplicationId, key.Text, key.BodyHash, step.Id, asked.At);
        }
    }

    /// <summary>Settles where the session stands in the answer to its start: whoever answers first says so, and every repeat tells the
    /// same.</summary>
    /// <returns>The revision of the session to answer with.</returns>
    public async Task<long> SettleAsync(
        string applicationId, string key, Guid verificationId, long revision, CancellationToken cancellationToken)
    {
        await using var settle = data.CreateCommand(
            """
            update idempotency_keys set answered_revision = coalesce(answered_revision, $4)
            where application_id = $1 and key = $2 and verification_id = $3
            returning answered_revision
            """);
        settle.Parameters.Add(new() { Value = applicationId });
        settle.Parameters.Add(new() { Value = key });
        settle.Parameters.Add(new() { Value = verificationId });
        settle.Parameters.Add(new() { Value = revision });
        // Without a row the key's day is over: nobody can repeat the start any longer.
        return await settle.ExecuteScalarAsync(cancellationToken) is long settled ? settled : revision;
    }

    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        await using var sweep = data.CreateCommand(
            """
            delete from idempotency_keys where (application_id, key) in (
                select application_id, key from idempotency_keys where created_at <= $1 limit $2 for update skip locked)
            """);
        sweep.Parameters.Add(new() { Value = time.GetUtcNow() - Lifetime });
        sweep.Parameters.Add(new() { Value = BatchSize });
        return await sweep.ExecuteNonQueryAsync(cancellationToken);
    }
}
