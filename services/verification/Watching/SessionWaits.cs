using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;

namespace FlashCall.Verification.Watching;

/// <summary>
/// Requests that wait for a session to come so far. One that waits holds no connection to the database, and is answered with what is known
/// when its time is over or the process is told to stop: the client asks again, and another replica answers.
/// </summary>
internal sealed class SessionWaits(SessionStore sessions, SessionWatch watch, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>A wake of another replica may be lost with the broker; a session is read again after this time without one.</summary>
    public static readonly TimeSpan ReadAgainAfter = TimeSpan.FromSeconds(15);

    /// <summary>Waits for a session that is under way.</summary>
    /// <param name="id">The session.</param>
    /// <param name="isEnough">Whether it has come so far.</param>
    /// <param name="within">How long to wait at most.</param>
    /// <param name="aborted">The client has gone.</param>
    /// <returns>The session, whether it has come so far or not; null when there is none.</returns>
    public async Task<VerificationSession?> UntilAsync(
        Guid id, Predicate<VerificationSession> isEnough, TimeSpan within, CancellationToken aborted)
    {
        using var waiter = watch.Watch(id);
        return await sessions.ReadAsync(id, aborted) is { } found
            ? await UntilAsync(waiter, found.State, isEnough, within, aborted)
            : null;
    }

    /// <summary>Waits for a session that was watched before it was read.</summary>
    /// <param name="waiter">Watches it.</param>
    /// <param name="known">Where it stands.</param>
    /// <param name="isEnough">Whether it has come so far.</param>
    /// <param name="within">How long to wait at most.</param>
    /// <param name="aborted">The client has gone.</param>
    /// <returns>The session, whether it has come so far or not.</returns>
    public async Task<VerificationSession> UntilAsync(
        SessionWatch.Waiter waiter, VerificationSession known, Predicate<VerificationSession> isEnough, TimeSpan within,
        CancellationToken aborted)
    {
        if (isEnough(known))
            return known;
        using var timeout = new CancellationTokenSource(within, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, lifetime.ApplicationStopping, aborted);
        try
        {
            while (!isEnough(known))
            {
                var next = (await NextAsync(waiter, over.Token)).State ?? await ReadAsync(known.Id, over.Token);
                // News of two replicas may come in the other order.
                if (next.Revision > known.Revision)
                    known = next;
            }
            return known;
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return await ReadAsync(known.Id, aborted);
        }
    }

    /// <summary>Waits for a step of a session, which is to be read then.</summary>
    /// <returns>False where nothing was heard for <see cref="ReadAgainAfter"/>.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<bool> IsHeardAsync(SessionWatch.Waiter waiter, CancellationToken cancellationToken) =>
        (await NextAsync(waiter, cancellationToken)).IsHeard;

    private async Task<(bool IsHeard, VerificationSession? State)> NextAsync(
        SessionWatch.Waiter waiter, CancellationToken cancellationToken)
    {
        using var quiet = new CancellationTokenSource(ReadAgainAfter, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(quiet.Token, cancellationToken);
        try
        {
            return (true, await waiter.NextAsync(either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (false, null);
        }
    }

    private async Task<VerificationSession> ReadAsync(Guid id, CancellationToken cancellationToken) =>
        await sessions.ReadAsync(id, cancellationToken) is { } found
            ? found.State
            : throw new InvalidOperationException("A session that was there has no stream any longer.");
}
