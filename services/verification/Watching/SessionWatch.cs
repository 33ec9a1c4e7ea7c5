using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using FlashCall.Hosting;
using FlashCall.Verification.Sessions;
using FlashCall.Verification.Storage;
using MassTransit;

namespace FlashCall.Verification.Watching;

/// <summary>Sessions that moved a step, told to every replica so that each can wake the clients that wait there.</summary>
public sealed record SessionsMoved
{
    /// <summary>The replica that tells; its own waiters were woken at once.</summary>
    public required string Instance { get; init; }

    /// <summary>The sessions.</summary>
    public required IReadOnlyList<Guid> Sessions { get; init; }
}

/// <summary>
/// The one place that wakes whoever waits for a session, whichever replica handled the step. Waiters here get the new state itself; those
/// at other replicas are told over the bus, many sessions in one message, and read. A wake may get lost: a waiter reads once more before it
/// gives up.
/// </summary>
internal sealed partial class SessionWatch(
    IBus bus, LiveSessions live, ServiceIdentity identity, TimeProvider time, ILogger<SessionWatch> logger) : BackgroundService
{
    private const int Batch = 500;
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The pause after a message: a step that nothing preceded is told at once, and under load a hundred messages a second tell of
    /// thousands of steps.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentDictionary<Guid, ImmutableList<Waiter>> _waiters = new();

    private readonly Channel<Guid> _moved = Channel.CreateBounded<Guid>(
        new BoundedChannelOptions(10_000) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>Begins to watch a session. Watch first, then read: no step is missed in between.</summary>
    public Waiter Watch(Guid id)
    {
        var waiter = new Waiter(this, id);
        _waiters.AddOrUpdate(id, static (_, added) => [added], static (_, others, added) => others.Add(added), waiter);
        return waiter;
    }

    /// <summary>How many wait for a session here.</summary>
    public int Watching(Guid id) => _waiters.TryGetValue(id, out var waiters) ? waiters.Count : 0;

    /// <summary>A session moved, here.</summary>
    public void Moved(VerificationSession state)
    {
        Wake(state.Id, state);
        _moved.Writer.TryWrite(state.Id);
    }

    /// <summary>A session's person was forgotten: no replica keeps in memory where it stood.</summary>
    public void Forgotten(Guid id)
    {
        live.Forget(id);
        Wake(id, state: null);
        _moved.Writer.TryWrite(id);
    }

    /// <summary>Sessions moved at another replica.</summary>
    public void MovedElsewhere(SessionsMoved moved)
    {
        if (moved.Instance == identity.Instance)
            return;
        foreach (var id in moved.Sessions)
        {
            live.Forget(id);
            Wake(id, state: null);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<Guid>(Batch);
        while (await _moved.Reader.WaitToReadAsync(stoppingToken))
        {
            while (batch.Count < Batch && _moved.Reader.TryRead(out var id))
                batch.Add(id);
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            timeout.CancelAfter(PublishTimeout);
            try
            {
                // The steps that have gathered since the last message share this one.
                await bus.Publish(
                    new SessionsMoved { Instance = identity.Instance, Sessions = [.. batch] },
                    Pipe.Execute<PublishContext>(context => context.Durable = false),
                    timeout.Token);
            }
            // Nothing depends on a wake; without the broker the sessions do not move either.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotTold(batch.Count, exception.Message);
            }
            batch.Clear();
            await Task.Delay(Pause, time, stoppingToken);
        }
    }

    private void Wake(Guid id, VerificationSession? state)
    {
        if (_waiters.TryGetValue(id, out var waiters))
        {
            foreach (var waiter in waiters)
                waiter.Wake(state);
        }
    }

    private void Leave(Waiter waiter)
    {
        while (_waiters.TryGetValue(waiter.SessionId, out var waiters))
        {
            var left = waiters.Remove(waiter);
            var gone = left.IsEmpty
                ? _waiters.TryRemove(new KeyValuePair<Guid, ImmutableList<Waiter>>(waiter.SessionId, waiters))
                : _waiters.TryUpdate(waiter.SessionId, left, waiters);
            if (gone)
                return;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Other replicas were not told of {Count} steps: {Error}")]
    private partial void LogNotTold(int count, string error);

    /// <summary>One client that waits for one session.</summary>
    internal sealed class Waiter(SessionWatch watch, Guid sessionId) : IDisposable
    {
        private readonly Channel<VerificationSession?> _steps =
            Channel.CreateUnbounded<VerificationSession?>(new() { SingleReader = true });

        public Guid SessionId { get; } = sessionId;

        /// <summary>The session's next step: its state, or null for a step of which the state has to be read.</summary>
        /// <exception cref="OperationCanceledException">None came before the token was cancelled.</exception>
        public ValueTask<VerificationSession?> NextAsync(CancellationToken cancellationToken) => _steps.Reader.ReadAsync(cancellationToken);

        public void Wake(VerificationSession? state) => _steps.Writer.TryWrite(state);

        public void Dispose() => watch.Leave(this);
    }
}

/// <summary>Takes the news of other replicas.</summary>
internal sealed class SessionsMovedConsumer(SessionWatch watch) : IConsumer<SessionsMoved>
{
    public Task Consume(ConsumeContext<SessionsMoved> context)
    {
        watch.MovedElsewhere(context.Message);
        return Task.CompletedTask;
    }
}
