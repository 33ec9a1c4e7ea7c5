using System.Collections.Immutable;
using System.Diagnostics;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Watching;
using JasperFx;
using Marten;
using Marten.Exceptions;
using Npgsql;

namespace FlashCall.Verification.Storage;

/// <summary>
/// The shell around the pure session, the one way in for requests, messages and deadlines alike: load, decide, append, react. Events,
/// outgoing messages and the deadline commit in one transaction; then the messages leave and whoever waits is woken.
/// </summary>
internal sealed partial class SessionStore(
    IDocumentStore store, Committer committer, LiveSessions live, Outbox outbox, SessionWatch watch, ILogger<SessionStore> logger,
    SessionMetrics? metrics = null)
{
    /// <summary>Two replicas that meet in one stream: the second one reads again and decides anew.</summary>
    private const int Tries = 6;

    private const string RunningSql = "select id from verifications where application_id = $1 and callee = $2 and ended_at is null";

    private const string RunningAndKeySql =
        """
        select running.id, earlier.verification_id, earlier.body_hash, earlier.answered_revision
        from (select 1) one
        left join verifications running on running.application_id = $1 and running.callee = $2 and running.ended_at is null
        left join idempotency_keys earlier on earlier.application_id = $1 and earlier.key = $3 and earlier.created_at > $4
        """;

    /// <summary>Begins a session. What becomes of an earlier one of the same application for the same number, its policy says.</summary>
    /// <param name="id">The new session.</param>
    /// <param name="start">What is asked for.</param>
    /// <param name="key">Makes the start repeatable; null where it is not.</param>
    /// <param name="cancellationToken">The request is gone.</param>
    public async Task<Beginning> BeginAsync(
        Guid id, SessionCommand.Start start, IdempotencyKey? key, CancellationToken cancellationToken)
    {
        var events = Decider.Begin(start);
        var after = Fold(null, id, events) with { Trace = Activity.Current?.Id };
        SessionTrace.Begin(id);
        for (var remaining = Tries; ; remaining--)
        {
            var (running, earlier) = await EarlierAsync(start, key, cancellationToken);
            if (earlier is not null)
            {
                return earlier.BodyHash.AsSpan().SequenceEqual(key!.BodyHash)
                    ? new Beginning.Repeated(earlier.VerificationId, earlier.AnsweredRevision)
                    : new Beginning.KeyReused();
            }
            // One that is denied as it begins takes nobody's place.
            if (running is { } live && after is not VerificationSession.Ended)
            {
                if (start.Policy.OnSecondSession is SecondSession.Refuse)
                    return new Beginning.InProgress(live);
                await HandleAsync(live, new SessionCommand.Supersede(id) { Now = start.Now }, cancellationToken);
            }
            try
            {
                await CommitAsync(new SessionStep(before: null, events, after) { Key = key }, cancellationToken);
                return new Beginning.Begun(after);
            }
            // Another request for the same number, or under the same key, was faster: it is the earlier one now.
            catch (Exception exception) when (remaining > 1 && IsOvertaken(exception))
            {
            }
            catch (Exception exception) when (IsIdInUse(exception))
            {
                return new Beginning.IdInUse();
            }
        }
    }

    /// <summary>Decides a command of the platform's own for a session and makes it so.</summary>
    /// <returns>Null when there is no such session; otherwise the state after the command, or why it was refused.</returns>
    public async Task<Outcome?> HandleAsync(Guid id, VerificationCommand command, CancellationToken cancellationToken)
    {
        var outcome = await DecideAsync(id, command, _ => true, cancellationToken);
        if (outcome is null)
            LogUnknown(command.GetType().Name, id);
        return outcome;
    }

    /// <summary>Decides a command of a client for a session and makes it so.</summary>
    /// <returns>Null when the application has no such session; otherwise the state after the command, or why it was refused.</returns>
    public Task<Outcome?> HandleAsync(
        Guid id, string applicationId, SessionCommand command, CancellationToken cancellationToken) =>
        DecideAsync(id, command, session => session.Asked.ApplicationId == applicationId, cancellationToken);

    private async Task<Outcome?> DecideAsync(
        Guid id, VerificationCommand command, Func<VerificationSession, bool> mayDecide, CancellationToken cancellationToken)
    {
        for (var remaining = Tries; ; remaining--)
        {
            var known = remaining == Tries ? live.Find(id) : null;
            var history = known is null ? await ReadAsync(id, cancellationToken) : null;
            if ((known ?? history?.State) is not { } before || !mayDecide(before))
                return null;
            SessionTrace.Link(before);
            var decision = Decider.Decide(command, before);
            // What makes nothing happen meets with no other replica's step in the database: only the stream itself can tell that.
            if (known is not null && decision is not Decision.Accepted { Events.IsEmpty: false })
                continue;
            if (decision is Decision.Rejected rejected)
                return new Outcome(before, [], rejected.Why);
            var accepted = (Decision.Accepted)decision;
            // A repeat, or a deadline that came too early, leaves no trace.
            if (accepted.Events.IsEmpty)
                return new Outcome(before, [], Refused: null);
            // What the archive has stays as it is: what comes after so long is of no use to anybody.
            if (history is { IsArchived: true })
                return new Outcome(before, [], Rejection.Ended);

            var after = Fold(before, id, accepted.Events);
            using var resumed = SessionTrace.Resume(before, command);
            try
            {
                var step = new SessionStep(before, accepted.Events, after) { IsOfDeadline = command is SessionCommand.DeadlinePassed };
                await CommitAsync(step, cancellationToken);
                return new Outcome(after, accepted.Events, Refused: null);
            }
            catch (ConcurrencyException) when (remaining > 1)
            {
                resumed?.AddEvent(new ActivityEvent("moved on"));
            }
        }
    }

    /// <summary>A session with all that happened in it; null when there is none.</summary>
    public async Task<SessionHistory?> ReadAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var session = store.QuerySession();
        var stream = await StreamEvents.ReadAsync(session, id, cancellationToken);
        if (stream.Count == 0)
            return null;
        var events = stream.Select(static stored => stored.Data).ToImmutableList();
        var state = Fold(null, id, events) with { Trace = stream[0].Cause };
        SessionTrace.Link(state);
        return new SessionHistory(state, events) { IsArchived = stream[0].ArchiveMonth is not null };
    }

    private static VerificationSession Fold(VerificationSession? before, Guid id, ImmutableList<VerificationEvent> events) =>
        events.Aggregate(before, (state, happened) => Evolver.Evolve(state, id, happened))
            ?? throw new InvalidOperationException("A session begins with an event.");

    private async Task CommitAsync(SessionStep step, CancellationToken cancellationToken)
    {
        try
        {
            await committer.CommitAsync(step, cancellationToken);
        }
        // The session moved on elsewhere, or it is not known whether the step was stored.
        catch
        {
            live.Forget(step.Id);
            throw;
        }
        SessionTrace.End(step);
        live.Keep(step.After);
        outbox.Dispatch(step.Messages);
        watch.Moved(step.After);
        metrics?.Stored(step.Before, step.After);
    }

    /// <summary>The live session for the number, and the start under the key. One statement sees both as of one moment: a session that
    /// the same key began just now must not be taken for another that it supersedes.</summary>
    private async Task<(Guid? Running, EarlierStart? Earlier)> EarlierAsync(
        SessionCommand.Start start, IdempotencyKey? key, CancellationToken cancellationToken)
    {
        await using var session = store.QuerySession();
        await using var find = new NpgsqlCommand(key is null ? RunningSql : RunningAndKeySql)
        {
            Parameters = { new() { Value = start.ApplicationId }, new() { Value = start.To.E164 } },
        };
        if (key is not null)
        {
            find.Parameters.Add(new() { Value = key.Text });
            find.Parameters.Add(new() { Value = start.Now - IdempotencyKeys.Lifetime });
        }
        await using var reader = await ReadWithoutStatementAsync(session.ExecuteReaderAsync(find, cancellationToken));
        if (!await reader.ReadAsync(cancellationToken))
            return default;
        return (
            await reader.IsDBNullAsync(0, cancellationToken) ? null : reader.GetGuid(0),
            key is null || await reader.IsDBNullAsync(1, cancellationToken)
                ? null
                : new EarlierStart(
                    reader.GetGuid(1), reader.GetFieldValue<byte[]>(2),
                    await reader.IsDBNullAsync(3, cancellationToken) ? null : reader.GetInt64(3)));
    }

    private static async Task<T> ReadWithoutStatementAsync<T>(Task<T> reading)
    {
        await Committer.WithoutStatement(reading);
        return await reading;
    }

    private static bool IsOvertaken(Exception exception) => exception is ConcurrencyException or PostgresException
    {
        SqlState: PostgresErrorCodes.UniqueViolation,
        ConstraintName: VerificationRows.OneLivePerNumber or IdempotencyKeys.Key,
    };

    private static bool IsIdInUse(Exception exception) => exception is ExistingStreamIdCollisionException or PostgresException
    {
        SqlState: PostgresErrorCodes.UniqueViolation,
        ConstraintName: VerificationRows.Key or "pkey_mt_streams_id",
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Command} was for session {VerificationId}, which does not exist; it was dropped")]
    private partial void LogUnknown(string command, Guid verificationId);

    /// <summary>What became of a command.</summary>
    /// <param name="State">The session after it.</param>
    /// <param name="Events">What it made happen; none when it was refused or is a repeat.</param>
    /// <param name="Refused">Why it was refused; null when it was not.</param>
    internal sealed record Outcome(VerificationSession State, ImmutableList<VerificationEvent> Events, Rejection? Refused);
}

