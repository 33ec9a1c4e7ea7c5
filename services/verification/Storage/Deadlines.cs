using System.Diagnostics;
using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using Marten;
using Npgsql;

namespace FlashCall.Verification.Storage;

/// <summary>
/// Looks at each session again when its deadline passes. Any replica takes what is due; one that dies leaves the row to the next. Too late,
/// too early or twice is harmless, since the session decides by its state.
/// </summary>
internal sealed partial class Deadlines(
    NpgsqlDataSource data, SessionStore sessions, OutageLog outages, TimeProvider time, ILogger<Deadlines> logger) : BackgroundService
{
    private const int Batch = 100;

    /// <summary>How often what is due is looked for.</summary>
    internal static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a replica may take for what it claimed before another one takes it. A replica that dies with a claim makes a
    /// session end so much later, which has to stay well below the 10 s within which each session ends; one that is slower than
    /// this does nothing twice, only for nothing.</summary>
    internal static readonly TimeSpan Claim = TimeSpan.FromSeconds(4);

    /// <summary>Sets, moves or removes the deadlines of sessions in the transaction of their steps.</summary>
    public static void Set(IDocumentSession session, IReadOnlyList<SessionStep> steps)
    {
        var moved = steps.Where(static step => step.MovesDeadline).ToList();
        var set = moved.Where(static step => step.Deadline is not null).OrderBy(static step => step.Id).ToList();
        if (set.Count > 0)
        {
            session.QueueSqlCommand(
                """
                insert into deadlines (verification_id, due_at, traceparent)
                select verification_id, due_at, traceparent
                from unnest(?::uuid[], ?::timestamptz[], ?::text[]) as step (verification_id, due_at, traceparent)
                on conflict (verification_id) do update
                    set due_at = excluded.due_at, traceparent = coalesce(deadlines.traceparent, excluded.traceparent)
                """,
                set.Select(static step => step.Id).ToArray(),
                set.Select(static step => step.Deadline!.Value).ToArray(),
                set.Select(static step => step.Trace?.Id).ToArray());
        }
        // One by one, each by the key: planned for a list, and for a table that has never been analysed, it would be read as a whole.
        foreach (var step in moved.Where(static step => step.Deadline is null))
            session.QueueSqlCommand("delete from deadlines where verification_id = ?", step.Id);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Poll, time);
        do
        {
            try
            {
                while (await PassDueAsync(stoppingToken) == Batch)
                {
                }
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                if (!outages.Waits(exception, "Deadlines"))
                    LogNotLookedAt(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<int> PassDueAsync(CancellationToken cancellationToken)
    {
        var due = new List<ClaimedDeadline>();
        var now = time.GetUtcNow();
        await using (var claim = data.CreateCommand(
            """
            update deadlines set due_at = $2
            where verification_id in (
                select verification_id from deadlines where due_at <= $1 order by due_at limit $3 for update skip locked)
            returning verification_id, due_at, traceparent
            """))
        {
            claim.Parameters.Add(new() { Value = now });
            claim.Parameters.Add(new() { Value = now + Claim });
            claim.Parameters.Add(new() { Value = Batch });
            await using var reader = await claim.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                due.Add(new ClaimedDeadline(
                    reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(1),
                    await reader.IsDBNullAsync(2, cancellationToken) ? null : reader.GetString(2)));
            }
        }
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken },
            PassAsync);
        return due.Count;
    }

    private async ValueTask PassAsync(ClaimedDeadline claimed, CancellationToken cancellationToken)
    {
        using var activity = Telemetry.Source.StartActivity("deadline", ActivityKind.Internal, claimed.TraceParent);
        try
        {
            var outcome = await sessions.HandleAsync(
                claimed.Id, new SessionCommand.DeadlinePassed(Guid.CreateVersion7()) { Now = time.Now() }, cancellationToken);
            if (outcome is { Events.IsEmpty: true, State: var state })
                await GiveBackAsync(claimed, Reactor.Deadline(state), cancellationToken);
        }
        // One session that cannot be handled must not keep the others waiting; its row stays and comes due again.
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            if (!outages.Waits(exception, "Deadlines"))
                LogFailed(claimed.Id, exception);
        }
    }

    /// <summary>It was too early: sets the deadline again to the session's own, unless a step has moved it since it was taken.</summary>
    internal async Task GiveBackAsync(ClaimedDeadline claimed, DateTimeOffset? due, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(due is null
            ? "delete from deadlines where verification_id = $1 and due_at = $2"
            : "update deadlines set due_at = $3 where verification_id = $1 and due_at = $2");
        command.Parameters.Add(new() { Value = claimed.Id });
        command.Parameters.Add(new() { Value = claimed.Until });
        if (due is { } at)
            command.Parameters.Add(new() { Value = at });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deadlines could not be looked at; it is tried again in a moment")]
    private partial void LogNotLookedAt(Exception exception);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The deadline of session {VerificationId} could not be handled; it is tried again in 4 s")]
    private partial void LogFailed(Guid verificationId, Exception exception);
}

/// <summary>A deadline that this replica looks at.</summary>
/// <param name="Id">The session.</param>
/// <param name="Until">When another replica takes it; as it stands in the row.</param>
/// <param name="TraceParent">The trace of the step that set it first.</param>
internal sealed record ClaimedDeadline(Guid Id, DateTimeOffset Until, string? TraceParent);
