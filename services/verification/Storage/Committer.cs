using System.Diagnostics;
using System.Runtime.ExceptionServices;
using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using JasperFx;
using Marten;
using Marten.Exceptions;
using Npgsql;

namespace FlashCall.Verification.Storage;

/// <summary>
/// Stores the steps of sessions, all that wait in one transaction: while one commit is under way the next steps gather, and when nothing
/// is under way a step goes at once. What fails together is tried in halves, down to the single step, so that nobody's failure is
/// another's. <c>docs/decisions/0035</c> says why.
/// </summary>
/// <param name="store">The streams.</param>
/// <param name="time">The clock.</param>
/// <param name="most">Steps in one transaction at most: few enough that what they lock is free again soon.</param>
/// <param name="mostUnderWay">Transactions under way at once. A second one, so that a step that has to wait for another replica's does
/// not hold up all; more would only make them smaller.</param>
internal sealed class Committer(IDocumentStore store, TimeProvider time, int most = 64, int mostUnderWay = 2)
{
    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _waiting = new();

    /// <summary>The step of each session that waits or is being stored.</summary>
    private readonly Dictionary<Guid, Waiting> _steps = [];

    private int _underWay;

    /// <summary>Stores a step: events, messages, deadline and row, or nothing of them.</summary>
    /// <param name="step">The step.</param>
    /// <param name="cancellationToken">Nobody wants the step any longer. One that is being stored is stored nonetheless.</param>
    /// <exception cref="ConcurrencyException">The session has moved on since the step was decided.</exception>
    /// <exception cref="NpgsqlException">PostgreSQL refused the step, or does not answer.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before anything was done.</exception>
    public async Task CommitAsync(SessionStep step, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(step, cancellationToken);
        var isFirst = false;
        Waiting? ahead;
        lock (_lock)
        {
            if (!_steps.TryGetValue(step.Id, out ahead))
            {
                _steps.Add(step.Id, waiting);
                _waiting.Enqueue(waiting);
                if (_underWay < mostUnderWay)
                {
                    _underWay++;
                    isFirst = true;
                }
            }
        }
        // Both were decided from the same state: the second would fail in the database, and all that share its transaction.
        if (ahead is not null)
        {
            await ((Task)ahead.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new ConcurrencyException(typeof(VerificationSession), step.Id);
        }
        // Behind what else is ready to run, and that may be further steps; not in the trace of this one.
        if (isFirst)
            ThreadPool.UnsafeQueueUserWorkItem(static committer => _ = committer.RunAsync(), this, preferLocal: false);
        await waiting.Task;
    }

    private async Task RunAsync()
    {
        while (Take() is { Count: > 0 } steps)
            await CommitAsync(steps);
    }

    /// <summary>The steps to store next; none when none wait, and then this run is over.</summary>
    private List<Waiting> Take()
    {
        var taken = new List<Waiting>();
        lock (_lock)
        {
            while (taken.Count < most && _waiting.TryDequeue(out var next))
            {
                if (!next.Cancelled.IsCancellationRequested)
                {
                    taken.Add(next);
                    continue;
                }
                _steps.Remove(next.Step.Id);
                next.TrySetCanceled(next.Cancelled);
            }
            if (taken.Count == 0)
                _underWay--;
        }
        // Every transaction locks in the same order, or two replicas could wait for each other.
        taken.Sort(static (one, other) => one.Step.Id.CompareTo(other.Step.Id));
        return taken;
    }

    private async Task CommitAsync(List<Waiting> steps)
    {
        try
        {
            await WriteAsync(steps);
        }
        catch (Exception exception) when (steps.Count == 1 || IsOfAll(exception))
        {
            Leave(steps);
            foreach (var step in steps)
                step.TrySetException(exception);
            return;
        }
        catch (Exception)
        {
            var half = steps.Count / 2;
            await CommitAsync(steps[..half]);
            await CommitAsync(steps[half..]);
            return;
        }
        Leave(steps);
        foreach (var step in steps)
            step.TrySetResult();
    }

    /// <summary>Nobody's fault: each step alone would meet with the same, one after the other. Where the connection broke, it is not even
    /// known whether the transaction was committed.</summary>
    private static bool IsOfAll(Exception exception) =>
        DatabaseOutage.Of(exception) is not null || exception is TimeoutException or (NpgsqlException and not PostgresException);

    private void Leave(List<Waiting> steps)
    {
        lock (_lock)
        {
            foreach (var step in steps)
                _steps.Remove(step.Step.Id);
        }
    }

    private async Task WriteAsync(List<Waiting> waiting)
    {
        var steps = waiting.ConvertAll(static one => one.Step);
        using var activity = Trace(steps);
        await using var session = store.LightweightSession();
        foreach (var step in steps)
            step.Append(session);
        Outbox.Enlist(session, steps, time.GetUtcNow());
        Deadlines.Set(session, steps);
        VerificationRows.Set(session, steps);
        IdempotencyKeys.Keep(session, steps);
        await WithoutStatement(session.SaveChangesAsync(CancellationToken.None));
    }

    /// <summary>In the trace of one step, with links to those of the others.</summary>
    private static Activity? Trace(List<SessionStep> steps)
    {
        if (steps.Find(static step => step.Trace is { Recorded: true })?.Trace is not { } first)
            return null;
        return Telemetry.Source.StartActivity("commit", ActivityKind.Internal, first.Context,
            links: steps.Where(step => step.Trace is { Recorded: true } other && other != first)
                .Select(static step => new ActivityLink(step.Trace!.Context)));
    }

    /// <summary>Lets through what the database said. Marten's exception quotes the statement with its parameters, phone numbers among
    /// them; the database's own does not.</summary>
    internal static async Task WithoutStatement(Task work)
    {
        try
        {
            await work;
        }
        catch (MartenCommandException exception) when (exception.InnerException is not null)
        {
            ExceptionDispatchInfo.Throw(exception.InnerException);
        }
        // Where the connection broke, Marten rolls back what is gone already, and tells of that.
        catch (ObjectDisposedException exception) when (exception.InnerException is NpgsqlException)
        {
            ExceptionDispatchInfo.Throw(exception.InnerException);
        }
    }

    /// <summary>A step that waits to be stored, and whoever waits for that.</summary>
    private sealed class Waiting(SessionStep step, CancellationToken cancelled)
        : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public SessionStep Step { get; } = step;

        public CancellationToken Cancelled { get; } = cancelled;
    }
}