/// <summary>A session and all that happened in it, in order.</summary>
internal sealed record SessionHistory(VerificationSession State, ImmutableList<VerificationEvent> Events)
{
    /// <summary>Whether it is in the archive, and takes nothing more.</summary>
    public bool IsArchived { get; init; }

    /// <summary>As it stood after so many events.</summary>
    public VerificationSession At(long revision) => States().ElementAt((int)revision - 1);

    /// <summary>Where it stood after each event, in order.</summary>
    public IEnumerable<VerificationSession> States()
    {
        VerificationSession? state = null;
        foreach (var happened in Events)
            yield return state = Evolver.Evolve(state, State.Id, happened);
    }
}

/// <summary>What became of the wish to begin a session.</summary>
internal abstract record Beginning
{
    private Beginning()
    {
    }

    /// <summary>It began.</summary>
    public sealed record Begun(VerificationSession State) : Beginning;

    /// <summary>The same request under the same key began this one before, and was answered with where it stood then; null where nobody
    /// was told yet.</summary>
    public sealed record Repeated(Guid Id, long? AnsweredRevision) : Beginning;

    /// <summary>Another request was made under the key.</summary>
    public sealed record KeyReused : Beginning;

    /// <summary>This one is under way for the number, and the policy refuses a second.</summary>
    public sealed record InProgress(Guid Id) : Beginning;

    /// <summary>There is a session of this id.</summary>
    public sealed record IdInUse : Beginning;
}
