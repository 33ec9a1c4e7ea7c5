using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using FlashCall.Verification.Watching;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlashCall.Verification.Verifications;

/// <summary>Begins sessions and waits until there is something to answer; a start that is repeated under its key gets the same
/// answer.</summary>
internal sealed class SessionStarts(SessionStore sessions, SessionWatch watch, SessionWaits waits, IdempotencyKeys keys)
{
    /// <summary>The answer waits until the caller ID is leased or the session has ended, but not longer than this; then it says what is
    /// known. An app needs the prefix before the phone rings.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(1);

    /// <summary>Begins a session, or finds the one that the same start began.</summary>
    /// <param name="id">The id it shall have.</param>
    /// <param name="start">What is asked for.</param>
    /// <param name="key">Makes the start repeatable; null where it is not.</param>
    /// <param name="wait">How long the client would have the answer wait until the phone rings or the session has ended; null where it
    /// does not say.</param>
    /// <param name="cancellationToken">The request is gone.</param>
    public async Task<Answer> StartAsync(
        Guid id, SessionCommand.Start start, IdempotencyKey? key, TimeSpan? wait, CancellationToken cancellationToken)
    {
        Predicate<VerificationSession> isEnough = wait is null ? IsLeased : HasRung;
        var within = wait ?? AnswerWithin;
        using var waiter = watch.Watch(id);
        switch (await sessions.BeginAsync(id, start, key, cancellationToken))
        {
            case Beginning.Begun begun:
                var known = await waits.UntilAsync(waiter, begun.State, isEnough, within, cancellationToken);
                return new Answer(await SettledAsync(start.ApplicationId, key, known, cancellationToken), Refused: null);
            case Beginning.Repeated { AnsweredRevision: { } answered } repeated:
                return new Answer(await AtAsync(repeated.Id, answered, cancellationToken), Refused: null);
            case Beginning.Repeated repeated:
                var earlier = await waits.UntilAsync(repeated.Id, isEnough, within, cancellationToken)
                    ?? throw NoStream();
                return new Answer(await SettledAsync(start.ApplicationId, key, earlier, cancellationToken), Refused: null);
            case Beginning.KeyReused:
                return new Answer(null, Problems.Problem(422, "idempotency_key_reused", "The idempotency key was used before",
                    "Another request was made under this Idempotency-Key. Give each request a key of its own; a repeat has its body."));
            case Beginning.InProgress running:
                return new Answer(null, Refusals.InProgress(running.Id));
            case Beginning.IdInUse:
                return new Answer(null, Problems.Problem(409, "verification_id_in_use", "The id is in use",
                    "There is a verification of this id. Give a new one."));
            case var unknown:
                throw new InvalidOperationException($"Unknown beginning {unknown.GetType().Name}.");
        }
    }

    /// <summary>The session as it stood in the first answer under the key.</summary>
    private async Task<VerificationSession> SettledAsync(
        string applicationId, IdempotencyKey? key, VerificationSession known, CancellationToken cancellationToken)
    {
        if (key is null)
            return known;
        var revision = await keys.SettleAsync(applicationId, key.Text, known.Id, known.Revision, cancellationToken);
        return revision == known.Revision ? known : await AtAsync(known.Id, revision, cancellationToken);
    }

    private async Task<VerificationSession> AtAsync(Guid id, long revision, CancellationToken cancellationToken) =>
        await sessions.ReadAsync(id, cancellationToken) is { } found ? found.At(revision) : throw NoStream();

    private static InvalidOperationException NoStream() => new("A key names a session that has no stream.");

    private static bool IsLeased(VerificationSession session) =>
        session is VerificationSession.Ended || session.Current is { ReportsAllowed: > 0 };

    private static bool HasRung(VerificationSession session) => SessionStatus.Of(session) != SessionStatus.Pending;

    /// <summary>What the client is told.</summary>
    /// <param name="Session">The session; null where it is refused.</param>
    /// <param name="Refused">Why; null where it is not.</param>
    internal sealed record Answer(VerificationSession? Session, ProblemHttpResult? Refused);
}
