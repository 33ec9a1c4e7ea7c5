using System.Diagnostics;
using FlashCall.Hosting;
using Npgsql;

namespace FlashCall.Fraud.Storage;

/// <summary>
/// Lets what waits share a transaction: while one is under way the next work gathers, in the order in which it came. What fails together
/// is tried in halves, down to the single piece, so that nobody's failure is another's. <c>docs/decisions/0038</c> says why.
/// </summary>
/// <typeparam name="TWork">A piece of work.</typeparam>
/// <typeparam name="TResult">What came of it.</typeparam>
/// <param name="name">What the transaction is called in traces.</param>
/// <param name="time">The clock of <see cref="Window"/>.</param>
/// <param name="doAll">Does all of it in one transaction, or nothing, and gives a result for each, in the same order. Which of the
/// transactions under way it is stands before the work, from 0.</param>
internal sealed class Gathering<TWork, TResult>(
    string name, TimeProvider time, Func<int, IReadOnlyList<TWork>, Task<IReadOnlyList<TResult>>> doAll)
{
    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _waiting = new();

    /// <summary>Which transactions are under way, one bit each.</summary>
    private int _underWay;

    /// <summary>Pieces of work in one transaction at most: few enough that what they lock is free again soon.</summary>
    public int Most { get; init; } = 64;

    /// <summary>Transactions under way at once, 1 to 4.</summary>
    public int MostUnderWay { get; init; } = 1;

    /// <summary>How long work gathers before each transaction that is not full by then; zero where it goes at once when none is under
    /// way.</summary>
    public TimeSpan Window { get; init; }

    /// <summary>Does a piece of work with whatever else waits.</summary>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Nobody wants it any longer. What was begun is finished nonetheless.</param>
    /// <exception cref="NpgsqlException">PostgreSQL refused it, or does not answer.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before anything was done.</exception>
    public Task<TResult> DoAsync(TWork work, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(work, Activity.Current, cancellationToken);
        var slot = 0;
        var isFirst = false;
        lock (_lock)
        {
            _waiting.Enqueue(waiting);
            while (slot < MostUnderWay && (_underWay & 1 << slot) != 0)
                slot++;
            if (slot < MostUnderWay)
            {
                _underWay |= 1 << slot;
                isFirst = true;
            }
        }
        // Behind what else is ready to run, and that may be further work; not in the trace of this one.
        if (isFirst)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static run => _ = run.Gathering.RunAsync(run.Slot), (Gathering: this, Slot: slot), preferLocal: false);
        }
        return waiting.Task;
    }

    private async Task RunAsync(int slot)
    {
        do
        {
            if (Window > TimeSpan.Zero && !IsFull())
                await Task.Delay(Window, time);
        }
        while (await TakeAsync(slot));
    }

    private bool IsFull()
    {
        lock (_lock)
            return _waiting.Count >= Most;
    }

    /// <summary>Does what waits.</summary>
    /// <returns>False when nothing waited, and this run is over.</returns>
    private async Task<bool> TakeAsync(int slot)
    {
        var taken = new List<Waiting>();
        lock (_lock)
        {
            while (taken.Count < Most && _waiting.TryDequeue(out var next))
            {
                if (next.Cancelled.IsCancellationRequested)
                    next.TrySetCanceled(next.Cancelled);
                else
                    taken.Add(next);
            }
            if (taken.Count == 0)
            {
                _underWay &= ~(1 << slot);
                return false;
            }
        }
        await DoAsync(slot, taken);
        return true;
    }

    private async Task DoAsync(int slot, List<Waiting> taken)
    {
        IReadOnlyList<TResult> results;
        try
        {
            using var activity = Trace(taken);
            results = await doAll(slot, taken.ConvertAll(static one => one.Work));
        }
        catch (Exception exception) when (taken.Count == 1 || IsOfAll(exception))
        {
            foreach (var one in taken)
                one.TrySetException(exception);
            return;
        }
        catch (Exception)
        {
            var half = taken.Count / 2;
            await DoAsync(slot, taken[..half]);
            await DoAsync(slot, taken[half..]);
            return;
        }
        for (var i = 0; i < taken.Count; i++)
            taken[i].TrySetResult(results[i]);
    }

    /// <summary>Nobody's fault: each piece alone would meet with the same, one after the other. Where the connection broke, it is not even
    /// known whether the transaction was committed.</summary>
    private static bool IsOfAll(Exception exception) =>
        DatabaseOutage.Of(exception) is not null || exception is TimeoutException or (NpgsqlException and not PostgresException);

    /// <summary>In the trace of one piece of work, with links to those of the others.</summary>
    private Activity? Trace(List<Waiting> taken)
    {
        if (taken.Find(static one => one.Trace is { Recorded: true })?.Trace is not { } first)
            return null;
        return Telemetry.Source.StartActivity(name, ActivityKind.Internal, first.Context,
            links: taken.Where(one => one.Trace is { Recorded: true } other && other != first)
                .Select(static one => new ActivityLink(one.Trace!.Context)));
    }

    /// <summary>A piece of work that waits, and whoever waits for it.</summary>
    private sealed class Waiting(TWork work, Activity? trace, CancellationToken cancelled)
        : TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public TWork Work { get; } = work;

        public Activity? Trace { get; } = trace;

        public CancellationToken Cancelled { get; } = cancelled;
    }
}
