using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
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
internal sealed partial class SessionStore(IDocumentStore store, Outbox outbox, SessionWatch watch, ILogger<SessionStore> logger)
{
    /// <summary>Two replicas that meet in one stream: the second one reads again and decides anew.</summary>
    private const int Tries = 6;

    /// <summary>Begins a session. An earlier one of the same application for the same number is superseded first.</summary>
    /// <returns>The state of the new session.</returns>
    public async Task<VerificationSession> BeginAsync(Guid id, SessionCommand.Start start, CancellationToken cancellationToken)
    {
        var decision = (Decision.Accepted)Decider.Begin(start);
        for (var remaining = Tries; ; remaining--)
        {
            await using var session = Open(id);
            if (await WithoutStatement(LiveSessionAsync(session, start, cancellationToken)) is { } earlier)
                await HandleAsync(earlier, new SessionCommand.Supersede(id) { Now = start.Now }, cancellationToken);
            var after = Fold(null, id, decision.Events);
            session.Events.StartStream<VerificationSession>(id, decision.Events);
            session.QueueSqlCommand(
                "insert into live_sessions (application_id, callee, verification_id) values (?, ?, ?)",
                start.ApplicationId, start.To.E164, id);
            try
            {
                await CommitAsync(session, before: null, after, cancellationToken);
                return after;
            }
            // Another request for the same number was faster: it is the earlier one now.
            catch (PostgresException exception) when (remaining > 1 && IsSecondLiveSession(exception))
            {
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
            await using var session = Open(id);
            var stream = await WithoutStatement(session.Events.FetchForWriting<VerificationSession>(id, cancellationToken));
            if (stream.Aggregate is not { } before || !mayDecide(before))
                return null;
            var decision = Decider.Decide(command, before);
            if (decision is Decision.Rejected rejected)
                return new Outcome(before, [], rejected.Why);
            var accepted = (Decision.Accepted)decision;
            // A deadline that came too early for the state is set again to the right time; any other repeat leaves no trace.
            if (accepted.Events.IsEmpty && command is not SessionCommand.DeadlinePassed)
                return new Outcome(before, [], Refused: null);

            stream.AppendMany(accepted.Events);
            var after = Fold(before, id, accepted.Events);
            try
            {
                await CommitAsync(session, before, after, cancellationToken);
                return new Outcome(after, accepted.Events, Refused: null);
            }
            catch (ConcurrencyException) when (remaining > 1)
            {
            }
        }
    }

    /// <summary>A session with all that happened in it; null when there is none.</summary>
    public async Task<SessionHistory?> ReadAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var session = store.QuerySession();
        var stream = await WithoutStatement(session.Events.FetchStreamAsync(id, token: cancellationToken));
        if (stream.Count == 0)
            return null;
        var events = stream.Select(stored => (VerificationEvent)stored.Data).ToImmutableList();
        return new SessionHistory(Fold(null, id, events), events);
    }

    private static VerificationSession Fold(VerificationSession? before, Guid id, ImmutableList<VerificationEvent> events) =>
        events.Aggregate(before, (state, happened) => Evolver.Evolve(state, id, happened))
            ?? throw new InvalidOperationException("A session begins with an event.");

    private IDocumentSession Open(Guid id)
    {
        var session = store.LightweightSession();
        session.CorrelationId = Activity.Current?.TraceId.ToHexString() ?? id.ToString("N");
        session.CausationId = Activity.Current?.Id;
        return session;
    }

    private async Task CommitAsync(
        IDocumentSession session, VerificationSession? before, VerificationSession after, CancellationToken cancellationToken)
    {
        var messages = Reactor.React(before, after);
        outbox.Enlist(session, after.Id, messages);
        Deadlines.Set(session, after.Id, Reactor.Deadline(after));
        if (after is VerificationSession.Ended && before is not VerificationSession.Ended)
        {
            session.QueueSqlCommand("delete from live_sessions where application_id = ? and callee = ? and verification_id = ?",
                after.Asked.ApplicationId, after.Asked.To.E164, after.Id);
        }
        await WithoutStatement(session.SaveChangesAsync(cancellationToken));

        outbox.Dispatch(messages);
        watch.Moved(after);
    }

    private static async Task<Guid?> LiveSessionAsync(
        IDocumentSession session, SessionCommand.Start start, CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand("select verification_id from live_sessions where application_id = $1 and callee = $2")
        {
            Parameters = { new() { Value = start.ApplicationId }, new() { Value = start.To.E164 } },
        };
        await using var reader = await session.ExecuteReaderAsync(find, cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? reader.GetGuid(0) : null;
    }

    private static bool IsSecondLiveSession(PostgresException exception) =>
        exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "live_sessions_one_per_number" };

    private static async Task<T> WithoutStatement<T>(Task<T> work)
    {
        await WithoutStatement((Task)work);
        return await work;
    }

    /// <summary>Marten's exception quotes the statement with its parameters, phone numbers among them; the database's own does
    /// not.</summary>
    private static async Task WithoutStatement(Task work)
    {
        try
        {
            await work;
        }
        catch (MartenCommandException exception) when (exception.InnerException is not null)
        {
            ExceptionDispatchInfo.Throw(exception.InnerException);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Command} was for session {VerificationId}, which does not exist; it was dropped")]
    private partial void LogUnknown(string command, Guid verificationId);

    /// <summary>What became of a command.</summary>
    /// <param name="State">The session after it.</param>
    /// <param name="Events">What it made happen; none when it was refused or is a repeat.</param>
    /// <param name="Refused">Why it was refused; null when it was not.</param>
    internal sealed record Outcome(VerificationSession State, ImmutableList<VerificationEvent> Events, Rejection? Refused);
}

/// <summary>A session and all that happened in it, in order.</summary>
internal sealed record SessionHistory(VerificationSession State, ImmutableList<VerificationEvent> Events);
